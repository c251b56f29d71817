"""Taking deliveries under a lease. At most one dispatcher holds a delivery, and each endpoint gets its own share.

Hands go first, then first attempts, then retries. A dead endpoint fills only its own share.
"""

import json
import logging
import uuid
from collections.abc import Collection, Mapping, Set
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, models, transaction
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Now
from django.utils import timezone

from apikeys.encryption import CannotUnseal
from payments.locks import claim
from webhooks import bulk, under_way
from webhooks.models import TEST_EVENT, Delivery, DeliveryState, Health, Trigger, WebhookEndpoint

LEASE = timedelta(seconds=45)
PROBE_EVERY = timedelta(seconds=60)
TAKE_BACK_AT_ONCE = 500
SENT_FIELDS = (
    *("pk", "endpoint_id", "attempt_count", "trigger", "actor", "closed_at"),
    *("event_id", "event__type", "event__body", "test_body"),
)

# Event n+1 of a session waits until event n has been tried once at that endpoint.
KINDS = {
    "by_hand": "d.trigger <> 'auto'",
    "firsts": """d.trigger = 'auto' AND d.attempt_count = 0 AND NOT EXISTS (
    SELECT 1 FROM payments_paymentevent this
    JOIN payments_paymentevent earlier ON earlier.session_id = this.session_id AND earlier.sequence < this.sequence
    JOIN webhooks_delivery waiting ON waiting.event_id = earlier.id AND waiting.endpoint_id = d.endpoint_id
    WHERE this.id = d.event_id AND waiting.attempt_count = 0 AND waiting.state IN ('due', 'leased'))""",
    "retries": "d.trigger = 'auto' AND d.attempt_count > 0",
}

_POSTGRESQL = """
    SELECT picked.id, picked.endpoint_id FROM unnest(%s::uuid[], %s::int[]) AS share(endpoint_id, most)
    CROSS JOIN LATERAL (
        SELECT d.id, d.endpoint_id, d.next_at FROM webhooks_delivery d
        WHERE d.endpoint_id = share.endpoint_id AND d.state = 'due' AND d.next_at <= %s AND {which}
        ORDER BY d.next_at LIMIT share.most FOR UPDATE OF d SKIP LOCKED) picked
    ORDER BY picked.next_at LIMIT %s"""
_SQLITE = """
    WITH share AS (SELECT key AS endpoint_id, value AS most FROM json_each(%s)),
    ranked AS (
        SELECT d.id, d.endpoint_id, d.next_at, share.most,
               row_number() OVER (PARTITION BY d.endpoint_id ORDER BY d.next_at) AS place
        FROM share JOIN webhooks_delivery d ON d.endpoint_id = share.endpoint_id
        WHERE d.state = 'due' AND d.next_at <= %s AND {which})
    SELECT id, endpoint_id FROM ranked WHERE place <= most ORDER BY next_at LIMIT %s"""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Job:
    """A delivery under our lease, with all that is needed to send it away from the database."""

    delivery_id: uuid.UUID
    endpoint_id: uuid.UUID
    lease_token: uuid.UUID
    number: int
    trigger: str
    actor: str
    closed: bool
    webhook_id: str
    event_type: str
    body: bytes
    url: str
    # The first keys `X-Webhook-Signature`. Empty if they cannot be opened.
    secrets: tuple[str, ...]

    def __repr__(self) -> str:
        return f"<Job {self.delivery_id} #{self.number}>"


@dataclass
class Room:
    """How much a dispatcher can take: jobs in all, and how many of them retries; for each endpoint it has met, and for
    any other. `busy` are the endpoints it is sending to."""

    free: int
    free_for_retries: int
    usual_share: int
    shares: Mapping[uuid.UUID, int] = field(default_factory=dict)
    busy: Set[uuid.UUID] = frozenset()

    def share(self, endpoint_id: uuid.UUID) -> int:
        return self.shares.get(endpoint_id, self.usual_share)


def something_is_due() -> bool:
    now = timezone.now()
    return Delivery.objects.abandoned().exists() or _candidates(now).exists()


def claim_jobs(room: Room) -> list[Job]:
    """Lease what is due, as far as there is room."""
    now = timezone.now()
    endpoints = {endpoint.pk: endpoint for endpoint in _candidates(now)}
    if not endpoints or room.free <= 0:
        return []
    token = uuid.uuid4()
    with transaction.atomic():
        ids = _pick(endpoints.values(), room, now)
        if not ids:
            return []
        ours = Delivery.objects.filter(pk__in=bulk.ids(ids))
        ours.update(state=DeliveryState.LEASED, lease_token=token, lease_until=Now() + LEASE)
        rows = list(ours.order_by("next_at").values_list(*SENT_FIELDS))
        met = {endpoint_id for _, endpoint_id, *_ in rows}
        _space_probes([endpoints[pk] for pk in met], now)
    secrets = {pk: _secrets(endpoints[pk], now) for pk in met}
    return [_job(row, endpoints[row[1]], token, secrets[row[1]]) for row in rows]


