"""Writing down what came of attempts, in bulk, and what follows for the delivery and its endpoint."""

import logging
import random
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import Coalesce
from django.utils import timezone

from payments.models import NoticeKind
from payments.notices import raise_notice
from webhooks import bulk, schedule
from webhooks.claims import Job
from webhooks.client import Answer
from webhooks.models import Attempt, Closing, Delivery, DeliveryState, Health, Trigger, WebhookEndpoint
from webhooks.schedule import WINDOW_IN_WORDS

DEGRADED_AFTER = 20
DISABLED_AFTER = timedelta(days=5)
GONE = 410
BUSY = (429, 503)
ATTEMPT_FIELDS = (
    *("delivery", "number", "trigger", "actor", "started_at", "duration_ms", "status", "error", "resolved_ip"),
    *("answer", "next_at"),
)
HEALTH_FIELDS = ("health", "consecutive_failures", "failing_since", "disabled_reason", "hold_until")
_LEASE_ENDS = {"lease_until": None, "lease_token": None}
_TRIED = {**_LEASE_ENDS, "attempt_count": F("attempt_count") + 1, "trigger": Trigger.AUTO, "actor": ""}

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Result:
    """A job and its answer; without one it was never sent and is given back."""

    job: Job
    started_at: datetime
    answer: Answer | None


@dataclass(frozen=True)
class Sent:
    """A result that is ours to record: what was answered, and when the next try is, if there is one."""

    job: Job
    started_at: datetime
    answer: Answer
    next_at: datetime | None


def record(results: Sequence[Result]) -> None:
    """Record the results whose lease is still ours; another dispatcher has taken the others over."""
    now = timezone.now()
    with transaction.atomic():
        ours = _still_ours(results)
        sent = [
            Sent(each.job, each.started_at, each.answer, _next_try(each.job, each.answer, now))
            for each in ours
            if each.answer is not None
        ]
        failed = [each for each in sent if not each.answer.succeeded]
        bulk.insert(Attempt, ATTEMPT_FIELDS, map(_attempt, sent))
        _give_back([each.job.delivery_id for each in ours if each.answer is None])
        _close([each.job.delivery_id for each in sent if each.answer.succeeded], now)
        _retry({each.job.delivery_id: each.next_at for each in failed if each.next_at})
        ended = [each for each in failed if not each.next_at]
        _give_up([each.job.delivery_id for each in ended if each.answer.status != GONE], now)
        _give_up([each.job.delivery_id for each in ended if each.answer.status == GONE], now, Closing.GONE)
        _judge_endpoints(sent, now)


def _still_ours(results: Sequence[Result]) -> list[Result]:
    ids = bulk.ids([result.job.delivery_id for result in results])
    rows = Delivery.objects.select_for_update().filter(pk__in=ids, state=DeliveryState.LEASED)
    held = set(rows.order_by("pk").values_list("pk", "lease_token"))
    return [result for result in results if (result.job.delivery_id, result.job.lease_token) in held]


def _next_try(job: Job, answer: Answer, now: datetime) -> datetime | None:
    """Return when to try again by itself; None after a success, at the end, and for what was asked for by hand."""
    if answer.succeeded or answer.status == GONE or job.closed or job.trigger == Trigger.TEST:
        return None
    delay = schedule.delay_after(
        job.number,
        luck=random.random(),  # noqa: S311 - spreads retries, keeps no secret
        retry_after=_asked_to_wait(answer, now),
    )
    return now + delay if delay else None


def _asked_to_wait(answer: Answer, now: datetime) -> float | None:
    if answer.status not in BUSY:
        return None
    return schedule.retry_after_seconds(answer.retry_after, now=now)


def _attempt(sent: Sent) -> tuple[Any, ...]:
    """Return the values of ATTEMPT_FIELDS."""
    job, answer = sent.job, sent.answer
    return (
        *(job.delivery_id, job.number, job.trigger, job.actor, sent.started_at, answer.duration_ms, answer.status),
        *(answer.error, answer.address[:45], answer.text, sent.next_at),
    )


def _give_back(ids: Sequence[uuid.UUID]) -> None:
    if ids:
        Delivery.objects.filter(pk__in=bulk.ids(ids)).update(state=DeliveryState.DUE, **_LEASE_ENDS)


