"""What staff send again: one delivery, a selection, all that failed since a moment."""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils import timezone

from backoffice import words
from backoffice.forms import IndiaTimeField
from backoffice.verbs import Done, MaybeReason, Reason, Verb
from backoffice.webhook_verbs import MOST_COUNTED
from webhooks import redelivery, schedule, services
from webhooks.models import Delivery, DeliveryState, Redelivery, WebhookEndpoint

HOW = (
    "Same bytes, same webhook-id. They go in the background, behind new events, and wait for a webhook that is paused "
    f"or disabled. At most {redelivery.AT_MOST:,} at a time, the oldest first; each is tried once."
)
LEFT_OUT = "What is still being tried by itself is left out, and so are test webhooks."
SPANS = (
    ("in the last hour", timedelta(hours=1)),
    ("in the last 24 hours", timedelta(days=1)),
    ("in the last 7 days", timedelta(days=7)),
)


class SinceForm(Reason):
    field_order = ("since", "reason")
    since = IndiaTimeField(label="Failed since")

    def clean_since(self) -> datetime:
        since: datetime = self.cleaned_data["since"]
        if since > timezone.now():
            raise forms.ValidationError("This moment is still to come.")
        return since


class Redeliver(Verb):
    name = "redeliver"
    label = "Redeliver"
    permission = "backoffice.redeliver"
    form_class = MaybeReason

    def offered(self, obj: Delivery, now: datetime) -> bool:
        return obj.state != DeliveryState.LEASED and obj.endpoint.removed_at is None

    def why_not(self, obj: Delivery, now: datetime) -> str:
        if obj.endpoint.removed_at is not None:
            return "Its webhook was removed. Nothing is sent there any more."
        return "This delivery is being sent at this moment."

    def explanation(self, obj: Delivery) -> str:
        return (
            "Sends the same bytes with the same webhook-id now, even while the webhook is paused or disabled. "
            f"{_what_follows(obj)}"
        ).strip()

    def facts(self, obj: Delivery) -> list[tuple[str, Any]]:
        return [("Event", words.code(obj.event_type)), ("To", words.code(obj.endpoint.url))]

    def run(self, obj: Delivery, data: dict[str, Any], actor: str) -> Done:
        return Done("The delivery is sent again.", services.redeliver(delivery_id=obj.pk, actor=actor))


class RedeliverSelection(Verb):
    """On the deliveries that were chosen in the list."""

    name = "redeliver-selection"
    label = "Redeliver the selected"
    permission = "backoffice.redeliver"
    form_class = Reason
    on_object = False

    def explanation(self, obj: Sequence[Delivery]) -> str:
        return (
            "Sends the same bytes with the same webhook-id now, even while a webhook is paused or disabled. Those of a "
            "removed webhook and those being sent at this moment are left out."
        )

    def facts(self, obj: Sequence[Delivery]) -> list[tuple[str, Any]]:
        states = [DeliveryState(delivery.state) for delivery in obj]
        counted = (f"{states.count(state)} {state.label.lower()}" for state in DeliveryState if state in states)
        return [("Selected", f"{len(obj)}: {', '.join(counted)}")]

    def run(self, obj: Sequence[Delivery], data: dict[str, Any], actor: str) -> Done:
        job = redelivery.redeliver_selection(
            delivery_ids=[delivery.pk for delivery in obj], actor=actor, reason=data["reason"]
        )
        return Done(f"{_number(job.done)} sent again.", job, details=f"{job.done} of {len(obj)} selected")


class RedeliverFailed(Verb):
    """On a webhook: all that failed there for good."""

    name = "redeliver-failed"
    label = "Redeliver failed"
    permission = "backoffice.redeliver"

    def offered(self, obj: WebhookEndpoint, now: datetime) -> bool:
        return obj.removed_at is None

    def why_not(self, obj: WebhookEndpoint, now: datetime) -> str:
        return "This webhook was removed. Nothing is sent there any more."

    def explanation(self, obj: WebhookEndpoint) -> str:
        return f"Sends every event again whose delivery to {obj.url} failed for good. {HOW} {LEFT_OUT}"

    def facts(self, obj: WebhookEndpoint) -> list[tuple[str, Any]]:
        return _failures(obj)

    def form(self, obj: WebhookEndpoint, data: Any = None) -> forms.Form:
        return SinceForm(data, initial={"since": timezone.now() - timedelta(days=1)})

    def run(self, obj: WebhookEndpoint, data: dict[str, Any], actor: str) -> Done:
        return _ask(data, actor, obj)


class RedeliverAllFailed(Verb):
    """To every webhook."""

    name = "redeliver-all-failed"
    label = "Redeliver all failed"
    permission = "backoffice.redeliver"
    on_object = False

    def explanation(self, obj: None) -> str:
        return (
            f"Sends every event again whose delivery failed for good, to all webhooks. {HOW} {LEFT_OUT} For a single "
            "webhook use “Redeliver failed” on its page."
        )

    def facts(self, obj: None) -> list[tuple[str, Any]]:
        return _failures(None)

    def form(self, obj: None, data: Any = None) -> forms.Form:
        return SinceForm(data, initial={"since": timezone.now() - timedelta(days=1)})

    def run(self, obj: None, data: dict[str, Any], actor: str) -> Done:
        return _ask(data, actor, None)


def _failures(endpoint: WebhookEndpoint | None) -> list[tuple[str, Any]]:
    now = timezone.now()
    failed = ((span, redelivery.failed_between(now - length, now, endpoint_id=_pk(endpoint))) for span, length in SPANS)
    counts = [(f"Failed {span}", words.up_to(rows, MOST_COUNTED)) for span, rows in failed]
    return [*counts, ("Still being tried", words.up_to(redelivery.still_tried(_pk(endpoint)), MOST_COUNTED))]


def _ask(data: dict[str, Any], actor: str, endpoint: WebhookEndpoint | None) -> Done:
    job = redelivery.redeliver_failed(
        since=data["since"], actor=actor, reason=data["reason"], endpoint_id=_pk(endpoint)
    )
    details = f"{job.asked} to {endpoint.url if endpoint else 'all webhooks'}"
    return Done(
        f"{_number(job.asked)} sent again in the background.", job, details=details, notes=_left_out(_pk(endpoint))
    )


def _left_out(endpoint_id: uuid.UUID | None) -> tuple[str, ...]:
    tried = redelivery.still_tried(endpoint_id)
    if not tried.exists():
        return ()
    return (f"Left out, because they are still being tried by themselves: {words.up_to(tried, MOST_COUNTED)}.",)


def _pk(endpoint: WebhookEndpoint | None) -> uuid.UUID | None:
    return endpoint.pk if endpoint else None


def _what_follows(delivery: Delivery) -> str:
    """Say what a try by hand does to the tries that would come by themselves."""
    if not delivery.is_retrying:
        return ""
    number = delivery.attempt_count + 1
    wait = schedule.delay_after(number, luck=0)
    then = f"the one after it comes {words.span(wait)} later at the earliest" if wait else "it is given up"
    return (
        f"This is attempt {number} of {schedule.MOST_ATTEMPTS}, and takes the place of the one planned "
        f"{words.until(delivery.next_at)}: if it fails, {then}."
    )


def _number(count: int) -> str:
    return "One delivery is" if count == 1 else f"{count:,} deliveries are"


def in_words(job: Redelivery) -> str:
    """Say what was asked for."""
    if job.since is None:
        return "A selection"
    return f"All that failed, {job.endpoint.url}" if job.endpoint else "All that failed, all webhooks"
