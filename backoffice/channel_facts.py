"""What a channel's page tells of it: whether it lives, what it brought today, how far it is set up."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Q
from django.utils.html import format_html
from django.utils.safestring import SafeString

from backoffice import words
from payments.amounts import INDIA
from reconciliation.models import AlertChannel, EvidenceState
from reconciliation.services.watch import is_asleep, is_silent

Kind = AlertChannel.Kind
TO_LOOK_AT = (EvidenceState.REVIEW, EvidenceState.FAILED)


@dataclass(frozen=True)
class Step:
    """A part of setting a phone up that PayGate can see by itself."""

    text: str
    done: bool


def address(channel: AlertChannel, now: datetime) -> str:
    if channel.previous_until and channel.previous_until > now:
        return f"changed; the former one still works, ends {words.until(channel.previous_until)}"
    return "set, and shown to nobody"


def signature(channel: AlertChannel) -> str:
    return AlertChannel.Signing(channel.signing).label if channel.signing else "nothing: the address alone is the key"


def life(channel: AlertChannel, now: datetime) -> list[tuple[str, Any]]:
    """Return what tells whether the channel lives, which depends on its kind."""
    if channel.kind == Kind.MANUAL:
        return [("Last seen", "nothing arrives by itself")]
    facts: list[tuple[str, Any]] = [("Last seen", words.when(channel.last_seen_at)), ("Taken", taken(channel))]
    if channel.is_automatic:
        facts[1:1] = [("Silent", silence(channel, now)), ("Today", today(channel, now))]
    return facts


def taken(channel: AlertChannel) -> str:
    if channel.kind == Kind.MANUAL:
        return words.NOTHING
    return words.counted(channel.alert_count, "alert" if channel.is_automatic else "statement")


def silence(channel: AlertChannel, now: datetime) -> SafeString | str:
    """Return when the channel counts as silent, and whether it does now."""
    if not channel.silent_after_minutes:
        return "you are not told when nothing is heard of it"
    hours = ""
    if channel.awake_from and channel.awake_until:
        hours = f", counting from {channel.awake_from:%H:%M} until {channel.awake_until:%H:%M}"
    limit = f"after {words.span(timedelta(minutes=channel.silent_after_minutes))} without a word{hours}"
    return format_html("{} {}", limit, _silence_now(channel, now))


def today(channel: AlertChannel, now: datetime) -> str:
    """Return how many alerts came since midnight in India, and what became of them; those of others are not told."""
    midnight = now.astimezone(INDIA).replace(hour=0, minute=0, second=0, microsecond=0)
    kept = channel.evidences.filter(received_at__gte=midnight).exclude(text="")
    count = kept.aggregate(
        all=Count("pk"),
        credits=Count("pk", filter=Q(state=EvidenceState.CREDIT)),
        to_look_at=Count("pk", filter=Q(state__in=TO_LOOK_AT)),
    )
    if not count["all"]:
        return "nothing yet"
    alerts = words.counted(count["all"], "alert")
    credited = "1 tells of a credit" if count["credits"] == 1 else f"{count['credits']:,} tell of credits"
    waiting = f", {count['to_look_at']:,} to be looked at" if count["to_look_at"] else ""
    return f"{alerts}: {credited}{waiting}"


def steps(channel: AlertChannel) -> list[Step]:
    """Return how far a phone is set up, as PayGate has seen it."""
    return [
        Step("PayGate has heard of the phone", channel.last_seen_at is not None),
        Step("A message of a listed sender has arrived", channel.alert_count > 0),
        Step("One of them was read as a credit", channel.evidences.filter(state=EvidenceState.CREDIT).exists()),
        Step("You are told when the phone is silent", channel.silent_after_minutes is not None),
    ]


def _silence_now(channel: AlertChannel, now: datetime) -> SafeString:
    if not channel.enabled:
        return words.chip("disabled", "Stopped")
    if is_silent(channel, now):
        return words.chip("dead", "Silent now")
    if is_asleep(channel, now):
        return words.chip("asleep", "Asleep now")
    return words.chip("active", "Awake now")
