"""The commands that operators and scripts use."""

import json
import os
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from payments.models import PaymentEvent
from reconciliation.models import AlertChannel, Credit, Evidence
from reconciliation.services.channels import find_channel
from tests.reconciliation.conftest import RRN, sbi_text


def run(*arguments: str) -> dict:
    out = StringIO()
    call_command(*arguments, "--json", stdout=out)
    (line,) = out.getvalue().splitlines()
    return json.loads(line)


def test_a_channel_is_added_and_its_token_shown_once(db, settings):
    answer = run("add_alert_channel", "--label", "Phone", "--senders", "VM-SBIUPI-S, HDFCBK")

    channel = AlertChannel.objects.get()
    assert set(answer) == {"id", "token", "url"}
    assert answer["id"] == channel.pk
    assert answer["url"] == f"{settings.BASE_URL}/hooks/alerts/{answer['token']}"
    assert channel.senders == ["SBIUPI", "HDFCBK"]
    assert find_channel(answer["token"]) == channel
    assert answer["token"] not in str(AlertChannel.objects.values())


def test_a_channel_may_be_told_of_when_it_is_silent(db):
    answer = run("add_alert_channel", "--label", "Phone", "--senders", "SBIUPI", "--silent-after", "15")

    assert set(answer) == {"id", "token", "url"}
    assert AlertChannel.objects.get().silent_after_minutes == 15


def test_a_silence_of_no_minutes_is_refused(db):
    with pytest.raises(CommandError, match="Give at least one minute"):
        run("add_alert_channel", "--label", "Phone", "--senders", "SBIUPI", "--silent-after", "0")
    assert not AlertChannel.objects.exists()


@pytest.mark.parametrize(("label", "senders"), [("Phone", ""), ("Phone", "+919812345678"), ("", "SBIUPI")])
def test_a_channel_that_hears_nobody_is_refused(db, label, senders):
    with pytest.raises(CommandError):
        run("add_alert_channel", "--label", label, "--senders", senders)
    assert not AlertChannel.objects.exists()


def test_a_credit_typed_in_pays_like_an_alert(open_session, account):
    session = open_session(payable=99_37)
    answer = run("record_credit", "--amount", "99.37", "--utr", RRN, "--upi-id", account.upi_id, "--payer", "A KUMAR")

    assert answer == {
        "credit": Credit.objects.get().pk, "state": "matched", "reason": "", "session_id": session.session_id,
        "explanation": f"It paid {session.session_id}.", "duplicate": False,
    }  # fmt: skip
    assert PaymentEvent.objects.get().type == "payment.success"


def test_a_credit_typed_in_twice_is_one(open_session):
    open_session(payable=99_37)
    first = run("record_credit", "--amount", "99.37", "--utr", RRN)
    again = run("record_credit", "--amount", "99.37", "--utr", RRN)

    assert again == first | {"duplicate": True}
    assert Credit.objects.count() == PaymentEvent.objects.count() == 1


def test_a_utr_with_another_amount_is_answered_and_not_raised(open_session):
    session = open_session(payable=99_37)
    run("record_credit", "--amount", "99.37", "--utr", RRN)
    answer = run("record_credit", "--amount", "99.38", "--utr", RRN)

    assert (answer["state"], answer["reason"], answer["session_id"]) == ("review", "rrn_conflict", None)
    session.refresh_from_db()
    assert session.utr == RRN


@pytest.mark.parametrize(("at", "state"), [("2026-09-01T12:00:30", "matched"), ("2026-09-01 11:59:00", "review"),
                                           ("2026-09-01T06:30:30Z", "matched"), ("2026-09-01T12:00:30+05:30", "matched")])  # fmt: skip
def test_the_time_of_a_typed_credit_decides(open_session, clock, at, state):
    open_session(payable=99_37)
    clock.shift(60)

    assert run("record_credit", "--amount", "99.37", "--utr", RRN, "--at", at)["state"] == state


