"""Whether the channels live, and whether what they bring is still understood: told to staff, and to the accounts."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from payments.models import Notice, NoticeKind, UpiAccount
from payments.notices import raise_notice, resolve_notice
from reconciliation.models import AlertChannel, Evidence, EvidenceState
from reconciliation.times import INDIA

DRIFT_WITHIN = timedelta(hours=24)
DRIFT_ALERTS = 3
DRIFT_SHARE = 0.2
CLOCK_WITHIN = timedelta(hours=24)
# An SMS centre stamps whole seconds, and a phone takes a moment to pass them on.
CLOCK_TOLERANCE = timedelta(seconds=2)
CLOCK_ALERTS = 3


def watch() -> None:
    """Look at every channel, account and sender, and say what is new about them."""
    now = timezone.now()
    channels = list(AlertChannel.objects.filter(enabled=True))
    silent = {channel.pk for channel in channels if is_silent(channel, now)}
    _tell_of_silence(channels, silent)
    _mark_accounts(_automatic().exclude(pk__in=silent), now)
    _tell_of_drift(now)
    _tell_of_clocks(now)


def is_silent(channel: AlertChannel, now: datetime) -> bool:
    """Say whether a channel should have been heard of by now. Its night does not count.

    Statements and entry by hand are the staff's own doing: they are never silent.
    """
    if not channel.is_automatic or not channel.silent_after_minutes:
        return False
    since = max(channel.last_seen_at or channel.created_at, _woke_up_at(channel, now))
    return now - since > timedelta(minutes=channel.silent_after_minutes)


def is_asleep(channel: AlertChannel, now: datetime) -> bool:
    """Say whether it is the channel's night."""
    return channel.awake_from is not None and _woke_up_at(channel, now) == now


def alerts_before_their_time(since: datetime) -> int:
    """Return how many alerts came before the bank sent them: this clock, or a phone's, is wrong."""
    return Evidence.objects.filter(received_at__gt=since, sent_at__gt=F("received_at") + CLOCK_TOLERANCE).count()


def unwatched() -> list[str]:
    """Say of each account that takes live payments whether no phone and no mailbox would report its money."""
    alone = UpiAccount.objects.open(test=False).exclude(_served_by(_automatic()), unwatched_since=None)
    return [
        f"No phone or mailbox watches {account}{_since(account)}; live payments are not confirmed by themselves."
        for account in alone
    ]


def _since(account: UpiAccount) -> str:
    since = account.unwatched_since
    return f" since {since.astimezone(INDIA):%-d %B at %H:%M} (India)" if since else ""


def _automatic() -> "QuerySet[AlertChannel]":
    return AlertChannel.objects.filter(enabled=True, kind__in=AlertChannel.AUTOMATIC)


def _served_by(channels: "QuerySet[AlertChannel]") -> Exists:
    """Return the condition that a channel reports an account's money. One without accounts serves all."""
    return Exists(channels.filter(Q(accounts=None) | Q(accounts=OuterRef("pk"))))


def _woke_up_at(channel: AlertChannel, now: datetime) -> datetime:
    """Return when the channel's present day began; in its night that is now."""
    if channel.awake_from is None or channel.awake_until is None:
        return channel.created_at
    here = now.astimezone(INDIA)
    today = (datetime.combine(here.date() - timedelta(days=back), channel.awake_from, INDIA) for back in (0, 1))
    began = next(start for start in today if start <= here)
    until = datetime.combine(began.date(), channel.awake_until, INDIA)
    ends = until if until > began else until + timedelta(days=1)
    return began if here < ends else now


def _tell_of_silence(channels: Iterable[AlertChannel], silent: set[int]) -> None:
    for channel in channels:
        if channel.pk not in silent:
            resolve_notice(kind=NoticeKind.CHANNEL_SILENT, key=str(channel.pk))
            continue
        raise_notice(
            kind=NoticeKind.CHANNEL_SILENT,
            key=str(channel.pk),
            subject=f"Alert channel “{channel.label}” is silent",
            text=f"{_last_word(channel)} Payments that only it reports are not confirmed. {_what_to_check(channel)}",
        )
    stopped = Notice.objects.filter(kind=NoticeKind.CHANNEL_SILENT, resolved_at=None)
    stopped.exclude(subject_key__in=[str(pk) for pk in silent]).update(resolved_at=timezone.now())


def _last_word(channel: AlertChannel) -> str:
    what = "heard of it" if channel.kind == AlertChannel.Kind.PHONE else "read it"
    if channel.last_seen_at is None:
        return f"PayGate never {what}."
    return f"PayGate last {what} on {channel.last_seen_at.astimezone(INDIA):%d %B at %H:%M} (India)."


def _what_to_check(channel: AlertChannel) -> str:
    if channel.kind == AlertChannel.Kind.PHONE:
        return "Is the phone on, charged and online, and is its forwarding app allowed to run in the background?"
    return "Look at the channel's page: it says what the mail server answers."


def _mark_accounts(living: "QuerySet[AlertChannel]", now: datetime) -> None:
    """Write on each account whether a living channel would report its money."""
    accounts, served = UpiAccount.objects.filter(test=False), _served_by(living)
    accounts.filter(served, unwatched_since__isnull=False).update(unwatched_since=None)
    accounts.filter(~served, unwatched_since=None).update(unwatched_since=now)


def _tell_of_drift(now: datetime) -> None:
    """Tell of senders whose alerts speak of money but follow no known line: the bank has changed its words."""
    of_late = Evidence.objects.filter(
        state__in=(EvidenceState.CREDIT, EvidenceState.REVIEW, EvidenceState.FAILED),
        received_at__gt=now - DRIFT_WITHIN,
    )
    by_sender = (
        of_late.order_by()
        .values("sender")
        .annotate(all=Count("pk"), unread=Count("pk", filter=Q(credit=None) & ~Q(state=EvidenceState.CREDIT)))
    )
    drifting = {
        row["sender"]: row["unread"]
        for row in by_sender
        if row["unread"] >= DRIFT_ALERTS and row["unread"] >= DRIFT_SHARE * row["all"]
    }
    for sender, count in drifting.items():
        raise_notice(
            kind=NoticeKind.DRIFT,
            key=sender[:100],
            subject=f"Alerts of {sender} are not understood",
            text=f"{count} alerts of {sender} in the last day seem to tell of money, but follow no line PayGate knows. "
            "The payments they tell of wait for you. Look at the alerts, and teach PayGate the new wording in the "
            "workbench.",
        )
    over = Notice.objects.filter(kind=NoticeKind.DRIFT, resolved_at=None)
    over.exclude(subject_key__in=[sender[:100] for sender in drifting]).update(resolved_at=now)


def _tell_of_clocks(now: datetime) -> None:
    early = alerts_before_their_time(now - CLOCK_WITHIN)
    if early < CLOCK_ALERTS:
        resolve_notice(kind=NoticeKind.CLOCK, key="alerts")
        return
    raise_notice(
        kind=NoticeKind.CLOCK,
        key="alerts",
        subject="Alerts arrive before the bank sent them",
        text=f"{early} alerts of the last day came before their own bank time, so this computer's clock, or a phone's, "
        "is wrong. Payments are matched by time: keep this host's clock with NTP (timedatectl).",
    )
