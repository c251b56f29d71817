"""How many dispatchers claim deliveries at once. A slot is a short lease: a killed holder's ends by itself.

Slots only spare work. That a delivery is sent by one dispatcher at a time is kept by its own lease.
"""

import uuid
from datetime import timedelta

from django.db import connection
from django.db.models import Q
from django.utils import timezone

from webhooks.models import DispatcherSlot

HOLD = timedelta(seconds=5)


def take() -> uuid.UUID | None:
    """Return the token of a slot that is ours for `HOLD` seconds, or None if all are held."""
    token = uuid.uuid4()
    for number in range(_how_many()):
        DispatcherSlot.objects.get_or_create(number=number)
        now = timezone.now()
        # One held for longer than it can be was taken by a clock that has been set back since.
        is_over = Q(held_until=None) | Q(held_until__lte=now) | Q(held_until__gt=now + 2 * HOLD)
        free = DispatcherSlot.objects.filter(is_over, number=number)
        if free.update(token=token, held_until=now + HOLD):
            return token
    return None


def renew(token: uuid.UUID) -> bool:
    """Hold our slot for another `HOLD` seconds. Returns whether it was still ours."""
    return bool(DispatcherSlot.objects.filter(token=token).update(held_until=timezone.now() + HOLD))


def release(token: uuid.UUID) -> None:
    DispatcherSlot.objects.filter(token=token).update(token=None, held_until=None)


def _how_many() -> int:
    # SQLite has one writer: a second dispatcher would only stand in the way of the first.
    return 1 if connection.vendor == "sqlite" else 2
