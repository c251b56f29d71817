"""The verbs of webhooks. One function a verb, one transaction each."""

import uuid
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import Case, QuerySet, Value, When
from django.db.models.functions import Coalesce
from django.utils import timezone

from apikeys.models import ApiKey
from payments import bell
from payments.exceptions import PaymentError
from payments.locks import lock_name
from payments.models import EventType, NoticeKind, PaymentEvent
from payments.notices import resolve_notice
from payments.snapshot import milliseconds
from payments.wire import write_json
from webhooks import bulk, claims, dispatcher, signing
from webhooks.addresses import BadUrl, check_url, parse_networks
from webhooks.models import (
    DEFAULT_EVENTS,
    TEST_EVENT,
    Closing,
    Delivery,
    DeliveryState,
    Health,
    Redelivery,
    Trigger,
    WebhookEndpoint,
)

BATCH = 500
SECRET_OVERLAP = timedelta(hours=24)

_CLEAN_HEALTH: dict[str, Any] = {
    "health": Health.HEALTHY,
    "consecutive_failures": 0,
    "failing_since": None,
    "disabled_reason": "",
    "hold_until": None,
}


class EndpointRemoved(PaymentError):
    """Nothing is changed or sent any more where a webhook was removed."""

    code = "webhook_removed"

    def __init__(self) -> None:
        super().__init__("This webhook was removed. Nothing is sent to it any more.")


# Endpoints


def add_endpoint(
    *, api_key: ApiKey, url: str, events: Sequence[str] | None = None, description: str = ""
) -> tuple[WebhookEndpoint, str]:
    """Give a key a webhook endpoint; return it with its secret. Raises ValidationError."""
    url, secret = _checked_url(url), signing.mint_secret()
    _check_new_to(api_key.pk, url)
    endpoint = WebhookEndpoint(
        api_key=api_key,
        url=url,
        events=_checked_events(DEFAULT_EVENTS if events is None else events),
        description=description.strip(),
        secret=secret,
    )
    endpoint.full_clean()
    endpoint.save(force_insert=True)
    return endpoint, secret


@transaction.atomic
def change_endpoint(
    *,
    endpoint_id: uuid.UUID,
    url: str | None = None,
    events: Sequence[str] | None = None,
    description: str | None = None,
) -> WebhookEndpoint:
    """Change what is given. With another URL its health starts anew. Raises ValidationError, EndpointRemoved."""
    endpoint = _locked(endpoint_id)
    if url is not None and (url := _checked_url(url)) != endpoint.url:
        _check_new_to(endpoint.api_key_id, url)
        endpoint.url = url
        _start_anew(endpoint)
    if events is not None:
        endpoint.events = _checked_events(events)
    if description is not None:
        endpoint.description = description.strip()
    endpoint.full_clean()
    endpoint.save(update_fields=("url", "events", "description"))
    return endpoint


def pause_endpoint(*, endpoint_id: uuid.UUID) -> bool:
    """Let deliveries wait. Returns whether it was not paused before."""
    in_use = WebhookEndpoint.objects.in_use()
    return bool(in_use.filter(pk=endpoint_id, paused=False).update(paused=True))


def resume_endpoint(*, endpoint_id: uuid.UUID) -> bool:
    """Send what has waited. Returns whether it was paused before."""
    resumed = WebhookEndpoint.objects.in_use().filter(pk=endpoint_id, paused=True).update(paused=False)
    bell.announce_after_commit()
    return bool(resumed)


@transaction.atomic
def enable_endpoint(*, endpoint_id: uuid.UUID) -> int:
    """Take a degraded or disabled endpoint for healthy again and send what has waited, and what a 410 ended.

    What waited for a disabled one longer than any retries take is given up. Returns how many those are. Raises
    EndpointRemoved.
    """
    return _start_anew(_locked(endpoint_id))


@transaction.atomic
def remove_endpoint(*, endpoint_id: uuid.UUID) -> int:
    """Send nothing there any more: wipe its secrets, close what waits, keep the log. Returns how many it closed.

    Raises EndpointRemoved.
    """
    endpoint = _locked(endpoint_id)
    endpoint.removed_at = timezone.now()
    endpoint.secret = endpoint.next_secret = endpoint.retiring_secret = ""
    endpoint.save(update_fields=("removed_at", "secret", "next_secret", "retiring_secret"))
    resolve_notice(kind=NoticeKind.WEBHOOK_DISABLED, key=endpoint.notice_key)
    return _close(Delivery.objects.waiting().filter(endpoint=endpoint), Closing.REMOVED)


