"""One alert is one alert, however often it is sent."""

import pytest

from reconciliation.forwarders import Alert
from reconciliation.models import Evidence
from reconciliation.services.alerts import alert_digest, record_evidence
from tests.reconciliation.conftest import NOON, RRN, seconds

WITH_RRN = f"Rs.99.01 credited. Ref {RRN}"
WITHOUT = "Rs.99.01 credited. Bal Rs.500"


def digest(text=WITH_RRN, *, sender="SBIUPI", sent_at=None, arrived_at=NOON):
    return alert_digest(sender, text, sent_at=sent_at, arrived_at=arrived_at)


def test_the_sent_time_tells_alerts_apart_to_the_second():
    assert digest(sent_at=seconds(0)) == digest(sent_at=seconds(0.9), arrived_at=seconds(900))
    assert digest(sent_at=seconds(0)) != digest(sent_at=seconds(1))


def test_without_a_sent_time_a_reference_stands_for_itself():
    assert digest() == digest(arrived_at=seconds(90_000))


def test_without_both_the_ten_minutes_of_the_arrival_count():
    assert digest(WITHOUT) == digest(WITHOUT, arrived_at=seconds(599))
    assert digest(WITHOUT) != digest(WITHOUT, arrived_at=seconds(600))


def test_text_and_sender_always_count():
    assert digest() != digest(WITH_RRN + ".")
    assert digest() != digest(sender="SBIINB")
    assert digest("a\nb") == digest(" a\u00a0 b")
    assert digest("x", sender="y") != digest("xy", sender="")


@pytest.mark.parametrize("sender", ["VM-SBIUPI-S", "JD-SBIUPI-T", "SBIUPI"])
def test_a_repeat_by_another_route_is_the_same_alert(phone, sender):
    first = record_evidence(channel=phone, alert=Alert(sender="AX-SBIUPI", text=WITH_RRN))
    again = record_evidence(channel=phone, alert=Alert(sender=sender, text=WITH_RRN))

    assert (again.pk, again.count) == (first.pk, 2)
    assert Evidence.objects.count() == 1


def test_two_credits_in_one_second_are_two(phone):
    for rrn in (RRN, "624412345679"):
        record_evidence(channel=phone, alert=Alert(sender="SBIUPI", text=f"Rs.99 credited {rrn}", sent_at=NOON))

    assert Evidence.objects.count() == 2


def test_the_phones_clock_is_no_later_than_ours(phone):
    early = record_evidence(channel=phone, alert=Alert(sender="SBIUPI", text="a", seen_at=seconds(-60)))
    late = record_evidence(channel=phone, alert=Alert(sender="SBIUPI", text="b", seen_at=seconds(60)))

    assert (early.arrived_at, early.received_at) == (seconds(-60), NOON)
    assert late.arrived_at == NOON
