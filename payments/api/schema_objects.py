"""What answers and webhooks hold, as the OpenAPI file describes it. `payments.snapshot` and the views make them."""

from typing import Any

from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from apikeys.models import PERMISSIONS
from payments.models import EventType, SessionException, Status

_MONEY = {"type": "number", "minimum": 0.01}
_COUNT = {"type": "integer", "minimum": 0}
SESSION_ID = {"type": "string", "pattern": "^[0-9A-F]{16}$"}
_UTC = {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}$"}
_UTC_OR_NULL = {**_UTC, "type": ["string", "null"]}
ISO = {"type": "string", "format": "date-time"}
_ISO_OR_NULL = {"type": ["string", "null"], "format": "date-time"}
_UTR_OR_NULL = {"type": ["string", "null"], "pattern": "^[0-9]{12}$"}


def shown(schema: dict[str, Any], says: str) -> serializers.Field[Any, Any, Any, Any]:
    """Return a field that stands in the file as `schema`, described as `says`."""
    field_class = extend_schema_field(schema)(type("Described", (serializers.Field,), {}))
    field: serializers.Field[Any, Any, Any, Any] = field_class(help_text=says)
    return field


class Payment(serializers.Serializer[Any]):
    """A payment as it is now. All texts are `""` where nothing was given."""

    session_id = shown(SESSION_ID, "Names the payment in every call.")
    requested_amount = shown(_MONEY, "What you asked for, in rupees. Compare it with your own order before you ship.")
    payable_amount = shown(
        _MONEY,
        "What the customer pays, in rupees: up to ₹0.99 below the amount asked, and different from every other "
        "payment that is open, so that the bank's alert says which one was paid.",
    )
    currency = shown({"type": "string", "const": "INR"}, "Always INR.")
    status = shown({"type": "string", "enum": Status.values}, "Only `success` is final.")
    exception = shown(
        {"type": "string", "enum": SessionException.values},
        "What was odd about a success: `paid_late` (the money came after `expires_at`), `marked` (staff confirmed it "
        "by hand); else empty.",
    )
    customer_name = shown({"type": "string"}, "As you sent it.")
    customer_email = shown({"type": "string"}, "As you sent it.")
    customer_phone = shown({"type": "string"}, "As you sent it.")
    merchant_ref = shown({"type": "string"}, "Your own reference, such as an order number.")
    description = shown({"type": "string"}, "As you sent it; the customer sees it.")
    metadata = shown({"type": "object", "additionalProperties": True}, "As you sent it; `{}` if you sent none.")
    checkout_url = shown({"type": "string", "format": "uri"}, "Send the customer here.")
    upi_id = shown({"type": "string"}, "Whom the customer pays.")
    upi_name = shown({"type": "string"}, "The name that the customer's app should show for this UPI ID.")
    upi_deeplink = shown(
        {"type": "string", "pattern": "^upi://pay\\?"}, "Opens a UPI app on the customer's phone; also in the QR."
    )
    qr_url = shown({"type": "string", "format": "uri"}, "The QR as a PNG.")
    return_url = shown({"type": "string"}, "Where the checkout leads back to.")
    utr = shown(_UTR_OR_NULL, "The bank's 12 digits for the transfer; `null` until known.")
    test = shown({"type": "boolean"}, "Made with a test key: no money is expected.")
    created_at = shown(_UTC, "UTC.")
    created_at_iso = shown(ISO, "The same in RFC 3339.")
    expires_at = shown(_UTC, "UTC. After this moment a payment without money is `expired`.")
    expires_at_iso = shown(ISO, "The same in RFC 3339.")
    expires_in = shown({"type": "integer", "minimum": 0}, "Whole seconds left; 0 when the payment is not pending.")
    paid_at = shown(_UTC_OR_NULL, "UTC. When the bank credited the money; `null` before.")
    paid_at_iso = shown(_ISO_OR_NULL, "The same in RFC 3339.")
    cancelled_at = shown(_UTC_OR_NULL, "UTC; `null` unless cancelled.")
    cancelled_at_iso = shown(_ISO_OR_NULL, "The same in RFC 3339.")
    server_time = shown(_UTC, "UTC, at the moment of this answer: count down from here, not from the device's clock.")
    server_time_iso = shown(ISO, "The same in RFC 3339.")


class PaymentAnswer(serializers.Serializer[Any]):
    success = shown({"type": "boolean", "const": True}, "Always true here.")
    payment = Payment()


