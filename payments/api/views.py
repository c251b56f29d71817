import hashlib
from typing import Any, ClassVar

from django.conf import settings
from django.utils import timezone
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from apikeys.caller import calling_key, client_network
from payments import capacity, services, snapshot, wire
from payments.api import browser, schema
from payments.api.pagination import events_after, page_of, read_limit
from payments.api.serializers import CapacityQuerySerializer, CreatePaymentSerializer, ListQuerySerializer
from payments.models import PaymentEvent, PaymentSession
from payments.money import shortest

IDEMPOTENCY_HEADER = "Idempotency-Key"

# Made once: a serializer of each request's own copies all its fields, which costs as much as the look-up of the key.
_CREATE = CreatePaymentSerializer()


class PaymentViewSet(ViewSet):
    """Payments of the key that calls."""

    permission_by_method: ClassVar[dict[str, str | None]] = {}

    @schema.create_payment
    def create(self, request: Request) -> Response:
        details = _CREATE.run_validation(request.data)
        details.pop("payment_method", None)
        api_key, idempotency_key = calling_key(request), _idempotency_key(request)
        if api_key.is_browser_key:
            browser.check_create(request, details)
        created = services.create_session(
            api_key=api_key,
            client_ip=client_network(request) if api_key.is_browser_key else None,
            requested_paise=details.pop("amount"),
            expires_in=details.pop("expires_in", None),
            details=services.SessionDetails(metadata_json=details.pop("metadata", "{}"), **details),
            idempotency_key=idempotency_key,
            fingerprint=_fingerprint(request.data) if idempotency_key else "",
        )
        headers = {"Idempotent-Replayed": "true"} if created.replayed else None
        return Response(_answer(created.session), status=201, headers=headers)

    @schema.get_payment
    def retrieve(self, request: Request, session_id: str) -> Response:
        return Response(_answer(_own_session(request, session_id)))

    @schema.list_payments
    def list(self, request: Request) -> Response:
        query = ListQuerySerializer(data=request.query_params.dict())
        query.is_valid(raise_exception=True)
        limit = read_limit(request.query_params.get("limit"))
        now = timezone.now()
        sessions = PaymentSession.objects.for_key(calling_key(request))
        filters: dict[str, Any] = query.validated_data
        if "status" in filters:
            sessions = sessions.in_status(filters["status"], now)
        if filters.get("merchant_ref"):
            sessions = sessions.filter(merchant_ref=filters["merchant_ref"])
        if "created_after" in filters:
            sessions = sessions.filter(created_at__gt=filters["created_after"])
        if "created_before" in filters:
            sessions = sessions.filter(created_at__lt=filters["created_before"])
        page = page_of(sessions, cursor=request.query_params.get("cursor"), limit=limit)
        return Response(
            {
                "success": True,
                "payments": [snapshot.payment_object(session, now=now) for session in page.sessions],
                "next_cursor": page.next_cursor,
                "has_more": page.next_cursor is not None,
            }
        )

    @schema.cancel_payment
    def cancel(self, request: Request, session_id: str) -> Response:
        session = _own_session(request, session_id)
        actor = f"API key {calling_key(request).label}"[:150]
        return Response(_answer(services.cancel_session(session_id=session.pk, actor=actor)))


class CapacityViewSet(ViewSet):
    """How many more payments of a price can be open at once."""

    permission_by_method: ClassVar[dict[str, str | None]] = {}

    @schema.get_capacity
    def retrieve(self, request: Request) -> Response:
        query = CapacityQuerySerializer(data=request.query_params.dict())
        query.is_valid(raise_exception=True)
        amount = query.validated_data["amount"]
        found = capacity.capacity_of(requested_paise=amount, test=calling_key(request).test)
        return Response(
            {
                "success": True,
                "capacity": {
                    "amount": wire.JsonText(shortest(amount)),
                    "total": found.total,
                    "free": found.free,
                    "held": found.held,
                    **snapshot.time_fields("next_release_at", found.next_release_at),
                },
            }
        )


class EventViewSet(ViewSet):
    """The events of the key's payments as a feed, oldest first."""

    permission_by_method: ClassVar[dict[str, str | None]] = {}

    @schema.list_events
    def list(self, request: Request) -> Response:
        limit = read_limit(request.query_params.get("limit"))
        page = events_after(
            PaymentEvent.objects.filter(api_key=calling_key(request)),
            cursor=request.query_params.get("cursor"),
            limit=limit,
        )
        return Response(
            {
                "success": True,
                "events": [_feed_item(event) for event in page.events],
                "next_cursor": page.next_cursor,
                "has_more": page.has_more,
            }
        )


class KeyViewSet(ViewSet):
    """The key that calls."""

    permission_by_method: ClassVar[dict[str, str | None]] = {}

    @schema.get_key
    def retrieve(self, request: Request) -> Response:
        key = calling_key(request)
        return Response(
            {
                "success": True,
                "key": {
                    "label": key.label,
                    "permissions": key.permissions,
                    "mode": "test" if key.test else "live",
                    "limits": {
                        "requests_per_second": key.requests_per_second or settings.KEY_REQUESTS_PER_SECOND,
                        "min_amount": wire.JsonText(shortest(settings.MIN_AMOUNT_PAISE)),
                        "max_amount": wire.JsonText(shortest(settings.MAX_AMOUNT_PAISE)),
                    },
                },
            }
        )


# SQL by hand: on the path of every read, building this query in the ORM costs more than running it.
_OWN = f"SELECT * FROM {PaymentSession._meta.db_table} WHERE session_id = %s AND api_key_id = %s"  # noqa: S608


def _own_session(request: Request, session_id: str) -> PaymentSession:
    # Only what can be an id is looked up: PostgreSQL refuses a NUL with an error of its own.
    if session_id.isalnum():
        for session in PaymentSession.objects.raw(_OWN, [session_id, calling_key(request).pk]):
            return session
    raise NotFound("There is no payment with this session_id.")


def _answer(session: PaymentSession) -> dict[str, Any]:
    return {"success": True, "payment": snapshot.payment_object(session, now=timezone.now())}


def _feed_item(event: PaymentEvent) -> dict[str, Any]:
    return {
        "id": str(event.id),
        "type": event.type,
        "session_id": event.session.session_id,
        **snapshot.time_fields("occurred_at", event.occurred_at),
        "body": event.body,
    }


def _idempotency_key(request: Request) -> str | None:
    key = request.headers.get(IDEMPOTENCY_HEADER)
    if key is None:
        return None
    if not 1 <= len(key) <= 255 or not key.isascii() or not key.isprintable():
        raise ValidationError({IDEMPOTENCY_HEADER: "Send 1 to 255 printable ASCII characters."})
    return key


def _fingerprint(body: Any) -> str:
    """Hash what the body says, whatever the order of its keys and its blanks."""
    return hashlib.sha256(wire.write_json(_sorted(body)).encode("utf-8", "surrogatepass")).hexdigest()


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return [_sorted(item) for item in value] if isinstance(value, list) else value
