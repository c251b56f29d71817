import json
from datetime import UTC, datetime, timedelta

import pytest
from celery import current_app
from django.core.management import call_command
from django.db import OperationalError
from django.utils import timezone

from backoffice import diagnosis
from payments import heartbeat
from payments.models import Heartbeat, UpiAccount
from payments.services import expire_due_sessions
from reconciliation.models import AlertChannel, Evidence
from reconciliation.services.watch import watch


@pytest.fixture
def doctor(capsys):
    """Return the findings by subject: `doctor()["broker"] == ["ok", "files in …"]`."""

    def doctor() -> dict[str, list[str]]:
        call_command("doctor", "--json")
        answer = json.loads(capsys.readouterr().out)
        assert answer["ok"] == all(finding["level"] != "wrong" for finding in answer["findings"])
        return {finding["subject"]: [finding["level"], finding["message"]] for finding in answer["findings"]}

    return doctor


@pytest.fixture
def everybody_sweeps(db, monkeypatch):
    monkeypatch.setattr(heartbeat, "_written", {})
    for entry in current_app.conf.beat_schedule.values():
        heartbeat.beat(entry["task"])


@pytest.fixture
def phone(db) -> AlertChannel:
    return AlertChannel.objects.create(label="Counter phone", token_hash="0" * 64, senders=["SBIUPI"])


def test_a_new_installation_is_told_what_it_lacks(doctor, everybody_sweeps):
    answer = doctor()
    lacks = {"UPI accounts", "live keys", "staff logins", "alert channels"}
    assert {subject for subject, (level, _) in answer.items() if level == "to_do"} == {
        *lacks,
        "customers",
        "mail to staff",
    }
    assert all(answer[subject] == ["to_do", "none yet"] for subject in lacks)


def test_what_is_there_is_counted(doctor, everybody_sweeps, asha, ravi, testing, account, admin_user, phone):
    answer = doctor()
    assert answer["UPI accounts"] == ["ok", "1"]
    assert answer["live keys"] == ["ok", "2"]
    assert answer["staff logins"] == ["ok", "1"]
    assert answer["alert channel"] == ["to_do", "Counter phone has not forwarded anything yet."]


def test_an_account_without_a_bank_is_to_be_completed(doctor, everybody_sweeps, account):
    message = "asha.traders@okhdfcbank names no bank: alerts of any listed bank count for it."
    assert doctor()["UPI account"] == ["to_do", message]

    UpiAccount.objects.update(bank="hdfc")

    assert "UPI account" not in doctor()


@pytest.mark.parametrize(
    ("kind", "message", "advice"),
    [
        ("mailbox", "Current account has not been read yet.", "Press “Look now” on its page"),
        ("statement", "Current account has brought no statement yet.", "Load the bank's newest one"),
    ],
)
def test_what_a_channel_lacks_is_said_by_its_kind(db, kind, message, advice):
    AlertChannel.objects.create(label="Current account", kind=kind)

    (finding,) = [finding for finding in diagnosis.examine() if finding.subject == "alert channel"]

    assert (finding.message, finding.advice.startswith(advice)) == (message, True)


def test_of_entry_by_hand_nothing_is_awaited(db):
    AlertChannel.objects.create(label="By hand", kind=AlertChannel.Kind.MANUAL)

    assert "alert channel" not in {finding.subject for finding in diagnosis.examine()}


def test_every_gap_has_an_advice_and_every_command_in_it_exists(everybody_sweeps):
    for finding in diagnosis.examine():
        assert bool(finding.advice) == (finding.level != diagnosis.Level.OK)
        if finding.advice.startswith(diagnosis.MANAGE):
            with pytest.raises(SystemExit) as ended:
                call_command(finding.advice.removeprefix(diagnosis.MANAGE).split()[0], "--help")
            assert ended.value.code == 0


def test_in_words_each_gap_is_followed_by_what_to_do(everybody_sweeps, capsys):
    call_command("doctor")
    lines = capsys.readouterr().out.splitlines()
    gap = lines.index("  to do  UPI accounts: none yet")
    assert lines[gap + 1].startswith("         ► .venv/bin/python manage.py add_upi_account --upi-id")


