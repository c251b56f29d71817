"""Judging what was stored: by the bell, by the sweep, once."""

import pytest
from django.db import OperationalError

from payments.models import PaymentEvent
from reconciliation import crediting, parsing, tasks
from reconciliation.forwarders import Alert
from reconciliation.models import Credit, Evidence
from reconciliation.services import alerts
from tests.reconciliation.conftest import RRN, sbi_text, seconds


@pytest.fixture
def stored(phone, open_session):
    """An alert that was stored by a process that died before it was processed, and its session."""
    session = open_session()
    alert = Alert(sender="VM-SBIUPI-S", text=sbi_text(session.payable_paise), sent_at=seconds(0))
    return alerts.record_evidence(channel=phone, alert=alert), session


def test_the_sweep_finds_what_was_never_processed(stored, clock):
    evidence, session = stored
    clock.shift(4)
    tasks.process_waiting()
    session.refresh_from_db()
    assert session.status == "pending"

    clock.shift(2)
    tasks.process_waiting()

    session.refresh_from_db()
    evidence.refresh_from_db()
    assert (session.status, evidence.state) == ("success", "credit")


def test_the_bell_processes_at_once(stored):
    tasks.process_new()

    assert Credit.objects.get().state == "matched"


def test_a_repeat_of_an_unprocessed_alert_is_rung_for_again(stored, forward, rung):
    evidence, _ = stored
    answer = forward({"from": "VM-SBIUPI-S", "text": evidence.text, "sentStamp": int(seconds(0).timestamp())})

    assert answer.json()["state"] == "repeat"
    assert rung == ["reconciliation.tasks.process_new"]


def test_processing_twice_changes_nothing(stored):
    evidence, _ = stored
    alerts.process_evidence(evidence_id=evidence.pk)
    first = list(Credit.objects.values()), list(Evidence.objects.values())
    alerts.process_evidence(evidence_id=evidence.pk)

    assert (list(Credit.objects.values()), list(Evidence.objects.values())) == first
    assert PaymentEvent.objects.count() == 1


def test_the_same_alert_again_changes_nothing(stored, forward, rung):
    evidence, _ = stored
    tasks.process_new()
    known = list(Credit.objects.values())
    forward({"from": "JX-SBIUPI-T", "text": evidence.text, "sentStamp": int(seconds(0).timestamp())})
    tasks.process_new()

    assert list(Credit.objects.values()) == known
    assert PaymentEvent.objects.count() == 1
    assert rung == []


def test_an_error_becomes_the_alerts_state(stored, monkeypatch):
    evidence, _ = stored
    monkeypatch.setattr(parsing, "read_text", lambda *args: 1 / 0)
    tasks.process_new()

    evidence.refresh_from_db()
    assert (evidence.state, evidence.credit) == ("failed", None)
    assert evidence.explanation == "PayGate could not read this alert (ZeroDivisionError). Please look at it yourself."
    assert alerts.process_waiting() == 0


def test_an_error_half_way_leaves_nothing_behind(stored, monkeypatch):
    _, session = stored
    monkeypatch.setattr(crediting, "_account_of", lambda *args: 1 / 0)
    tasks.process_new()

    session.refresh_from_db()
    assert session.status == "pending"
    assert not Credit.objects.exists()
    assert not PaymentEvent.objects.exists()
    assert Evidence.objects.get().state == "failed"


def test_a_database_that_does_not_answer_is_asked_again(stored, monkeypatch):
    evidence, session = stored

    def fail(*args):
        raise OperationalError("gone")

    with monkeypatch.context() as patch:
        patch.setattr(parsing, "read_text", fail)
        with pytest.raises(OperationalError):
            tasks.process_new()
    evidence.refresh_from_db()
    assert evidence.processed_at is None

    tasks.process_new()
    session.refresh_from_db()
    assert session.status == "success"


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("Dear UPI user A/C X1234 debited by 99.01 on date 01Sep26 trf to CHAI Refno 624412345678 -SBI", "ignored"),
        ("Rs.99.01 has been credited to your A/c X1234 in a new way", "review"),
    ],
)
def test_what_is_no_credit_is_kept_with_the_reason(sms, open_session, text, state):
    session = open_session(payable=99_01)
    sms(text, sent_at=seconds(0))

    evidence = Evidence.objects.get()
    assert (evidence.state, evidence.text) == (state, text)
    assert evidence.explanation
    assert not Credit.objects.exists()
    session.refresh_from_db()
    assert session.status == "pending"


def test_staff_close_what_they_looked_at(sms):
    sms("Rs.99.01 has been credited to your A/c X1234 in a new way")
    evidence = Evidence.objects.get()

    assert alerts.set_alert_aside(evidence_id=evidence.pk, actor="meera", reason="My own transfer")
    assert not alerts.set_alert_aside(evidence_id=evidence.pk, actor="meera", reason="Again")
    evidence.refresh_from_db()
    assert (evidence.state, evidence.explanation) == ("ignored", "meera: My own transfer")


def test_a_payment_apps_notification_fits_an_account_whatever_its_bank(phone, account, open_session, sms):
    account.bank, account.account_tail = "sbi", "1234"
    account.save()
    phone.senders.append("com.google.android.apps.nbu.paisa.user")
    phone.save()
    session = open_session()
    rupees = f"{session.payable_paise // 100}.{session.payable_paise % 100:02d}"

    sms(f"A Kumar paid you ₹{rupees}", sender="com.google.android.apps.nbu.paisa.user")
    session.refresh_from_db()
    assert session.status == "success"

    sms(sbi_text(session.payable_paise), sent_at=seconds(1))
    assert list(Credit.objects.values_list("bank", "rrn", "session")) == [("sbi", RRN, session.pk)]
