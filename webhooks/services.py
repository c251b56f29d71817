"""The verbs of webhooks. One function a verb, one transaction each."""

import uuid
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import Max, QuerySet
from django.utils import timezone

from apikeys.models import ApiKey
from payments import bell
from payments.locks import lock_name
from payments.models import EventType, PaymentEvent
from payments.snapshot import milliseconds
from payments.wire import write_json
from webhooks import claims, dispatcher, signing
from webhooks.addresses import BadUrl, check_url, parse_networks
from webhooks.models import DEFAULT_EVENTS, TEST_EVENT, Delivery, DeliveryState, Health, Trigger, WebhookEndpoint

BATCH = 500
REDELIVER_AT_MOST = 10_000
SECRET_OVERLAP = timedelta(hours=24)

_CLEAN_HEALTH = {
    "health": Health.HEALTHY,
    "consecutive_failures": 0,
    "failing_since": None,
    "disabled_reason": "",
    "hold_until": None,
}


# Endpoints


def add_endpoint(
    *, api_key: ApiKey, url: str, events: Sequence[str] | None = None, description: str = ""
) -> tuple[WebhookEndpoint, str]:
    """Give a key a webhook endpoint; return it with its secret. Raises ValidationError."""
    secret = signing.mint_secret()
    endpoint = WebhookEndpoint(
        api_key=api_key,
        url=_checked_url(url),
        events=_checked_events(DEFAULT_EVENTS if events is None else events),
        description=description.strip(),
        secret=secret,
    )
    endpoint.full_clean()
    endpoint.save(force_insert=True)
    return endpoint, secret


def change_url(*, endpoint_id: uuid.UUID, url: str) -> WebhookEndpoint:
    """Send to another URL from now on; its health starts anew. Raises ValidationError."""
    WebhookEndpoint.objects.filter(pk=endpoint_id).update(url=_checked_url(url), **_CLEAN_HEALTH)
    return _awake(endpoint_id)


def change_events(*, endpoint_id: uuid.UUID, events: Sequence[str]) -> WebhookEndpoint:
    """Subscribe to these types from now on. Raises ValidationError."""
    WebhookEndpoint.objects.filter(pk=endpoint_id).update(events=_checked_events(events))
    return WebhookEndpoint.objects.get(pk=endpoint_id)


def pause_endpoint(*, endpoint_id: uuid.UUID) -> bool:
    """Let deliveries wait. Returns whether it was not paused before."""
    return bool(WebhookEndpoint.objects.filter(pk=endpoint_id, paused=False).update(paused=True))


def resume_endpoint(*, endpoint_id: uuid.UUID) -> bool:
    """Send what has waited. Returns whether it was paused before."""
    resumed = WebhookEndpoint.objects.filter(pk=endpoint_id, paused=True).update(paused=False)
    bell.announce_after_commit()
    return bool(resumed)


def enable_endpoint(*, endpoint_id: uuid.UUID) -> WebhookEndpoint:
    """Take a degraded or disabled endpoint for healthy again and send what has waited."""
    WebhookEndpoint.objects.filter(pk=endpoint_id).update(**_CLEAN_HEALTH)
    return _awake(endpoint_id)


@transaction.atomic
def stage_secret(*, endpoint_id: uuid.UUID) -> str:
    """Begin a rotation: return a new secret that signs `webhook-signature` beside the current one."""
    endpoint = WebhookEndpoint.objects.select_for_update().get(pk=endpoint_id)
    secret = signing.mint_secret()
    endpoint.next_secret = secret
    endpoint.save(update_fields=("next_secret",))
    return secret


@transaction.atomic
def promote_secret(*, endpoint_id: uuid.UUID, overlap: timedelta = SECRET_OVERLAP) -> WebhookEndpoint:
    """End a rotation: the staged secret signs everything; the old one stays in `webhook-signature` for `overlap`.

    For a secret that leaked, let `overlap` be zero. Raises ValidationError if none is staged.
    """
    endpoint = WebhookEndpoint.objects.select_for_update().get(pk=endpoint_id)
    if not endpoint.next_secret:
        raise ValidationError("No new secret is staged.")
    # A sealed value opens only in its own column, so each one is opened and sealed anew.
    endpoint.retiring_secret = endpoint.secret.reveal() if overlap else ""
    endpoint.retiring_until = timezone.now() + overlap if overlap else None
    endpoint.secret = endpoint.next_secret.reveal()
    endpoint.next_secret = ""
    endpoint.save(update_fields=("secret", "next_secret", "retiring_secret", "retiring_until"))
    return endpoint


def _awake(endpoint_id: uuid.UUID) -> WebhookEndpoint:
    bell.announce_after_commit()
    return WebhookEndpoint.objects.get(pk=endpoint_id)


def _checked_url(url: str) -> str:
    try:
        return check_url(url, parse_networks(tuple(settings.WEBHOOK_ALLOW_NETS)))
    except BadUrl as error:
        raise ValidationError({"url": str(error)}) from None