@transaction.atomic
def close_deliveries_of_removed() -> int:
    """Close what waits for removed endpoints. Returns how many.

    A fan-out or an attempt that was under way during a removal may leave one behind, so this is also a sweep.
    """
    removed = WebhookEndpoint.objects.exclude(removed_at=None)
    return _close(Delivery.objects.waiting().filter(endpoint__in=removed), Closing.REMOVED)


@transaction.atomic
def stage_secret(*, endpoint_id: uuid.UUID) -> str:
    """Begin a rotation: return a new secret that signs `webhook-signature` beside the current one.

    Raises EndpointRemoved.
    """
    endpoint = _locked(endpoint_id)
    secret = signing.mint_secret()
    endpoint.next_secret = secret
    endpoint.save(update_fields=("next_secret",))
    return secret


@transaction.atomic
def promote_secret(*, endpoint_id: uuid.UUID, overlap: timedelta = SECRET_OVERLAP) -> WebhookEndpoint:
    """End a rotation: the staged secret signs everything; the old one stays in `webhook-signature` for `overlap`.

    For a secret that leaked, let `overlap` be zero. Raises ValidationError if none is staged, EndpointRemoved.
    """
    endpoint = _locked(endpoint_id)
    if not endpoint.next_secret:
        raise ValidationError("No new secret is staged.")
    # A sealed value opens only in its own column, so each one is opened and sealed anew.
    endpoint.retiring_secret = endpoint.secret.reveal() if overlap else ""
    endpoint.retiring_until = timezone.now() + overlap if overlap else None
    endpoint.secret = endpoint.next_secret.reveal()
    endpoint.next_secret = ""
    endpoint.save(update_fields=("secret", "next_secret", "retiring_secret", "retiring_until"))
    return endpoint


@transaction.atomic
def drop_secrets(*, endpoint_id: uuid.UUID) -> None:
    """Let the current secret alone sign: forget a staged one, and the old one that still signs beside it.

    Raises ValidationError if there is neither, EndpointRemoved.
    """
    endpoint = _locked(endpoint_id)
    if not endpoint.has_other_secrets(timezone.now()):
        raise ValidationError("No other secret signs beside the current one.")
    endpoint.next_secret = endpoint.retiring_secret = ""
    endpoint.retiring_until = None
    endpoint.save(update_fields=("next_secret", "retiring_secret", "retiring_until"))


def _locked(endpoint_id: uuid.UUID) -> WebhookEndpoint:
    endpoint = WebhookEndpoint.objects.select_for_update(no_key=True).get(pk=endpoint_id)
    if endpoint.removed_at is not None:
        raise EndpointRemoved
    return endpoint


def _start_anew(endpoint: WebhookEndpoint) -> int:
    """Forget the failures and send what has waited, but for what is too old. Returns how many those are."""
    given_up = _settle(endpoint, timezone.now()) if endpoint.health == Health.DISABLED else 0
    for name, value in _CLEAN_HEALTH.items():
        setattr(endpoint, name, value)
    endpoint.save(update_fields=[*_CLEAN_HEALTH])
    resolve_notice(kind=NoticeKind.WEBHOOK_DISABLED, key=endpoint.notice_key)
    bell.announce_after_commit()
    return given_up


def _settle(endpoint: WebhookEndpoint, now: datetime) -> int:
    """Give up what is too old, and let what a 410 ended wait like the rest. Returns how many it gave up."""
    given_up = _close(endpoint.deliveries.too_old(now), Closing.TOO_OLD)
    endpoint.deliveries.refused_for_good(now).update(
        state=DeliveryState.DUE, next_at=now, closed_at=None, closed_because=""
    )
    return given_up


def _close(waiting: QuerySet[Delivery], because: Closing) -> int:
    """Try them no more. Passes over what is being claimed: whoever claims may wait for the endpoint that we hold."""
    rows = waiting.select_for_update(skip_locked=True).values("pk")
    return Delivery.objects.filter(pk__in=rows).update(
        # A repetition that is called off does not undo that it was delivered before.
        state=Case(When(delivered_at=None, then=Value(DeliveryState.DEAD)), default=Value(DeliveryState.DONE)),
        closed_at=Coalesce("closed_at", Value(timezone.now())),
        closed_because=because,
        trigger=Trigger.AUTO,
        actor="",
    )


def _check_new_to(key_id: int, url: str) -> None:
    if WebhookEndpoint.objects.in_use().filter(api_key=key_id, url=url).exists():
        raise ValidationError({"url": "This key has a webhook with this URL already."})


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


