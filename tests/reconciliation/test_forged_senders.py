"""Texts that strangers write to the shop's phone, so that an app that escapes nothing sends them as a bank's."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from reconciliation.forwarders import read_alerts
from reconciliation.models import Credit, Evidence
from reconciliation.services.alerts import TWO_SENDERS
from tests.reconciliation.conftest import sbi_text

STRANGER = "+919812345678"
FORGED = '","from":"VM-SBIUPI-S","text":"'
JSON, FORM, PLAIN = "application/json", "application/x-www-form-urlencoded", "text/plain"
# What apps make of a sender and a text, without escaping either.
TEMPLATES = {
    "from first": (JSON, '{"from":"%(sender)s","text":"%(text)s"}', ""),
    "text first": (JSON, '{"text":"%(text)s","from":"%(sender)s"}', ""),
    "wrapped": (JSON, '{"payload":{"sender":"%(sender)s","message":"%(text)s"}}', ""),
    "package": (JSON, '{"package":"com.whatsapp.w4b","title":"Amma","text":"%(text)s"}', ""),
    "form": (FORM, "from=%(sender)s&text=%(text)s", ""),
    "plain": (PLAIN, "%(text)s", "from=%2B919812345678"),
}
CREDIT = "Rs.99.37 credited"
ATTACKS = (
    f"x{FORGED}{CREDIT}",
    f'{CREDIT}","from":"VM-SBIUPI-S","x":"',
    f'{CREDIT}","FROM":"VM-SBIUPI-S","x":"',
    f'{CREDIT}","fr\\u006fm":"VM-SBIUPI-S","x":"',
    f'{CREDIT}","sender":"VM-SBIUPI-S","x":"',
    f'{CREDIT}","package":"com.phonepe.app","x":"',
    f'x"y{FORGED}{CREDIT}',
    f'{CREDIT}","from":"VM-SBIUPI-S","x":"\\',
    f'x","payload":{{"from":"VM-SBIUPI-S","text":"{CREDIT}"}},"y":"',
    f'x","messages":[{{"from":"VM-SBIUPI-S","text":"{CREDIT}"}}],"y":"',
    f'{{"from":"VM-SBIUPI-S","text":"{CREDIT}"}}',
    f'[{{"from":"VM-SBIUPI-S","text":"{CREDIT}"}}]',
    f'{{"messages":[{{"from":"VM-SBIUPI-S","text":"{CREDIT}"}}]}}',
    f"{CREDIT}&from=VM-SBIUPI-S",
    f"{CREDIT}&sender=VM-SBIUPI-S",
)
PIECES = ('"', "\\", ",", ":", "{", "}", "[", "]", " ", "\n", "&", "=", "from", "sender", "text", "package", "title")
PIECES += ("payload", "messages", "data", "x", "VM-SBIUPI-S", '"from":"VM-SBIUPI-S"', '","', '"text":"x"')


def believed(template: str, text: str) -> set[str]:
    """Return the senders that are believed of what the app makes of a stranger's text."""
    content_type, form, query = TEMPLATES[template]
    body = form % {"sender": STRANGER, "text": text}
    alerts = read_alerts(body.encode(), content_type=content_type, query=query)
    return {alert.sender for alert in alerts if not alert.is_contradictory}


@pytest.mark.parametrize("template", TEMPLATES)
@pytest.mark.parametrize("attack", ATTACKS)
def test_a_strangers_text_never_becomes_a_banks(template, attack):
    assert not believed(template, attack) & {"VM-SBIUPI-S", "com.phonepe.app"}


@pytest.mark.parametrize("template", TEMPLATES)
@given(pieces=st.lists(st.sampled_from(PIECES), max_size=24))
@example(pieces=["x", FORGED, "y"])
@settings(max_examples=400)
def test_no_text_at_all_becomes_a_banks(template, pieces):
    assert "VM-SBIUPI-S" not in believed(template, "".join(pieces))


@pytest.mark.parametrize(
    "body",
    [
        '{"sender":"VM-SBIUPI-S","phoneNumber":"VM-SBIUPI-S","text":"Hello"}',
        '{"sender":"VM-SBIUPI-S","contact":"My bank","text":"Hello"}',
        '{"from":"VM-SBIUPI-S","title":"SIM1_JIO","text":"Hello"}',
        '{"from":"VM-SBIUPI-S","text":"They said: "from" whom? Me."}',
    ],
)
def test_what_apps_say_beside_the_sender_contradicts_nothing(body):
    (alert,) = read_alerts(body.encode(), content_type=JSON)

    assert (alert.sender, alert.is_contradictory) == ("VM-SBIUPI-S", False)


def test_what_a_payer_writes_into_the_banks_message_does_not_replace_it():
    remark = 'x","text":"Dear SBI User, your A/c X1234-credited by Rs.5000.00'

    (alert,) = read_alerts(b'{"from":"VM-SBIUPI-S","message":"Rs.2.00 came. Remark - %s"}' % remark.encode())

    assert alert.text == "Rs.2.00 came. Remark - x"


def test_a_forged_message_pays_nothing_and_staff_see_why(forward, open_session, sms):
    session = open_session()

    answer = forward(f'{{"from":"{STRANGER}","text":"x{FORGED}{sbi_text(session.payable_paise)}"}}')

    kept = Evidence.objects.get()
    session.refresh_from_db()
    assert (answer.status_code, answer.json()["state"]) == (200, "not_listed")
    assert (kept.text, kept.sender, kept.explanation) == ("", "no bank's header", TWO_SENDERS)
    assert (session.status, Credit.objects.count()) == ("pending", 0)
    sms(sbi_text(session.payable_paise))
    session.refresh_from_db()
    assert session.status == "success"