@pytest.mark.parametrize(
    "arguments",
    [["--amount", "1e2", "--utr", RRN], ["--amount", "0", "--utr", RRN], ["--amount", "-1", "--utr", RRN],
     ["--amount", "99", "--utr", "12345"], ["--amount", "99", "--utr", "६२४४१२३४५६७८"],
     ["--amount", "99", "--utr", RRN, "--at", "2026-09-01"], ["--amount", "99", "--utr", RRN, "--at", "soon"],
     ["--amount", "99", "--utr", RRN, "--upi-id", "nobody@oksbi"]],
)  # fmt: skip
def test_a_credit_typed_wrongly_is_refused(db, arguments):
    with pytest.raises(CommandError):
        run("record_credit", *arguments)
    assert not Credit.objects.exists()


def test_an_alert_typed_in_is_judged_at_once(open_session, phone):
    session = open_session()
    arguments = ["--channel", str(phone.pk), "--sender", "VM-SBIUPI-S", "--text", sbi_text(session.payable_paise)]
    answer = run("record_alert", *arguments, "--at", "2026-09-01T12:00:00")

    assert answer["state"] == "matched"
    assert answer["session_id"] == session.session_id
    assert answer["evidence"] == Evidence.objects.get().pk
    assert run("record_alert", *arguments, "--at", "2026-09-01T12:00:00") == answer


@pytest.mark.parametrize(
    ("sender", "text", "state"),
    [("VM-SBIUPI-S", "Dear UPI user A/C X1234 debited by 9 on date 01Sep26 trf to A Refno 624412345678", "ignored"),
     ("+919812345678", sbi_text(99_37), "not_listed"), ("SBIUPI", "Rs.9 credited to your A/c X1234", "review")],
)  # fmt: skip
def test_an_alert_without_a_credit_is_answered_too(phone, sender, text, state):
    answer = run("record_alert", "--channel", str(phone.pk), "--sender", sender, "--text", text)

    assert (answer["credit"], answer["state"], answer["session_id"]) == (None, state, None)
    assert answer["explanation"]


def test_people_get_a_sentence(phone):
    out = StringIO()
    call_command("record_alert", channel=phone.pk, sender="+919812345678", text="Hello", stdout=out)

    assert out.getvalue().startswith("Not listed: ")


def test_an_alert_for_no_channel_is_refused(db):
    with pytest.raises(CommandError):
        run("record_alert", "--channel", "7", "--sender", "SBIUPI", "--text", "x")


def test_an_alert_for_a_stopped_channel_is_refused(phone):
    AlertChannel.objects.update(enabled=False)

    with pytest.raises(CommandError, match="The channel Shop phone is stopped: start it in the back office"):
        run("record_alert", "--channel", str(phone.pk), "--sender", "VM-SBIUPI-S", "--text", sbi_text(99_37))

    assert not Evidence.objects.exists()


def test_alerts_of_a_file_are_read_and_nothing_is_written(db, tmp_path):
    file = tmp_path / "alerts.jsonl"
    alerts = [{"sender": "VM-SBIUPI-S", "text": sbi_text(99_00)}, {"sender": "SBIUPI", "text": "\ud83d"}]
    file.write_text("\n\n".join(json.dumps(alert) for alert in alerts))
    out = StringIO()
    call_command("parse_alerts", str(file), stdout=out)

    credit, other = out.getvalue().splitlines()
    assert credit == (
        '{"verdict":"credit","direction":"credit","amount":99.00,"rrn":"624412345678","payer":"A KUMAR",'
        '"account_tail":"1234","bank":"sbi","reason":"State Bank of India says that this amount came in."}'
    )
    assert json.loads(other)["verdict"] == "ignore"
    assert not Evidence.objects.exists()
    assert not Credit.objects.exists()


@pytest.mark.django_db
def test_whoever_reads_the_alerts_may_stop_early(tmp_path):
    file = tmp_path / "alerts.jsonl"
    file.write_text(json.dumps({"sender": "VM-SBIUPI-S", "text": sbi_text(99_00)}))
    reader, writer = os.pipe()
    os.close(reader)

    with open(writer, "w") as out:
        call_command("parse_alerts", str(file), stdout=out)


@pytest.mark.django_db
@pytest.mark.parametrize("line", ["{", "[]", '{"sender": "SBIUPI"}', '{"sender": null, "text": "x"}'])
def test_a_line_that_is_no_alert_is_named(tmp_path, line):
    file = tmp_path / "alerts.jsonl"
    file.write_text(line)
    with pytest.raises(CommandError, match="Line 1"):
        call_command("parse_alerts", str(file), stdout=StringIO())
