"""A bank's e-mail in a real mailbox, and what may go wrong on the way."""

import signal
import socket
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from payments.models import Notice, PaymentEvent
from payments.money import in_words_of_rupees
from reconciliation.forwarders import Alert
from reconciliation.mail_trust import KeyUnavailable
from reconciliation.models import Credit, Evidence, Mailbox
from reconciliation.services import mailbox as service
from reconciliation.services.alerts import process_waiting, record_evidence
from reconciliation.services.channels import add_phone
from reconciliation.services.mailbox import change_mailbox, poll_all, poll_mailbox
from reconciliation.times import INDIA
from tests.backoffice.pages import says
from tests.letters import PROVIDER, RRN, alert, letter, look_up, signed, vouched
from tests.mail.conftest import PASSWORD
from tests.paygate.processes import free_port
from tests.reconciliation.conftest import sbi_text

pytestmark = pytest.mark.django_db


def today() -> str:
    return f"{timezone.now().astimezone(INDIA):%d-%m-%y}"


def bank_mail(paise: int, *, rrn: str = RRN, **options: str) -> bytes:
    return vouched(letter(alert(paise, rrn=rrn, day=today()), **options))


def poll(channel) -> Mailbox:
    poll_mailbox(mailbox_id=channel.pk)
    return Mailbox.objects.get(pk=channel.pk)


@pytest.mark.parametrize(("security", "port"), [("tls", "tls_port"), ("starttls", "port"), ("none", "port")])
def test_a_banks_e_mail_confirms_the_payment_and_stays_unread(dovecot, channel, open_session, security, port):
    change_mailbox(channel_id=channel.pk, security=security, port=getattr(dovecot, port))
    session = open_session()
    dovecot.deliver(bank_mail(session.payable_paise))

    box = poll(channel)

    session.refresh_from_db()
    assert (session.status, session.exception, session.utr) == ("success", "", RRN)
    assert PaymentEvent.objects.get().type == "payment.success"
    evidence = Evidence.objects.get()
    assert (evidence.state, evidence.sender, evidence.channel) == ("credit", "hdfcbank.net", channel)
    assert (box.last_error, box.failing_since, box.lease_token) == ("", None, None)
    assert dovecot.flags() == [()]
    channel.refresh_from_db()
    assert (channel.alert_count, channel.refused_count) == (1, 0)
    assert channel.last_seen_at is not None


def test_a_signature_is_checked_here_where_the_provider_says_nothing(dovecot, channel, open_session, monkeypatch):
    monkeypatch.setattr(service.judge, "__kwdefaults__", {"look_up": look_up})
    change_mailbox(channel_id=channel.pk, authserv_id="")
    session = open_session()
    dovecot.deliver(letter(alert(session.payable_paise, day=today())))
    dovecot.deliver(signed(letter(alert(session.payable_paise, day=today()))))

    poll(channel)

    session.refresh_from_db()
    assert session.status == "success"
    assert sorted(Evidence.objects.values_list("state", "text")) == [
        ("credit", f"Dear Customer,\n{alert(session.payable_paise, day=today())}\nHDFC Bank"),
        ("not_listed", ""),
    ]


def test_each_e_mail_is_taken_once_however_often_one_looks(dovecot, channel, open_session):
    session = open_session()
    dovecot.deliver(bank_mail(session.payable_paise))
    poll(channel)
    poll(channel)
    dovecot.deliver(bank_mail(session.payable_paise + 1, rrn="624412345679", message_id="<2@hdfcbank.net>"))
    poll(channel)

    assert list(Evidence.objects.order_by("pk").values_list("count", flat=True)) == [1, 1]
    assert Credit.objects.count() == 2


def test_only_the_last_day_is_read_at_first(dovecot, channel):
    dovecot.deliver(bank_mail(1_00, rrn="624412345671"), at=datetime.now(UTC) - timedelta(days=5))
    dovecot.deliver(bank_mail(2_00, rrn="624412345672", message_id="<2@hdfcbank.net>"))

    poll(channel)

    assert list(Credit.objects.values_list("rrn", flat=True)) == ["624412345672"]


