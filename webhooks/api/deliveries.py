import uuid
from typing import Any, ClassVar

from django.db.models import OuterRef, Q, Subquery
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from apikeys.caller import calling_key
from payments.api.pagination import read_limit
from payments.snapshot import time_fields
from webhooks import services
from webhooks.api import schema
from webhooks.api.schema import STATE_WORDS
from webhooks.models import Attempt, Delivery, DeliveryQuerySet, DeliveryState, ErrorKind


class DeliveryViewSet(ViewSet):
    """Deliveries to the endpoints of the key that calls."""

    permission_by_method: ClassVar[dict[str, str | None]] = {}

    @schema.list_deliveries
    def list(self, request: Request) -> Response:
        limit = read_limit(request.query_params.get("limit"))
        cursor = request.query_params.get("cursor")
        own = _own(request)
        rows = list((own if cursor is None else _older(own, cursor)).order_by("-created_at", "-id")[: limit + 1])
        has_more = len(rows) > limit
        return Response(
            {
                "success": True,
                "deliveries": [_shown(row) for row in rows[:limit]],
                "next_cursor": str(rows[limit - 1].pk) if has_more else None,
                "has_more": has_more,
            }
        )

    @schema.redeliver
    def redeliver(self, request: Request, delivery_id: str) -> Response:
        delivery = _find(_own(request), delivery_id)
        if delivery is None:
            raise NotFound("There is no delivery with this id.")
        services.redeliver(delivery_id=delivery.pk, actor=f"API key {calling_key(request).label}"[:150])
        return Response({"success": True, "delivery": _shown(_own(request).get(pk=delivery.pk))})


def _own(request: Request) -> DeliveryQuerySet:
    newest = Attempt.objects.filter(delivery=OuterRef("pk")).order_by("-number")
    return (
        Delivery.objects.for_key(calling_key(request))
        .select_related("event__session", "endpoint")
        .annotate(last_status=Subquery(newest.values("status")[:1]), last_error=Subquery(newest.values("error")[:1]))
    )


def _older(own: DeliveryQuerySet, cursor: str) -> DeliveryQuerySet:
    last = _find(own, cursor)
    if last is None:
        raise ValidationError({"cursor": "This is not a cursor; use `next_cursor` of the page before."})
    at = last.created_at
    # The first condition alone decides where the index scan begins.
    return own.filter(created_at__lte=at).filter(Q(created_at__lt=at) | Q(pk__lt=last.pk))


def _find(own: DeliveryQuerySet, text: str) -> Delivery | None:
    try:
        return own.filter(pk=uuid.UUID(text)).first()
    except ValueError:
        return None


def _shown(delivery: Any) -> dict[str, Any]:
    """Return a delivery as its merchant sees it: what their server answered, but not the answer's text."""
    waits = delivery.state == DeliveryState.DUE
    kept = delivery.last_error is not None
    status, error = (delivery.last_status, delivery.last_error) if kept else (delivery.past_status, delivery.past_error)
    return {
        "id": str(delivery.pk),
        "event_id": delivery.webhook_id,
        "type": delivery.event_type,
        "session_id": delivery.event.session.session_id if delivery.event else "",
        "url": delivery.endpoint.url,
        "state": STATE_WORDS[delivery.state],
        "attempts": delivery.attempt_count,
        "last_status": status,
        "last_error": ErrorKind(error).label if error else "",
        **time_fields("created_at", delivery.created_at),
        **time_fields("delivered_at", delivery.delivered_at),
        **time_fields("next_attempt_at", delivery.next_at if waits else None),
    }