def _close(ids: Sequence[uuid.UUID], now: datetime) -> None:
    if ids:
        Delivery.objects.filter(pk__in=bulk.ids(ids)).update(
            state=DeliveryState.DONE,
            delivered_at=Coalesce("delivered_at", Value(now)),
            closed_at=Coalesce("closed_at", Value(now)),
            **_TRIED,
        )


def _retry(retries: Mapping[uuid.UUID, datetime]) -> None:
    if retries:
        Delivery.objects.filter(pk__in=retries).update(state=DeliveryState.DUE, **_TRIED)
        Delivery.objects.bulk_update((Delivery(pk=pk, next_at=at) for pk, at in retries.items()), ["next_at"])


def _give_up(ids: Sequence[uuid.UUID], now: datetime, because: Closing | None = None) -> None:
    if ids:
        # A failed repetition does not undo that it was delivered before.
        state = Case(When(delivered_at=None, then=Value(DeliveryState.DEAD)), default=Value(DeliveryState.DONE))
        closed_at = Coalesce("closed_at", Value(now))
        reason = because or ""
        Delivery.objects.filter(pk__in=bulk.ids(ids)).update(
            state=state, closed_at=closed_at, closed_because=reason, **_TRIED
        )


def _judge_endpoints(sent: Sequence[Sent], now: datetime) -> None:
    """Keep the health of the endpoints for which something may have changed."""
    failed = {each.job.endpoint_id for each in sent if not each.answer.succeeded}
    answered = {each.job.endpoint_id for each in sent} - failed
    changed = Q(pk__in=failed) | Q(pk__in=answered, failing_since__isnull=False)
    # In one order, so that two dispatchers do not wait for each other.
    for endpoint in WebhookEndpoint.objects.in_use().filter(changed).order_by("pk").select_for_update(no_key=True):
        for each in sent:
            if each.job.endpoint_id == endpoint.pk:
                _judge(endpoint, each, now)
        endpoint.save(update_fields=HEALTH_FIELDS)


def _judge(endpoint: WebhookEndpoint, sent: Sent, now: datetime) -> None:
    """Any success heals; only automatic attempts count against an endpoint."""
    if sent.answer.succeeded:
        endpoint.consecutive_failures = 0
        endpoint.failing_since = endpoint.hold_until = None
        if endpoint.health == Health.DEGRADED:
            endpoint.health = Health.HEALTHY
        return
    if sent.answer.status == GONE:
        _disable(endpoint, "The endpoint answered 410 Gone.")
    if sent.job.trigger == Trigger.AUTO:
        _count_failure(endpoint, sent, now)


def _count_failure(endpoint: WebhookEndpoint, sent: Sent, now: datetime) -> None:
    endpoint.consecutive_failures += 1
    endpoint.failing_since = endpoint.failing_since or now
    if endpoint.failing_since <= now - DISABLED_AFTER:
        _disable(endpoint, f"Nothing but failures for {DISABLED_AFTER.days} days.")
    elif endpoint.health == Health.HEALTHY and endpoint.consecutive_failures >= DEGRADED_AFTER:
        endpoint.health = Health.DEGRADED
        logger.warning("Webhook endpoint %s keeps failing: one try a minute from now on.", endpoint.pk)
    if sent.next_at and _asked_to_wait(sent.answer, now) is not None:
        endpoint.hold_until = max(endpoint.hold_until or now, sent.next_at)


def _disable(endpoint: WebhookEndpoint, reason: str) -> None:
    if endpoint.health != Health.DISABLED:
        endpoint.health = Health.DISABLED
        endpoint.disabled_reason = reason
        logger.warning("Webhook endpoint %s is disabled: %s Its deliveries wait.", endpoint.pk, reason)
        raise_notice(
            kind=NoticeKind.WEBHOOK_DISABLED,
            key=endpoint.notice_key,
            subject=f"Webhook of {endpoint.api_key.label} disabled: {endpoint.url}",
            text=_what_to_do(endpoint),
        )


def _what_to_do(endpoint: WebhookEndpoint) -> str:
    since = f" It has failed since {endpoint.failing_since:%Y-%m-%d %H:%M} UTC." if endpoint.failing_since else ""
    return (
        f"{endpoint.disabled_reason}{since} Nothing is sent to {endpoint.url} by itself any more; new events of "
        f"{endpoint.api_key.label} wait. Ask the shop to repair its end, send it a test, and enable the webhook again: "
        f"what is younger than {WINDOW_IN_WORDS} is sent then, and “Redeliver failed” sends what is older."
    )