def _checked_events(events: Sequence[str]) -> list[str]:
    unknown = set(events) - set(EventType.values)
    if unknown:
        raise ValidationError({"events": f"Unknown event: {', '.join(sorted(unknown))}."})
    if not events:
        raise ValidationError({"events": "Choose at least one event."})
    return [event for event in EventType.values if event in events]


# Deliveries


def send_test(*, endpoint_id: uuid.UUID, actor: str) -> Delivery:
    """Send a `webhook.test`, whatever the endpoint's state. It is tried once."""
    delivery = Delivery(endpoint_id=endpoint_id, trigger=Trigger.TEST, actor=actor)
    delivery.test_body = _test_body(delivery)
    delivery.save(force_insert=True)
    bell.announce_after_commit()
    return delivery


def redeliver(*, delivery_id: uuid.UUID, actor: str) -> Delivery:
    """Send a delivery again now: same `webhook-id`, same bytes, whatever the endpoint's state.

    One that had ended is tried once; one that waits for its next retry is tried now instead, and its retries go on.
    """
    _ask_again(Delivery.objects.filter(pk=delivery_id), actor=actor)
    return Delivery.objects.select_related("event", "endpoint").get(pk=delivery_id)


def redeliver_failed(*, since: datetime, actor: str, endpoint_id: uuid.UUID | None = None) -> int:
    """Send again what failed for good since then, 10,000 at most, the oldest first. Returns how many."""
    failed = Delivery.objects.filter(state=DeliveryState.DEAD, closed_at__gte=since)
    if endpoint_id is not None:
        failed = failed.filter(endpoint=endpoint_id)
    ids = failed.order_by("closed_at").values_list("pk", flat=True)[:REDELIVER_AT_MOST]
    return _ask_again(Delivery.objects.filter(pk__in=list(ids)), actor=actor)


def _ask_again(deliveries: QuerySet[Delivery], *, actor: str) -> int:
    asked = deliveries.exclude(state=DeliveryState.LEASED).update(
        state=DeliveryState.DUE, trigger=Trigger.MANUAL, actor=actor, next_at=timezone.now()
    )
    bell.announce_after_commit()
    return asked


def _test_body(delivery: Delivery) -> str:
    """Return a body of the usual shape that nobody can take for a payment."""
    return write_json(
        {
            "event": TEST_EVENT,
            "session_id": "",
            "requested_amount": 0,
            "payable_amount": 0,
            "status": "",
            "customer_name": "",
            "merchant_ref": "",
            "utr": None,
            "metadata": {},
            "timestamp": milliseconds(delivery.created_at),
            "exception": "",
            "event_id": delivery.webhook_id,
            "sequence": 0,
            "test": True,
            "currency": "INR",
        }
    )


# Events ► deliveries ► receivers


def fan_out_events() -> int:
    """Number up to `BATCH` new events and make a delivery for every endpoint subscribed to them. Returns how many.

    Run by one at a time: an event whose transaction commits late gets a later position, and none is given twice.
    """
    if not PaymentEvent.objects.waiting().exists():
        return 0
    with transaction.atomic():
        lock_name("webhook fan-out")
        events = list(PaymentEvent.objects.waiting().only("id", "api_key_id", "type")[:BATCH])
        now = timezone.now()
        Delivery.objects.bulk_create(_deliveries(events, now))
        _number(events, now)
        return len(events)


def _number(events: Sequence[PaymentEvent], now: datetime) -> None:
    last = PaymentEvent.objects.aggregate(last=Max("feed_position"))["last"] or 0
    key = PaymentEvent._meta.pk
    rows = [
        (position, connection.ops.adapt_datetimefield_value(now), key.get_db_prep_value(event.pk, connection))
        for position, event in enumerate(events, last + 1)
    ]
    # One prepared statement: `bulk_update` would spend more on building its CASE than all the rest of a fan-out.
    with connection.cursor() as cursor:
        cursor.executemany(
            "UPDATE payments_paymentevent SET feed_position = %s, fanned_out_at = %s WHERE id = %s", rows
        )


def _deliveries(events: Sequence[PaymentEvent], now: datetime) -> list[Delivery]:
    endpoints: dict[int, list[WebhookEndpoint]] = {}
    for endpoint in WebhookEndpoint.objects.filter(api_key__in={event.api_key_id for event in events}):
        endpoints.setdefault(endpoint.api_key_id, []).append(endpoint)
    return [
        Delivery(event=event, endpoint=endpoint, next_at=now, created_at=now)
        for event in events
        for endpoint in endpoints.get(event.api_key_id or 0, ())
        if event.type in endpoint.events
    ]


def deliver_due(*, stopping: Callable[[], bool] = lambda: False) -> None:
    """Send what is due for up to 25 seconds, and what becomes due meanwhile. Does nothing if others do it already.

    `stopping` is asked whether to end early; what is under way is then still recorded.
    """
    if claims.something_is_due():
        dispatcher.run(gather=fan_out_events, stopping=stopping)