def test_an_account_that_no_phone_or_mailbox_watches_is_wrong(doctor, everybody_sweeps, account, phone, time_machine):
    assert "bank's word" not in doctor()
    time_machine.move_to(datetime(2026, 4, 14, 6, 0, tzinfo=UTC), tick=False)
    AlertChannel.objects.create(label="By hand", kind=AlertChannel.Kind.MANUAL)
    AlertChannel.objects.filter(pk=phone.pk).update(enabled=False)
    watch()

    told = "No phone or mailbox watches asha.traders@okhdfcbank since 14 April at 11:30 (India)"
    assert doctor()["bank's word"] == ["wrong", f"{told}; live payments are not confirmed by themselves."]


def test_its_help_says_how_scripts_learn_of_what_is_wrong(capsys):
    with pytest.raises(SystemExit):
        call_command("doctor", "--help")

    said = " ".join(capsys.readouterr().out.split())
    assert 'exit code 0 whatever it finds: for scripts, --json says "ok": false' in said


def test_background_work_that_stopped_is_wrong(doctor, everybody_sweeps, time_machine):
    time_machine.move_to(timezone.now(), tick=False)
    assert doctor()["background work"] == ["ok", "everything that is due is looked for"]
    Heartbeat.objects.filter(task="payments.tasks.sweep").update(beat_at=timezone.now() - timedelta(minutes=5))
    assert doctor()["background work"] == ["wrong", "payments.tasks.sweep last ran 300 s ago."]


def test_events_that_nobody_sends_are_wrong(doctor, everybody_sweeps, asha, account, call, time_machine):
    time_machine.move_to(timezone.now(), tick=False)
    call(asha, "post", "/api/v1/create-payment", {"amount": 100, "expires_in": 60})
    time_machine.shift(61)
    expire_due_sessions()
    assert "events" not in doctor()
    time_machine.shift(121)
    assert doctor()["events"] == ["wrong", "1 wait to be sent for over two minutes."]


def test_a_database_that_does_not_answer_is_said_and_the_rest_too(doctor, db, monkeypatch):
    def fail():
        raise OperationalError("connection refused\nIs the server running?")

    monkeypatch.setattr(diagnosis, "_database", fail)
    answer = doctor()
    assert answer["database"] == ["wrong", "It does not answer: connection refused"]
    assert answer["data directory"][0] == "ok"


def test_redis_that_does_not_answer_is_said_without_its_password(doctor, everybody_sweeps, settings):
    settings.REDIS_URL = "redis://:hunter2@127.0.0.1:1/0"
    level, message = doctor()["broker"]
    assert (level, "hunter2" in message) == ("wrong", False)
    assert message.startswith("Redis does not answer")


def test_an_open_address_is_wrong_and_localhost_is_for_trying(doctor, everybody_sweeps, settings):
    assert doctor()["customers"][0] == "to_do"
    settings.IS_LOCALHOST, settings.BASE_URL = False, "http://pay.example.in"
    answer = doctor()
    assert answer["address"] == ["wrong", "http://pay.example.in sends keys and passwords in clear."]
    settings.IS_HTTPS, settings.BASE_URL = True, "https://pay.example.in"
    answer = doctor()
    assert answer["address"] == ["ok", "https://pay.example.in"]
    assert "customers" not in answer


def test_alerts_from_the_future_mean_that_a_clock_is_wrong(doctor, everybody_sweeps, phone):
    now = timezone.now()
    times = {"arrived_at": now, "received_at": now}
    Evidence.objects.create(channel=phone, digest="1", sent_at=now + timedelta(seconds=2), **times)
    assert "clock" not in doctor()
    Evidence.objects.create(channel=phone, digest="2", sent_at=now + timedelta(seconds=3), **times)
    level, message = doctor()["clock"]
    assert (level, message[:26]) == ("wrong", "1 alerts of the last week ")
