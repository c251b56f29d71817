"""What is not kept for ever: attempts of deliveries that have ended. A delivery stays, with the last outcome."""

import uuid
from collections.abc import Mapping
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import OuterRef, Subquery, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from webhooks.models import Attempt, Delivery, DeliveryState

BATCH = 1000
ENDED = (DeliveryState.DONE, DeliveryState.DEAD)


def prune_attempts(*, after: int = 0) -> int | None:
    """Look at the next `BATCH` attempts after that one, and delete those older than ATTEMPT_DAYS whose delivery ended.

    Returns the last one it looked at, to go on from, or None at the end. Attempts are numbered as they are made, so a
    batch without an old one is the end, and no index on their times is needed.
    """
    before = timezone.now() - timedelta(days=settings.ATTEMPT_DAYS)
    rows = Attempt.objects.filter(pk__gt=after).order_by("pk").values_list("pk", "delivery", "started_at")[:BATCH]
    old = {pk: delivery for pk, delivery, started_at in rows if started_at < before}
    if not old:
        return None
    _delete(old)
    return max(old)


@transaction.atomic
def _delete(old: Mapping[int, uuid.UUID]) -> None:
    """Delete these attempts of deliveries that have ended; the deliveries remember the last status or error."""
    ended = Delivery.objects.filter(pk__in=set(old.values()), state__in=ENDED)
    newest = Attempt.objects.filter(delivery=OuterRef("pk")).order_by("-number")
    ended.update(
        past_status=Subquery(newest.values("status")[:1]),
        past_error=Coalesce(Subquery(newest.values("error")[:1]), Value("")),
    )
    Attempt.objects.filter(pk__in=old, delivery__state__in=ENDED).delete()