@extend_schema_serializer(many=False)
class PaymentList(serializers.Serializer[Any]):
    success = shown({"type": "boolean", "const": True}, "Always true here.")
    payments = Payment(many=True, help_text="Newest first.")
    next_cursor = shown({"type": ["string", "null"]}, "Send it as `cursor` for the next page; `null` on the last.")
    has_more = shown({"type": "boolean"}, "Whether there is a next page.")


class Capacity(serializers.Serializer[Any]):
    """How many more payments of one price can be open at once."""

    amount = shown(_MONEY, "The price asked about, in rupees.")
    total = shown(_COUNT, "How many payable amounts this price has, over all UPI accounts.")
    free = shown(_COUNT, "How many of them a new payment could get.")
    held = shown(_COUNT, "How many are taken: by open payments, and by ended ones for which money may still come.")
    next_release_at = shown(_UTC_OR_NULL, "UTC. When the next held amount becomes free; `null` if none is held.")
    next_release_at_iso = shown(_ISO_OR_NULL, "The same in RFC 3339.")


class CapacityAnswer(serializers.Serializer[Any]):
    success = shown({"type": "boolean", "const": True}, "Always true here.")
    capacity = Capacity()


class Event(serializers.Serializer[Any]):
    """An event as the feed shows it."""

    id = shown({"type": "string", "format": "uuid"}, "The webhook's `event_id`.")
    type = shown({"type": "string", "enum": EventType.values}, "What happened.")
    session_id = shown(SESSION_ID, "The payment.")
    occurred_at = shown(_UTC, "UTC.")
    occurred_at_iso = shown(ISO, "The same in RFC 3339.")
    body = shown({"type": "string"}, "The exact text that the webhook sends: JSON, to be parsed.")


@extend_schema_serializer(many=False)
class EventList(serializers.Serializer[Any]):
    success = shown({"type": "boolean", "const": True}, "Always true here.")
    events = Event(many=True, help_text="Oldest first.")
    next_cursor = shown({"type": "string"}, "Keep it, and send it as `cursor` next time, also when `events` is empty.")
    has_more = shown({"type": "boolean"}, "Whether more events are there already.")


class KeyLimits(serializers.Serializer[Any]):
    requests_per_second = shown(
        {"type": "integer", "minimum": 1}, "Requests a second, counted over three seconds so that short bursts pass."
    )
    min_amount = shown(_MONEY, "The least that a payment may ask for, in rupees.")
    max_amount = shown(_MONEY, "The most that a payment may ask for, in rupees.")


class Key(serializers.Serializer[Any]):
    """The API key that calls."""

    label = shown({"type": "string"}, "What the operator calls this key.")  # type: ignore[assignment]
    permissions = shown({"type": "array", "items": {"type": "string", "enum": [*PERMISSIONS]}}, "What it may do.")
    mode = shown({"type": "string", "enum": ["live", "test"]}, "A test key takes no money.")
    limits = KeyLimits()


class KeyAnswer(serializers.Serializer[Any]):
    success = shown({"type": "boolean", "const": True}, "Always true here.")
    key = Key()


class WebhookEvent(serializers.Serializer[Any]):
    """The body of a webhook. Keys beyond these may be added at the end."""

    event = shown({"type": "string", "enum": EventType.values}, "What happened.")
    session_id = shown(SESSION_ID, "The payment.")
    requested_amount = shown(_MONEY, "What you asked for, in rupees.")
    payable_amount = shown(_MONEY, "What the customer was to pay, in rupees.")
    status = shown({"type": "string", "enum": Status.values}, "The payment's status after the event.")
    customer_name = shown({"type": "string"}, "As you sent it.")
    merchant_ref = shown({"type": "string"}, "Your own reference.")
    utr = shown(_UTR_OR_NULL, "The bank's 12 digits for the transfer; `null` if there are none.")
    metadata = shown({"type": "object", "additionalProperties": True}, "As you sent it.")
    timestamp = shown(ISO, "When it happened: RFC 3339 with milliseconds and `Z`.")
    exception = shown({"type": "string", "enum": SessionException.values}, "As in the payment.")
    event_id = shown({"type": "string", "format": "uuid"}, "The same on every attempt: act on each id once.")
    sequence = shown({"type": "integer", "minimum": 1}, "Counts the events of one payment.")
    test = shown({"type": "boolean"}, "Comes from test mode.")
    currency = shown({"type": "string", "const": "INR"}, "Always INR.")