def take_back_abandoned() -> None:
    """Make deliveries due again whose dispatcher was killed: they are sent a second time rather than never."""
    abandoned = Delivery.objects.abandoned()
    if not abandoned.exists():
        return
    with transaction.atomic():
        rows = claim(abandoned.exclude(pk__in=under_way.ids()).only("pk")[:TAKE_BACK_AT_ONCE])
        ids = [row.pk for row in rows]
        Delivery.objects.filter(pk__in=ids).update(state=DeliveryState.DUE, lease_token=None, lease_until=None)


def _candidates(now: datetime) -> models.QuerySet[WebhookEndpoint]:
    """Endpoints with something to send, and of which `KINDS`: open ones, and any for which somebody asked by hand."""
    due = Delivery.objects.due(now).filter(endpoint=OuterRef("pk"))
    automatic = due.filter(trigger=Trigger.AUTO)
    waiting = WebhookEndpoint.objects.in_use().annotate(
        by_hand=Exists(due.exclude(trigger=Trigger.AUTO)),
        firsts=Exists(automatic.filter(attempt_count=0)),
        retries=Exists(automatic.filter(attempt_count__gt=0)),
    )
    is_open = Q(pk__in=WebhookEndpoint.objects.open(now))
    return waiting.filter(Q(by_hand=True) | is_open & (Q(firsts=True) | Q(retries=True)))


def _pick(endpoints: Collection[WebhookEndpoint], room: Room, now: datetime) -> list[uuid.UUID]:
    """Lock and return the deliveries to take: each endpoint's share at most, the room at most."""
    left = {endpoint.pk: _quota(endpoint, room, now) for endpoint in endpoints}
    open_ones = {endpoint.pk for endpoint in endpoints if endpoint.is_open(now)}
    picked: list[uuid.UUID] = []
    for kind, limit in (("by_hand", room.free), ("firsts", room.free), ("retries", room.free_for_retries)):
        asking = {endpoint.pk for endpoint in endpoints if getattr(endpoint, kind)}
        asking = asking if kind == "by_hand" else asking & open_ones
        shares = {pk: most for pk, most in left.items() if most > 0 and pk in asking}
        for delivery_id, endpoint_id in _lock(KINDS[kind], shares, limit=limit - len(picked), now=now):
            picked.append(delivery_id)
            left[endpoint_id] -= 1
    return picked


def _quota(endpoint: WebhookEndpoint, room: Room, now: datetime) -> int:
    """One at a time, while the endpoint is not known to work."""
    share = room.share(endpoint.pk)
    if endpoint.is_open(now) and endpoint.health == Health.HEALTHY:
        return share
    return min(share, 1) if endpoint.pk not in room.busy else 0


def _lock(
    which: str, shares: Mapping[uuid.UUID, int], *, limit: int, now: datetime
) -> list[tuple[uuid.UUID, uuid.UUID]]:
    """Return (delivery, endpoint) pairs, locked until the transaction ends."""
    if not shares or limit <= 0:
        return []
    # The shares are the only data in these statements that comes from outside them, and they are parameters.
    moment = connection.ops.adapt_datetimefield_value(now)
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            listed = json.dumps({pk.hex: most for pk, most in shares.items()})
            cursor.execute(_SQLITE.format(which=which), [listed, moment, limit])
            return [(uuid.UUID(one), uuid.UUID(other)) for one, other in cursor.fetchall()]
        cursor.execute(_POSTGRESQL.format(which=which), [list(shares), list(shares.values()), moment, limit])
        return list(cursor.fetchall())


def _space_probes(endpoints: Collection[WebhookEndpoint], now: datetime) -> None:
    probed = [endpoint.pk for endpoint in endpoints if endpoint.health == Health.DEGRADED]
    if probed:
        WebhookEndpoint.objects.filter(pk__in=probed).update(hold_until=now + PROBE_EVERY)


def _secrets(endpoint: WebhookEndpoint, now: datetime) -> tuple[str, ...]:
    try:
        return endpoint.signing_secrets(now)
    except CannotUnseal:
        # This endpoint's trouble, not everybody's: its attempts fail, and say why.
        logger.error("The secret of webhook endpoint %s cannot be opened.", endpoint.pk)
        return ()


def _job(row: tuple[Any, ...], endpoint: WebhookEndpoint, token: uuid.UUID, secrets: tuple[str, ...]) -> Job:
    pk, endpoint_id, attempts, trigger, actor, closed_at, event_id, event_type, event_body, test_body = row
    return Job(
        delivery_id=pk,
        endpoint_id=endpoint_id,
        lease_token=token,
        number=attempts + 1,
        trigger=trigger,
        actor=actor,
        closed=closed_at is not None,
        webhook_id=str(event_id or pk),
        event_type=event_type or TEST_EVENT,
        body=(event_body or test_body).encode(),
        url=endpoint.url,
        secrets=secrets,
    )
