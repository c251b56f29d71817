"""Fill PayGate's outbox by COPY. Import it after DATABASE_URL is set: it loads Django."""

import random
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from benchmarks import seed  # isort: skip - loads Django

from django.db import connection
from django.utils import timezone

from apikeys.models import ApiKey
from benchmarks.bodies import event_body
from payments.models import UpiAccount
from payments.snapshot import milliseconds
from payments.wire import write_json
from webhooks import services
from webhooks.models import DeliveryState, WebhookEndpoint

EVENT_COLUMNS = (
    "id, session_id, api_key_id, type, sequence, occurred_at, body, actor, reason, fanned_out_at, feed_position"
)
DELIVERY_COLUMNS = (
    "id, event_id, test_body, endpoint_id, state, attempt_count, next_at, trigger, actor, delivered_at, closed_at, "
    "closed_because, created_at"
)
ATTEMPT_COLUMNS = (
    "delivery_id, number, trigger, actor, started_at, duration_ms, status, error, resolved_ip, answer, next_at"
)


def add_endpoints(keys: Sequence[ApiKey], urls: Sequence[str]) -> None:
    """Spread the endpoints over the keys."""
    for number, url in enumerate(urls):
        services.add_endpoint(api_key=keys[number % len(keys)], url=url)


def empty() -> None:
    """Forget the payments and what endpoints did; keep keys and endpoints."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE payments_paymentsession CASCADE")
        cursor.execute("DELETE FROM webhooks_dispatcherslot")
    WebhookEndpoint.objects.update(health="healthy", consecutive_failures=0, failing_since=None, hold_until=None)


def unsettled() -> bool:
    """Whether something has not been sent."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM payments_paymentevent WHERE fanned_out_at IS NULL) OR "
            "EXISTS (SELECT 1 FROM webhooks_delivery WHERE state <> 'done' OR attempt_count = 0)"
        )
        return bool(cursor.fetchone()[0])


def add_events(
    count: int, *, account: UpiAccount, keys: Sequence[ApiKey], age: timedelta = timedelta(), settled: bool = False
) -> None:
    """Add `count` payments, each with its event, spread over the keys.

    Those that are `settled` have been delivered to every endpoint of their key.
    """
    now, first = timezone.now() - age, _reserve(count)
    dice = random.Random(first)
    events: list[tuple[uuid.UUID, ApiKey]] = []
    with connection.cursor() as cursor:
        with cursor.copy(f"COPY payments_paymentsession (id, {seed.COLUMNS}) FROM STDIN") as copy:
            codes = []
            for pk in range(first, first + count):
                row = seed._row(pk, now, dice, account, keys[pk % len(keys)].pk)
                codes.append(str(row[0]))
                copy.write_row((pk, *row))
        with cursor.copy(f"COPY payments_paymentevent ({EVENT_COLUMNS}) FROM STDIN") as copy:
            for pk, code in enumerate(codes, first):
                event, key = uuid.uuid4(), keys[pk % len(keys)]
                told = (now, pk) if settled else (None, None)
                body = write_json(event_body(str(event), code, milliseconds(now)))
                copy.write_row((event, pk, key.pk, "payment.success", 1, now, body, "", "", *told))
                events.append((event, key))
        if settled:
            _add_settled(cursor, events, now)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE payments_paymentevent")
        cursor.execute("VACUUM ANALYZE webhooks_delivery")


def _add_settled(cursor: Any, events: Sequence[tuple[uuid.UUID, ApiKey]], now: datetime) -> None:
    endpoints: dict[int, list[uuid.UUID]] = {}
    for pk, key in WebhookEndpoint.objects.values_list("pk", "api_key"):
        endpoints.setdefault(key, []).append(pk)
    deliveries = [(uuid.uuid4(), event, one) for event, key in events for one in endpoints[key.pk]]
    with cursor.copy(f"COPY webhooks_delivery ({DELIVERY_COLUMNS}) FROM STDIN") as copy:
        for pk, event, endpoint in deliveries:
            copy.write_row((pk, event, "", endpoint, DeliveryState.DONE.value, 1, now, "auto", "", now, now, "", now))
    with cursor.copy(f"COPY webhooks_attempt ({ATTEMPT_COLUMNS}) FROM STDIN") as copy:
        for pk, _, _ in deliveries:
            copy.write_row((pk, 1, "auto", "", now, 6, 200, "", "127.0.1.1", "ok", None))


def _reserve(count: int) -> int:
    """Return the first of `count` numbers for sessions."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_serial_sequence('payments_paymentsession', 'id')")
        sequence = cursor.fetchone()[0]
        cursor.execute(f"SELECT setval('{sequence}', nextval('{sequence}') + {count})")
        return int(cursor.fetchone()[0]) - count
