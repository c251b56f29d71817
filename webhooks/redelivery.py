"""Sending many deliveries again: a selection at once, or all that failed since a moment, bit by bit.

What failed is asked for in batches that each move the job's row on in their own transaction: a killed worker leaves the
job where the last batch ended. Such deliveries wait like retries do, behind new events, and for a paused or disabled
endpoint to come back.
"""

import uuid
from collections.abc import Collection
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from payments import bell
from payments.locks import claim
from webhooks.models import Delivery, DeliveryState, Redelivery, Trigger, WebhookEndpoint
from webhooks.services import ask_again

BATCH = 100
AT_MOST = 10_000


@transaction.atomic
def redeliver_selection(*, delivery_ids: Collection[uuid.UUID], actor: str, reason: str) -> Redelivery:
    """Send these again now, whatever their endpoints' state. Raises ValidationError if none of them can be."""
    now = timezone.now()
    job = Redelivery.objects.create(until=now, asked=0, actor=actor, reason=reason, created_at=now, finished_at=now)
    job.asked = job.done = ask_again(Delivery.objects.filter(pk__in=delivery_ids), actor=actor, redelivery=job)
    if not job.done:
        raise ValidationError("None of these can be sent: their webhooks were removed, or they are under way.")
    job.save(update_fields=("asked", "done"))
    return job


@transaction.atomic
def redeliver_failed(*, since: datetime, actor: str, reason: str, endpoint_id: uuid.UUID | None = None) -> Redelivery:
    """Ask for what failed for good since then to be sent again, the oldest first, `AT_MOST` of them; to one endpoint
    or to all. `continue_redelivery` does it. Raises ValidationError if there is nothing.
    """
    job = Redelivery(endpoint_id=endpoint_id, since=since, until=timezone.now(), asked=0, actor=actor, reason=reason)
    job.asked = failed_between(since, job.until, endpoint_id=endpoint_id)[:AT_MOST].count()
    if not job.asked:
        raise ValidationError("Nothing has failed for good since then.")
    job.save(force_insert=True)
    return job


def failed_between(since: datetime, until: datetime, *, endpoint_id: uuid.UUID | None = None) -> QuerySet[Delivery]:
    """Return the events whose delivery failed for good then, and can still be sent."""
    failed = Delivery.objects.filter(state=DeliveryState.DEAD, closed_at__range=(since, until), event__isnull=False)
    if endpoint_id is not None:
        failed = failed.filter(endpoint=endpoint_id)
    return failed.filter(endpoint__in=WebhookEndpoint.objects.in_use())


def still_tried(endpoint_id: uuid.UUID | None = None) -> QuerySet[Delivery]:
    """Return the events that failed but are still tried by themselves: nothing has to send them again."""
    retrying = Delivery.objects.retrying().filter(endpoint__in=WebhookEndpoint.objects.in_use())
    return retrying if endpoint_id is None else retrying.filter(endpoint=endpoint_id)


@transaction.atomic
def continue_redelivery() -> bool:
    """Ask for one batch of the oldest unfinished redelivery. Returns whether there was one."""
    unfinished = Redelivery.objects.filter(finished_at=None).order_by("id")
    job = next(iter(claim(unfinished[:1])), None)
    if job is None:
        return False
    batch = _next_batch(job)
    job.done += _ask_in_turn(job, [pk for pk, _ in batch])
    if batch:
        job.reached = batch[-1][1]
    if len(batch) < BATCH or job.done >= AT_MOST:
        job.finished_at = timezone.now()
    job.save(update_fields=("done", "reached", "finished_at"))
    return True


def _next_batch(job: Redelivery) -> list[tuple[uuid.UUID, datetime]]:
    """Return deliveries and when they failed. Those already asked for may have failed anew, still of that moment."""
    since = job.reached or job.since or job.until
    failed = failed_between(since, job.until, endpoint_id=job.endpoint_id).exclude(redelivery=job)
    rows = failed.order_by("closed_at").values_list("pk", "closed_at")[: min(BATCH, AT_MOST - job.done)]
    return [(pk, at) for pk, at in rows if at is not None]


def _ask_in_turn(job: Redelivery, ids: Collection[uuid.UUID]) -> int:
    asked = Delivery.objects.filter(pk__in=ids, state=DeliveryState.DEAD).update(
        state=DeliveryState.DUE,
        # Not by hand: those go first, and ten thousand of them would stand before everything new.
        trigger=Trigger.AUTO,
        actor=job.actor,
        next_at=timezone.now(),
        closed_because="",
        redelivery=job,
    )
    bell.announce_after_commit()
    return asked
