"""Which moment a bank's e-mail counts for: it may come late, and a mailbox may be moved or filled anew."""

from datetime import UTC, datetime, timedelta

import pytest

from payments.models import Notice, PaymentSession
from reconciliation.models import Credit, Evidence
from reconciliation.services.mailbox import change_mailbox, poll_mailbox
from reconciliation.times import INDIA
from tests.letters import RRN, alert, letter, signed, vouched

pytestmark = pytest.mark.django_db


def ago(**units: float) -> datetime:
    return datetime.now(UTC).replace(microsecond=0) - timedelta(**units)


@pytest.fixture
def older(open_session) -> PaymentSession:
    """A payment that was asked for two hours ago, and has let its amount go."""
    return make_older(open_session(), hours=2)


@pytest.fixture
def newer(open_session, older) -> PaymentSession:
    """A payment of the same amount that was asked for a moment ago."""
    session = open_session()
    PaymentSession.objects.filter(pk=session.pk).update(payable_paise=older.payable_paise)
    return session


def make_older(session: PaymentSession, *, hours: float) -> PaymentSession:
    asked_at = ago(hours=hours)
    times = {"created_at": asked_at, "hold_until": asked_at + timedelta(minutes=40)}
    PaymentSession.objects.filter(pk=session.pk).update(status="expired", holds_amount=False, **times)
    session.refresh_from_db()
    return session


def mail(session: PaymentSession, dated: datetime, *, headers: tuple[bytes, ...] = (b"from", b"to", b"date")) -> bytes:
    text = alert(session.payable_paise, day=f"{dated.astimezone(INDIA):%d-%m-%y}")
    return vouched(signed(letter(text, date=dated), headers=headers))


def status_of(session: PaymentSession) -> str:
    session.refresh_from_db()
    return session.status


def test_what_came_in_time_is_the_older_ones_however_late_one_looks(dovecot, channel, older, newer):
    paid_at = older.created_at + timedelta(minutes=5)
    dovecot.deliver(mail(older, paid_at), at=paid_at + timedelta(seconds=20))

    poll_mailbox(mailbox_id=channel.pk)

    assert (status_of(older), status_of(newer)) == ("success", "pending")
    credit = Credit.objects.get()
    assert (credit.credited_at, credit.precision) == (paid_at, "centre")


@pytest.mark.parametrize("headers", [(b"from", b"to", b"date"), (b"from", b"to")], ids=["signed", "unsigned"])
@pytest.mark.parametrize("hours", [2, 20, 30])
def test_what_came_late_or_was_moved_never_pays_a_newer_one(dovecot, channel, older, newer, headers, hours):
    make_older(older, hours=hours)
    paid_at = older.created_at + timedelta(minutes=5)
    dovecot.deliver(mail(older, paid_at, headers=headers))

    poll_mailbox(mailbox_id=channel.pk)

    assert (status_of(older), status_of(newer)) == ("expired", "pending")
    credit = Credit.objects.get()
    assert (credit.credited_at, credit.precision, credit.reason) == (paid_at, "arrival", "uncertain_time")
    assert older.session_id in credit.explanation
    assert newer.session_id in credit.explanation


def test_a_late_one_pays_where_nothing_else_can_be_meant(dovecot, channel, older):
    dovecot.deliver(mail(older, older.created_at + timedelta(minutes=5)))

    poll_mailbox(mailbox_id=channel.pk)

    assert status_of(older) == "success"


def test_a_late_one_pays_nobody_who_asked_after_it_was_written(dovecot, channel, open_session):
    session = open_session()
    dovecot.deliver(mail(session, ago(minutes=30)))

    poll_mailbox(mailbox_id=channel.pk)

    assert status_of(session) == "pending"
    assert Credit.objects.get().reason == "no_session"


def test_a_date_the_bank_did_not_sign_is_no_time(dovecot, channel, older, newer):
    paid_at = older.created_at + timedelta(minutes=5)
    dovecot.deliver(mail(older, paid_at, headers=(b"from", b"to")), at=paid_at)

    poll_mailbox(mailbox_id=channel.pk)

    assert (status_of(older), status_of(newer)) == ("expired", "pending")
    assert Credit.objects.get().reason == "uncertain_time"


def test_an_e_mail_that_was_moved_is_the_same_one(dovecot, channel, older):
    raw = mail(older, older.created_at + timedelta(minutes=5)).replace(b"Message-ID: <1@hdfcbank.net>\r\n", b"")
    dovecot.deliver(raw, at=older.created_at + timedelta(minutes=5))
    poll_mailbox(mailbox_id=channel.pk)
    with dovecot.client() as client:
        client.create_folder("Moved")
    dovecot.deliver(raw, folder="Moved")
    change_mailbox(channel_id=channel.pk, folder="Moved")
    poll_mailbox(mailbox_id=channel.pk)

    assert Evidence.objects.get().count == 2
    assert Credit.objects.get().rrn == RRN


@pytest.mark.parametrize("line", [b"", b"Date: yesterday\r\n", b"Date: Tue, 01 Sep 2026 12:00:00 +0530\r\n" * 2])
def test_an_e_mail_without_one_plain_date_is_not_believed(dovecot, channel, older, line):
    raw = letter(alert(older.payable_paise), date="Tue, 01 Sep 2026 12:00:00 +0530")
    dated = b"Date: Tue, 01 Sep 2026 12:00:00 +0530\r\n"
    assert dated in raw
    dovecot.deliver(vouched(raw.replace(dated, line)))

    poll_mailbox(mailbox_id=channel.pk)

    assert not Credit.objects.exists()
    assert "Date line" in Evidence.objects.get().explanation
    assert "Date line" in Notice.objects.get().text
