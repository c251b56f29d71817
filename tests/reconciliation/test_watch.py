"""Channels that fall silent, banks that change their words, clocks that are wrong."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from payments.models import Notice, NoticeKind, UpiAccount
from reconciliation.models import AlertChannel, Evidence, EvidenceState
from reconciliation.services.watch import is_silent, unwatched, watch

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 4, 14, 6, 0, tzinfo=UTC)  # 11:30 in India


@pytest.fixture(autouse=True)
def clock(clock):
    clock.move_to(NOW, tick=False)
    return clock


@pytest.fixture
def counter(clock) -> AlertChannel:
    """The phone at the counter, heard of a minute ago, which must be heard of every quarter of an hour."""
    return AlertChannel.objects.create(
        label="Counter",
        token_hash="a" * 64,
        senders=["SBIUPI"],
        silent_after_minutes=15,
        last_seen_at=NOW - timedelta(minutes=1),
        created_at=NOW - timedelta(days=30),
    )


def open_notices(kind: NoticeKind) -> list[str]:
    return list(Notice.objects.filter(kind=kind, resolved_at=None).values_list("subject", flat=True))


def test_a_phone_that_speaks_is_no_news(counter, account):
    watch()
    account.refresh_from_db()
    assert not Notice.objects.exists()
    assert account.unwatched_since is None


def test_a_silent_phone_is_told_once_and_its_return_ends_it(counter, account, clock):
    clock.move_to(NOW + timedelta(minutes=15), tick=False)
    watch()
    watch()
    assert open_notices(NoticeKind.CHANNEL_SILENT) == ["Alert channel “Counter” is silent"]
    notice = Notice.objects.get()
    assert "last heard of it on 14 April at 11:29 (India)" in notice.text
    account.refresh_from_db()
    assert account.unwatched_since == NOW + timedelta(minutes=15)

    AlertChannel.objects.update(last_seen_at=timezone.now())
    watch()
    account.refresh_from_db()
    assert (open_notices(NoticeKind.CHANNEL_SILENT), account.unwatched_since) == ([], None)


def test_a_phone_without_a_limit_is_never_silent(counter, account, clock):
    AlertChannel.objects.update(silent_after_minutes=None)
    clock.move_to(NOW + timedelta(days=30), tick=False)
    watch()
    account.refresh_from_db()
    assert (Notice.objects.count(), account.unwatched_since) == (0, None)


def test_a_stopped_channel_is_no_news_but_watches_nobody(counter, account, clock):
    clock.move_to(NOW + timedelta(minutes=15), tick=False)
    watch()
    AlertChannel.objects.update(enabled=False)
    watch()
    account.refresh_from_db()
    assert open_notices(NoticeKind.CHANNEL_SILENT) == []
    assert account.unwatched_since is not None


def test_a_phone_of_other_accounts_does_not_watch_this_one(counter, account):
    other = UpiAccount.objects.create(upi_id="asha@oksbi", payee_name="ASHA", label="Second")
    assert unwatched() == []

    counter.accounts.set([account])
    (told,) = unwatched()
    assert told == "No phone or mailbox watches Second; live payments are not confirmed by themselves."

    watch()
    other.refresh_from_db()
    account.refresh_from_db()
    assert (other.unwatched_since, account.unwatched_since) == (NOW, None)
    assert "watches Second since 14 April at 11:30 (India);" in unwatched()[0]


@pytest.mark.parametrize(
    ("hours", "last_seen", "now", "silent"),
    [
        (("09:00", "21:00"), "08:00", "09:10", False),  # the day is ten minutes old
        (("09:00", "21:00"), "08:00", "09:16", True),
        (("09:00", "21:00"), "20:00", "21:30", False),  # the shop is shut
        (("18:00", "02:00"), "12:00", "18:10", False),  # a shop that is open through midnight
        (("18:00", "02:00"), "12:00", "18:16", True),
        (("18:00", "02:00"), "00:10", "01:00", True),
        (("18:00", "02:00"), "00:10", "02:30", False),
    ],
)
def test_silence_counts_while_the_shop_is_open(counter, hours, last_seen, now, silent):
    def india(time: str) -> datetime:
        return datetime.fromisoformat(f"2026-04-14T{time}:00+05:30")

    AlertChannel.objects.update(awake_from=hours[0], awake_until=hours[1], last_seen_at=india(last_seen))
    counter.refresh_from_db()
    assert is_silent(counter, india(now)) is silent


def test_only_the_accounts_of_a_living_channel_are_watched(counter, account, clock):
    other = UpiAccount.objects.create(upi_id="asha@oksbi", payee_name="ASHA SHARMA")
    counter.accounts.add(other)
    watch()
    account.refresh_from_db()
    other.refresh_from_db()
    assert (account.unwatched_since, other.unwatched_since) == (NOW, None)


def test_a_mailbox_that_is_silent_is_no_phone(counter, clock):
    AlertChannel.objects.update(kind=AlertChannel.Kind.MAILBOX)
    clock.move_to(NOW + timedelta(minutes=15), tick=False)
    watch()

    text = Notice.objects.get(kind=NoticeKind.CHANNEL_SILENT).text
    assert text.startswith("PayGate last read it on 14 April at 11:29 (India).")
    assert text.endswith("it says what the mail server answers.")


@pytest.mark.parametrize("kind", [AlertChannel.Kind.STATEMENT, AlertChannel.Kind.MANUAL])
def test_what_staff_bring_themselves_is_never_silent(counter, clock, kind):
    AlertChannel.objects.update(kind=kind)
    clock.move_to(NOW + timedelta(days=30), tick=False)
    watch()

    assert open_notices(NoticeKind.CHANNEL_SILENT) == []


def test_statements_do_not_confirm_in_time(counter, account):
    AlertChannel.objects.update(kind=AlertChannel.Kind.STATEMENT)
    watch()
    account.refresh_from_db()
    assert account.unwatched_since == NOW


def store(counter, count, *, state, sender="SBIUPI"):
    first = Evidence.objects.count()
    for number in range(first, first + count):
        Evidence.objects.create(
            channel=counter,
            digest=str(number),
            sender=sender,
            text="Rs 5 came in, we think",
            arrived_at=NOW,
            received_at=NOW,
            processed_at=NOW,
            state=state,
        )


def test_alerts_that_are_not_understood_any_more_are_told(counter):
    store(counter, 9, state=EvidenceState.CREDIT)
    store(counter, 2, state=EvidenceState.REVIEW)
    watch()
    assert open_notices(NoticeKind.DRIFT) == []

    store(counter, 1, state=EvidenceState.FAILED)
    watch()
    assert open_notices(NoticeKind.DRIFT) == ["Alerts of SBIUPI are not understood"]

    Evidence.objects.exclude(state=EvidenceState.CREDIT).update(state=EvidenceState.IGNORED)
    watch()
    assert open_notices(NoticeKind.DRIFT) == []


def test_a_few_odd_ones_among_many_are_no_drift(counter):
    store(counter, 20, state=EvidenceState.CREDIT)
    store(counter, 3, state=EvidenceState.REVIEW)
    watch()
    assert open_notices(NoticeKind.DRIFT) == []


def test_alerts_before_their_own_time_tell_of_a_wrong_clock(counter):
    store(counter, 3, state=EvidenceState.CREDIT)
    Evidence.objects.update(sent_at=NOW + timedelta(minutes=3))
    watch()
    assert open_notices(NoticeKind.CLOCK) == ["Alerts arrive before the bank sent them"]
    Evidence.objects.update(sent_at=NOW)
    watch()
    assert open_notices(NoticeKind.CLOCK) == []
