"""Requests as they came from phones, through the address: what is kept of each, and what never is."""

import json
import logging
from datetime import timedelta

import pytest
from django.utils import timezone

from reconciliation.models import Credit, Evidence
from reconciliation.services.alerts import process_waiting
from reconciliation.services.channels import add_phone
from tests.reconciliation.conftest import NOON
from tests.reconciliation.recorded import HEARTBEATS, MESSAGES, recorded

SECONDS_BEFORE_NOON = {  # what the SMS centre says, what the phone's clock says
    "batch": (5, None),
    "bogkonstantin": (5, 2),
    "bogkonstantin_quoted": (5, 2),
    "bogkonstantin_unicode": (5, 2),
    "capcom6": (5, None),
    "capcom6_old": (5, None),
    "httpsms": (None, 2),
    "ios_shortcut": (None, 2),
    "naive_iso": (5, None),
    "notification": (None, 2),
    "plain_text": (5, None),
    "rcs_notification": (None, 2),
    "smsforwarder_form": (None, 2),
    "smsforwarder_json": (None, 2),
    "smsforwarder_receive_time": (None, 2),
}
MESSAGES_APP = "com.google.android.apps.messaging"


@pytest.fixture
def phone(account):
    channel, token = add_phone(
        label="Shop phone", senders=["SBIUPI", "HDFCBK", "com.phonepe.app.business", MESSAGES_APP]
    )
    channel.token = token
    return channel


def earlier(seconds: int | None):
    return NOON - timedelta(seconds=seconds) if seconds is not None else None


@pytest.mark.parametrize("name", MESSAGES)
def test_a_message_of_a_listed_sender_is_kept_with_its_times(phone, name):
    answer = recorded(name).send(phone.token)

    kept = Evidence.objects.get()
    sent, seen = SECONDS_BEFORE_NOON.get(name, (None, None))
    assert (answer.status_code, answer.json()["ok"], answer.json()["state"]) == (200, True, "stored")
    assert kept.sender in {"SBIUPI", "HDFCBK", "com.phonepe.app.business"}
    assert (kept.sent_at, kept.arrived_at) == (earlier(sent), earlier(seen) or NOON)


@pytest.mark.parametrize("name", [name for name in MESSAGES if name != "macrodroid_quotes"])
def test_a_message_of_a_listed_sender_is_read_as_a_credit(phone, name):
    recorded(name).send(phone.token)
    process_waiting()

    assert Evidence.objects.get().state == "credit"
    is_notification = name.startswith("notification")
    assert Credit.objects.get().rrn == ("" if is_notification else "624412345678")


@pytest.mark.parametrize("name", MESSAGES)
@pytest.mark.parametrize("stranger", ["VM-ABCDEF-S", "+919812345678", "Amma"])
def test_nothing_of_another_sender_is_kept_or_logged(phone, caplog, name, stranger):
    caplog.set_level(logging.DEBUG)
    request = recorded(name)
    for listed in ("VM-SBIUPI-S", "SBIUPI", "VM-HDFCBK-S", "com.phonepe.app.business", "PhonePe Business"):
        request = request.replace(listed, stranger)

    answer = request.send(phone.token)

    kept = Evidence.objects.get()
    assert (answer.status_code, answer.json()["state"]) == (200, "not_listed")
    assert (kept.state, kept.text, kept.sent_at) == ("not_listed", "", None)
    for words in ("KUMAR", "Kumar", "99.01", "501.01", "624412345678"):
        assert words not in caplog.text
        assert words not in json.dumps(list(Evidence.objects.values()), default=str)


@pytest.mark.parametrize("name", HEARTBEATS)
def test_a_sign_of_life_is_noted_and_stores_nothing(phone, clock, name):
    clock.shift(60)

    answer = recorded(name).send(phone.token)

    phone.refresh_from_db()
    assert (answer.status_code, answer.json()["ok"], answer.json()["state"]) == (200, True, "heard")
    assert phone.last_seen_at == timezone.now()
    assert (phone.alert_count, phone.refused_count, Evidence.objects.count()) == (0, 0, 0)


def test_what_a_messages_app_shows_is_not_taken_unless_that_app_is_listed(phone):
    phone.senders = ["SBIUPI"]
    phone.save()

    answer = recorded("rcs_notification").send(phone.token)

    kept = Evidence.objects.get()
    assert answer.json()["state"] == "not_listed"
    assert (kept.sender, kept.text) == (MESSAGES_APP, "")
    assert kept.explanation == f"{MESSAGES_APP} is not on this channel's list of senders."


def test_a_message_from_the_future_counts_as_of_its_arrival(phone):
    now, later = int(NOON.timestamp()) * 1000, int(NOON.timestamp()) * 1000 + 3_600_000
    request = recorded("bogkonstantin").replace(str(now - 5000), str(later)).replace(str(now - 2000), str(later))

    request.send(phone.token)
    process_waiting()

    assert (Evidence.objects.get().arrived_at, Credit.objects.get().credited_at) == (NOON, NOON)