def test_a_folder_that_was_made_anew_is_read_again_and_takes_nothing_twice(dovecot, channel, open_session):
    session = open_session()
    with dovecot.client() as client:
        client.create_folder("Bank")
    change_mailbox(channel_id=channel.pk, folder="Bank")
    for number in range(3):
        dovecot.deliver(letter("Hello", message_id=f"<{number}@x>"), folder="Bank")
    dovecot.deliver(bank_mail(session.payable_paise), folder="Bank")
    before = poll(channel)
    with dovecot.client() as client:
        client.delete_folder("Bank")
        client.create_folder("Bank")
    dovecot.deliver(bank_mail(session.payable_paise), folder="Bank")
    dovecot.deliver(bank_mail(50_00, rrn="624412345679", message_id="<2@hdfcbank.net>"), folder="Bank")

    after = poll(channel)

    assert after.uidvalidity != before.uidvalidity
    assert (before.last_uid, after.last_uid) == (4, 2)
    assert sorted(Credit.objects.values_list("rrn", flat=True)) == [RRN, "624412345679"]
    assert Evidence.objects.get(credit__rrn=RRN).count == 2


def test_an_sms_and_an_e_mail_of_one_payment_are_one_credit(dovecot, channel, open_session):
    session = open_session()
    phone, _ = add_phone(label="Counter", senders=["HDFCBK"])
    rupees = f"{session.payable_paise // 100}.{session.payable_paise % 100:02d}"
    text = f"Credit Alert! Rs.{rupees} credited to HDFC Bank A/c XX1234 on {today()} from VPA payer@okaxis (UPI {RRN})"
    record_evidence(channel=phone, alert=Alert(sender="VM-HDFCBK-S", text=text))
    process_waiting()
    dovecot.deliver(bank_mail(session.payable_paise))
    poll(channel)

    credit = Credit.objects.get()
    assert (credit.rrn, credit.session, credit.state) == (RRN, session, "matched")
    assert {evidence.channel for evidence in credit.evidences.all()} == {phone, channel}
    assert PaymentEvent.objects.count() == 1


def test_a_server_that_dies_midway_loses_nothing(dovecot, channel, monkeypatch):
    for number in range(4):
        dovecot.deliver(bank_mail(1_01 + number, rrn=f"62441234567{number}", message_id=f"<{number}@hdfcbank.net>"))
    judge = service.judge

    def die_at_the_second(fetched, **options):
        if fetched.uid == 2:
            dovecot.stop(signal.SIGKILL)
        return judge(fetched, **options)

    monkeypatch.setattr(service, "judge", die_at_the_second)
    box = poll(channel)
    assert box.last_uid == 2
    assert box.last_error == f"The connection to localhost, port {dovecot.tls_port} broke off. PayGate tries again."
    assert poll(channel).last_error.startswith("Nothing listens at localhost")

    monkeypatch.setattr(service, "judge", judge)
    dovecot.start()
    box = poll(channel)

    assert (box.last_uid, box.last_error, box.failing_since) == (4, "", None)
    assert Credit.objects.count() == 4
    assert set(Evidence.objects.values_list("count", flat=True)) == {1}


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"password": "wrong"}, "localhost refuses the user name or the password."),
        ({"host": "mail.invalid"}, "There is no host mail.invalid."),
        ({"folder": "Bank"}, "There is no folder “Bank” in the mailbox."),
        ({"port": 0}, "Nothing listens at localhost, port"),
        ({"host": "127.0.0.1"}, "The certificate of 127.0.0.1, port"),
        ({"security": "tls", "port": -1}, "does not speak TLS as it should"),
    ],
)
def test_what_is_wrong_is_said_in_words(dovecot, channel, change, sentence, caplog):
    ports = {0: free_port(), -1: dovecot.port}
    if "port" in change:
        change = {**change, "port": ports[change["port"]]}
    change_mailbox(channel_id=channel.pk, **change)

    box = poll(channel)

    assert sentence in box.last_error
    assert box.failing_since is not None
    assert (box.checked_at, box.uidvalidity, box.lease_token) == (box.failing_since, None, None)
    assert not Notice.objects.exists()
    for secret in (PASSWORD, "wrong"):
        assert secret not in caplog.text + repr(vars(box)) + repr(service.server_of(box))


def test_staff_are_told_of_what_lasts_and_when_it_is_over(dovecot, channel):
    change_mailbox(channel_id=channel.pk, password="wrong")
    poll(channel)
    Mailbox.objects.update(failing_since=timezone.now() - timedelta(minutes=5))
    poll(channel)

    notice = Notice.objects.get()
    assert (notice.kind, notice.subject) == ("mailbox", "Mailbox “Asha’s mailbox” cannot be read")
    assert "refuses the user name or the password" in notice.text

    change_mailbox(channel_id=channel.pk, password=PASSWORD)
    poll(channel)
    notice.refresh_from_db()
    assert notice.resolved_at is not None