@transaction.atomic
def send_test(*, endpoint_id: uuid.UUID, actor: str) -> Delivery:
    """Send a `webhook.test`, whatever the endpoint's state. It is tried once. Raises EndpointRemoved."""
    _locked(endpoint_id)
    delivery = Delivery(endpoint_id=endpoint_id, trigger=Trigger.TEST, actor=actor)
    delivery.test_body = _test_body(delivery)
    delivery.save(force_insert=True)
    bell.announce_after_commit()
    return delivery


def redeliver(*, delivery_id: uuid.UUID, actor: str) -> Delivery:
    """Send a delivery again now: same `webhook-id`, same bytes, whatever the endpoint's state.

    One that had ended is tried once; one that waits for its next retry is tried now instead, and its retries go on.
    Raises EndpointRemoved.
    """
    asked = ask_again(Delivery.objects.filter(pk=delivery_id), actor=actor)
    if not asked and WebhookEndpoint.objects.exclude(removed_at=None).filter(deliveries=delivery_id).exists():
        raise EndpointRemoved
    return Delivery.objects.select_related("event", "endpoint").get(pk=delivery_id)


def ask_again(deliveries: QuerySet[Delivery], *, actor: str, redelivery: Redelivery | None = None) -> int:
    """Have them sent now, but for those under way and those to removed endpoints. Returns how many."""
    asked = {"redelivery": redelivery} if redelivery else {}
    count = (
        deliveries.filter(endpoint__in=WebhookEndpoint.objects.in_use())
        .exclude(state=DeliveryState.LEASED)
        .update(
            state=DeliveryState.DUE,
            trigger=Trigger.MANUAL,
            actor=actor,
            next_at=timezone.now(),
            closed_because="",
            **asked,
        )
    )
    bell.announce_after_commit()
    return count


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
        events = list(PaymentEvent.objects.waiting().values_list("pk", "api_key", "type")[:BATCH])
        now = timezone.now()
        bulk.insert(Delivery, ("id", "event", "endpoint", "next_at", "created_at"), _deliveries(events, now))
        _number([pk for pk, _, _ in events], now)
        return len(events)


def _number(events: Sequence[uuid.UUID], now: datetime) -> None:
    moment = connection.ops.adapt_datetimefield_value(now)
    with connection.cursor() as cursor:
        # One short statement: `bulk_update` would spend more on building its CASE than all the rest of a fan-out.
        if connection.vendor == "sqlite":
            cursor.executemany(
                "UPDATE payments_paymentevent SET fanned_out_at = %s, feed_position = "
                "(SELECT COALESCE(MAX(feed_position), 0) FROM payments_paymentevent) + 1 WHERE id = %s",
                [(moment, pk.hex) for pk in events],
            )
            return
        cursor.execute(
            "UPDATE payments_paymentevent SET fanned_out_at = %s, feed_position = "
            "(SELECT COALESCE(MAX(feed_position), 0) FROM payments_paymentevent) + told.place "
            "FROM unnest(%s::uuid[]) WITH ORDINALITY AS told(id, place) WHERE payments_paymentevent.id = told.id",
            [moment, bulk.array(events)],
        )


def _deliveries(
    events: Sequence[tuple[uuid.UUID, int | None, str]], now: datetime
) -> list[tuple[uuid.UUID, uuid.UUID, uuid.UUID, datetime, datetime]]:
    endpoints: dict[int | None, list[WebhookEndpoint]] = {}
    keys = {key for _, key, _ in events}
    for endpoint in WebhookEndpoint.objects.in_use().filter(api_key__in=keys):
        endpoints.setdefault(endpoint.api_key_id, []).append(endpoint)
    return [
        (uuid.uuid4(), pk, endpoint.pk, now, now)
        for pk, key, event_type in events
        for endpoint in endpoints.get(key, ())
        if event_type in endpoint.events
    ]


def deliver_due(*, stopping: Callable[[], bool] = lambda: False, staying: float = 0) -> None:
    """Send what is due for up to 25 seconds, and what becomes due meanwhile. Does nothing if others do it already.

    `stopping` is asked whether to end early; what is under way is then still recorded. With `staying`, wait so many
    seconds for more to do; a later call in the same process then only wakes the one that waits.
    """
    if staying and dispatcher.wake():
        return
    fan_out_events()
    if claims.something_is_due():
        dispatcher.run(gather=fan_out_events, stopping=stopping, staying=staying)
