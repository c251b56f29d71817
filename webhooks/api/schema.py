"""What the OpenAPI file says about deliveries."""

from typing import Any

from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
    extend_schema_serializer,
)
from rest_framework import serializers

from payments.api.pagination import DEFAULT_LIMIT, MAX_LIMIT
from payments.api.schema_examples import PAYMENT
from payments.api.schema_objects import shown
from payments.api.schema_rules import refuses
from payments.models import EventType
from webhooks.models import TEST_EVENT, DeliveryState, ErrorKind

# A merchant's words for the states of the queue.
STATE_WORDS: dict[str, str] = {
    DeliveryState.DUE: "waiting",
    DeliveryState.LEASED: "sending",
    DeliveryState.DONE: "delivered",
    DeliveryState.DEAD: "failed",
}

_ID = {"type": "string", "format": "uuid"}
_UTC = {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}$"}
_UTC_OR_NULL = {**_UTC, "type": ["string", "null"]}
_ISO = {"type": "string", "format": "date-time"}
_ISO_OR_NULL = {**_ISO, "type": ["string", "null"]}

_EXAMPLE = {
    "id": "0f8b6f5e-5c0f-4c39-a1a3-6a8d2f1f7c11",
    "event_id": "6f1c2b1e-6c43-4e0e-9a6a-0d8c1f5b7a90",
    "type": "payment.success",
    "session_id": PAYMENT["session_id"],
    "url": "https://shop.example.in/webhook",
    "state": "waiting",
    "attempts": 2,
    "last_status": 500,
    "last_error": "",
    "created_at": "2026-04-14 01:05:00",
    "created_at_iso": "2026-04-14T01:05:00Z",
    "delivered_at": None,
    "delivered_at_iso": None,
    "next_attempt_at": "2026-04-14 01:05:37",
    "next_attempt_at_iso": "2026-04-14T01:05:37Z",
}


class Delivery(serializers.Serializer[Any]):
    """One event on its way to one URL."""

    id = shown(_ID, "Names the delivery: one event on its way to one URL.")
    event_id = shown(_ID, "The webhook's `event_id` and `webhook-id`.")
    type = shown({"type": "string", "enum": [*EventType.values, TEST_EVENT]}, "What happened.")
    session_id = shown({"type": "string", "pattern": "^([0-9A-F]{16})?$"}, "The payment; empty for a test event.")
    url = shown({"type": "string"}, "Where it is sent.")
    state = shown(
        {"type": "string", "enum": [*STATE_WORDS.values()]},
        "`waiting` for its next attempt, `sending` right now, `delivered`, or `failed` for good.",
    )
    attempts = shown({"type": "integer", "minimum": 0}, "How often it has been tried.")
    last_status = shown({"type": ["integer", "null"]}, "The HTTP status of the last attempt; `null` if none came.")
    last_error = shown({"type": "string", "enum": ["", *ErrorKind.labels]}, "Why no status came.")
    created_at = shown(_UTC, "UTC.")
    created_at_iso = shown(_ISO, "The same in RFC 3339.")
    delivered_at = shown(_UTC_OR_NULL, "When your server took it first; `null` until then.")
    delivered_at_iso = shown(_ISO_OR_NULL, "The same in RFC 3339.")
    next_attempt_at = shown(_UTC_OR_NULL, "Not before this it is tried next; `null` unless it waits.")
    next_attempt_at_iso = shown(_ISO_OR_NULL, "The same in RFC 3339.")


@extend_schema_serializer(many=False)
class DeliveryList(serializers.Serializer[Any]):
    success = shown({"type": "boolean", "const": True}, "Always true here.")
    deliveries = Delivery(many=True, help_text="Newest first.")
    next_cursor = shown({"type": ["string", "null"]}, "Send it as `cursor` for the next page; `null` at the end.")
    has_more = shown({"type": "boolean"}, "Whether there is a next page.")


class DeliveryAnswer(serializers.Serializer[Any]):
    success = shown({"type": "boolean", "const": True}, "Always true here.")
    delivery = Delivery()


list_deliveries = extend_schema(
    operation_id="listDeliveries",
    tags=["Webhooks"],
    summary="List deliveries",
    description="Says what became of this key's webhooks, newest first.",
    parameters=[
        OpenApiParameter("cursor", {"type": "string"}, description="`next_cursor` of the page before."),
        OpenApiParameter(
            "limit",
            {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT},
            description="How many at most.",
        ),
    ],
    responses={
        200: OpenApiResponse(
            DeliveryList,
            "A page of deliveries.",
            examples=[
                OpenApiExample(
                    "Example",
                    {"success": True, "deliveries": [_EXAMPLE], "next_cursor": None, "has_more": False},
                    response_only=True,
                )
            ],
        )
    },
    extensions=refuses("validation_error"),
)

redeliver = extend_schema(
    operation_id="redeliver",
    tags=["Webhooks"],
    summary="Send a delivery again",
    description="Sends the same event with the same `webhook-id` and the same bytes now. One that had ended is tried "
    "once; one that waits is tried now instead, and its retries go on.",
    parameters=[OpenApiParameter("delivery_id", _ID, OpenApiParameter.PATH, description="The delivery.")],
    request=None,
    responses={
        200: OpenApiResponse(
            DeliveryAnswer,
            "The delivery, about to be sent.",
            examples=[OpenApiExample("Example", {"success": True, "delivery": _EXAMPLE}, response_only=True)],
        )
    },
    extensions=refuses("not_found", "webhook_removed"),
)