@pytest.fixture
def silent_server():
    """Takes connections and never says a word."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        yield server.getsockname()[1]


@pytest.mark.django_db(transaction=True)
def test_a_hanging_server_makes_no_other_mailbox_wait(dovecot, values, open_session, silent_server, monkeypatch):
    monkeypatch.setattr("reconciliation.imap.ANSWER_SECONDS", 1.0)
    hanging = service.add_mailbox(**{**values, "label": "Hanging", "port": silent_server})
    channel = service.add_mailbox(**values)
    session = open_session()
    dovecot.deliver(bank_mail(session.payable_paise))

    poll_all()

    session.refresh_from_db()
    assert session.status == "success"
    assert Mailbox.objects.get(pk=channel.pk).last_error == ""
    assert Mailbox.objects.get(pk=hanging.pk).last_error.startswith(f"localhost, port {silent_server} does not answer.")


def test_one_poll_at_a_time_reads_a_mailbox(dovecot, channel):
    dovecot.deliver(bank_mail(1_01))
    Mailbox.objects.update(lease_until=timezone.now() + timedelta(seconds=30), lease_token="0" * 32)
    assert not poll_mailbox(mailbox_id=channel.pk)
    assert not Evidence.objects.exists()

    Mailbox.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert poll_mailbox(mailbox_id=channel.pk)
    assert Evidence.objects.count() == 1


def test_who_lost_the_lease_writes_nothing(dovecot, channel, monkeypatch):
    dovecot.deliver(bank_mail(1_01))
    judge = service.judge

    def meanwhile(fetched, **options):
        change_mailbox(channel_id=channel.pk, folder="INBOX", authserv_id="mx.other.example")
        return judge(fetched, **options)

    monkeypatch.setattr(service, "judge", meanwhile)
    box = poll(channel)
    assert not Evidence.objects.exists()
    assert box.last_uid == 0


def test_a_stopped_channel_is_not_looked_into(dovecot, channel):
    dovecot.deliver(bank_mail(1_01))
    channel.enabled = False
    channel.save()
    assert poll(channel).checked_at is None
    assert not Evidence.objects.exists()


def test_an_e_mail_beyond_the_limit_is_only_counted(dovecot, channel):
    dovecot.deliver(vouched(letter(alert(1_01) + " x" * 150_000)))
    dovecot.deliver(bank_mail(2_02, message_id="<2@hdfcbank.net>"))
    box = poll(channel)

    assert box.last_uid == 2
    refused = Evidence.objects.get(state="not_listed")
    assert (refused.sender, refused.text) == ("hdfcbank.net", "")
    assert refused.explanation == "It is larger than any bank’s alert."
    assert Credit.objects.get().amount_paise == 2_02


def test_forged_e_mails_pay_nothing_and_their_texts_are_not_kept(dovecot, channel, open_session):
    session = open_session()
    text = alert(session.payable_paise, day=today())
    forged = [
        letter(text),
        letter(text, sender="alerts@hdfcbank.net.evil.example"),
        vouched(letter(text, sender="alerts@evil-hdfcbank.net")),
        vouched(letter(text), "dkim=pass header.d=evil.example; dmarc=fail header.from=hdfcbank.net"),
        vouched(vouched(letter(text)).replace(b"Subject", b"X-Subject"), "dkim=none"),
        vouched(letter(text, to="mallory@evil.example")),
        b"From: alerts@hdfcbank.net\r\n" + vouched(letter(text, sender="x@evil.example")),
        sbi_text(session.payable_paise).encode(),
    ]
    for raw in forged:
        dovecot.deliver(raw)

    box = poll(channel)

    session.refresh_from_db()
    assert (session.status, box.last_uid, box.last_error) == ("pending", len(forged), "")
    assert not Credit.objects.exists()
    assert {(each.state, each.text) for each in Evidence.objects.all()} == {("not_listed", "")}
    assert sum(Evidence.objects.values_list("count", flat=True)) == len(forged)


def test_staff_are_told_once_of_money_that_is_not_proved_and_settings_put_right_pay_it(dovecot, channel, open_session):
    session = open_session()
    change_mailbox(channel_id=channel.pk, authserv_id="mx.wrong.example")
    dovecot.deliver(bank_mail(session.payable_paise))
    dovecot.deliver(bank_mail(50_00, rrn="624412345679", message_id="<2@hdfcbank.net>"))
    poll(channel)

    notice = Notice.objects.get()
    assert (notice.kind, notice.subject_key) == ("unproved_mail", str(channel.pk))
    assert notice.subject == "Mailbox “Asha’s mailbox”: an e-mail about money is not believed"
    assert "in the name of hdfcbank.net" in notice.text
    assert f"is of {PROVIDER}, not of mx.wrong.example." in notice.text
    assert "correct the provider’s name in Authentication-Results" in notice.text
    assert in_words_of_rupees(session.payable_paise)[1:] not in notice.text
    assert set(Evidence.objects.values_list("text", "count")) == {("", 2)}

    change_mailbox(channel_id=channel.pk, authserv_id=PROVIDER)
    poll(channel)
    session.refresh_from_db()
    assert (session.status, session.utr) == ("success", RRN)


@pytest.mark.parametrize(
    "raw",
    [
        letter("Rs. 500.00 is debited from your account **1234 to VPA x@y on 01-09-26."),
        letter("Buy a new card now, with 10% off."),
        letter(alert(99_37), sender="alerts@evil-hdfcbank.net"),
        letter(alert(99_37) + " x" * 150_000),
    ],
    ids=["money that went out", "an advertisement", "a domain on no list", "too large"],
)
def test_staff_are_not_told_of_what_is_no_banks_or_no_money(dovecot, channel, raw):
    dovecot.deliver(raw)
    assert poll(channel).last_uid == 1
    assert Evidence.objects.get().state == "not_listed"
    assert not Notice.objects.exists()


def test_staff_are_told_of_money_whose_key_the_dns_did_not_give(dovecot, channel, monkeypatch):
    def silent(name: str) -> bytes | None:
        raise KeyUnavailable

    monkeypatch.setattr(service.judge, "__kwdefaults__", {"look_up": silent})
    change_mailbox(channel_id=channel.pk, authserv_id="")
    dovecot.deliver(signed(letter(alert(99_37))))
    assert "The DNS does not answer" in poll(channel).last_error
    assert not Evidence.objects.exists()

    with dovecot.client() as client:
        client.select_folder("INBOX")
        client.delete_messages([1], silent=True)
        client.expunge()
    dovecot.deliver(signed(letter(alert(99_37))), at=datetime.now(UTC) - timedelta(minutes=61))

    assert poll(channel).last_error == ""
    assert "The bank’s key could not be found for an hour" in Notice.objects.get().text


def test_staff_look_now_and_nothing_is_kept(dovecot, channel, open_session, meera):
    session = open_session()
    dovecot.deliver(letter("Buy now"))
    dovecot.deliver(bank_mail(session.payable_paise))

    answer = meera.post(f"/admin/reconciliation/alertchannel/{channel.pk}/look/", follow=True)

    said = says(answer)
    assert "localhost answers, and “INBOX” is there. Its last 2 e-mails:" in said
    assert f"hdfcbank.net: a credit of {in_words_of_rupees(session.payable_paise)}. HDFC Bank says that" in said
    assert "hdfcbank.net: not believed. The mail provider did not write whether it is genuine" in said
    assert not Evidence.objects.exists()
    assert Mailbox.objects.get().last_uid == 0
    assert dovecot.flags() == [(), ()]


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (KeyUnavailable, "The DNS does not answer, so a bank’s signature cannot be checked."),
        (IndexError, "(IndexError)"),
    ],
)
def test_staff_look_now_and_are_told_what_cannot_be_checked(dovecot, channel, meera, monkeypatch, error, sentence):
    def fails(name: str) -> bytes | None:
        raise error

    monkeypatch.setattr(service.judge, "__kwdefaults__", {"look_up": fails})
    monkeypatch.setattr("reconciliation.mail_trust._verify", lambda raw, number, look_up: bool(look_up("x")))
    change_mailbox(channel_id=channel.pk, authserv_id="")
    dovecot.deliver(signed(letter(alert(99_37))))

    assert sentence in says(meera.post(f"/admin/reconciliation/alertchannel/{channel.pk}/look/", follow=True))
