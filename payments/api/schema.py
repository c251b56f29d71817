"""What the OpenAPI file says about each call. The rules that all calls share are added in `schema_rules`."""

from typing import Any

from drf_spectacular.extensions import OpenApiSerializerExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    OpenApiResponse,
    OpenApiWebhook,
    extend_schema,
    extend_schema_field,
    extend_schema_serializer,
)
from rest_framework import serializers

from apikeys.models import PERMISSIONS
from payments.api.pagination import DEFAULT_LIMIT, MAX_LIMIT
from payments.api.schema_examples import CANCELLED, CREATE_REQUEST, EVENT, KEY, PAYMENT
from payments.api.schema_rules import refuses
from payments.api.serializers import CreatePaymentSerializer
from payments.models import EventType, SessionException, Status

_MONEY = {"type": "number", "minimum": 0.01}
_SESSION_ID = {"type": "string", "pattern": "^[0-9A-F]{16}$"}
_UTC = {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}$"}
_UTC_OR_NULL = {**_UTC, "type": ["string", "null"]}
_ISO = {"type": "string", "format": "date-time"}
_ISO_OR_NULL = {"type": ["string", "null"], "format": "date-time"}
_UTR_OR_NULL = {"type": ["string", "null"], "pattern": "^[0-9]{12}$"}


def _field(schema: dict[str, Any], says: str) -> serializers.Field[Any, Any, Any, Any]:
    """Return a field that stands in the file as `schema`, described as `says`."""
    described = extend_schema_field(schema)(type("Described", (serializers.Field,), {}))
    field: serializers.Field[Any, Any, Any, Any] = described(help_text=says)
    return field


class Payment(serializers.Serializer[Any]):
    """A payment as it is now. All texts are `""` where nothing was given."""

    session_id = _field(_SESSION_ID, "Names the payment in every call.")
    requested_amount = _field(_MONEY, "What you asked for, in rupees. Compare it with your own order before you ship.")
    payable_amount = _field(
        _MONEY,
        "What the customer pays, in rupees: up to ₹0.99 below the amount asked, and different from every other "
        "payment that is open, so that the bank's alert says which one was paid.",
    )
    currency = _field({"type": "string", "const": "INR"}, "Always INR.")
    status = _field({"type": "string", "enum": Status.values}, "Only `success` is final.")
    exception = _field(
        {"type": "string", "enum": SessionException.values},
        "What was odd about a success: `paid_late` (the money came after `expires_at`), `marked` (staff confirmed it "
        "by hand); else empty.",
    )
    customer_name = _field({"type": "string"}, "As you sent it.")
    customer_email = _field({"type": "string"}, "As you sent it.")
    customer_phone = _field({"type": "string"}, "As you sent it.")
    merchant_ref = _field({"type": "string"}, "Your own reference, such as an order number.")
    description = _field({"type": "string"}, "As you sent it; the customer sees it.")
    metadata = _field({"type": "object", "additionalProperties": True}, "As you sent it; `{}` if you sent none.")
    checkout_url = _field({"type": "string", "format": "uri"}, "Send the customer here.")
    upi_id = _field({"type": "string"}, "Whom the customer pays.")
    upi_name = _field({"type": "string"}, "The name that the customer's app should show for this UPI ID.")
    upi_deeplink = _field(
        {"type": "string", "pattern": "^upi://pay\\?"}, "Opens a UPI app on the customer's phone; also in the QR."
    )
    qr_url = _field({"type": "string", "format": "uri"}, "The QR as a PNG.")
    return_url = _field({"type": "string"}, "Where the checkout leads back to.")
    utr = _field(_UTR_OR_NULL, "The bank's 12 digits for the transfer; `null` until known.")
    test = _field({"type": "boolean"}, "Made with a test key: no money is expected.")
    created_at = _field(_UTC, "UTC.")
    created_at_iso = _field(_ISO, "The same in RFC 3339.")
    expires_at = _field(_UTC, "UTC. After this moment a payment without money is `expired`.")
    expires_at_iso = _field(_ISO, "The same in RFC 3339.")
    expires_in = _field({"type": "integer", "minimum": 0}, "Whole seconds left; 0 when the payment is not pending.")
    paid_at = _field(_UTC_OR_NULL, "UTC. When the bank credited the money; `null` before.")
    paid_at_iso = _field(_ISO_OR_NULL, "The same in RFC 3339.")
    cancelled_at = _field(_UTC_OR_NULL, "UTC; `null` unless cancelled.")
    cancelled_at_iso = _field(_ISO_OR_NULL, "The same in RFC 3339.")
    server_time = _field(_UTC, "UTC, at the moment of this answer: count down from here, not from the device's clock.")
    server_time_iso = _field(_ISO, "The same in RFC 3339.")


class PaymentAnswer(serializers.Serializer[Any]):
    success = _field({"type": "boolean", "const": True}, "Always true here.")
    payment = Payment()


@extend_schema_serializer(many=False)
class PaymentList(serializers.Serializer[Any]):
    success = _field({"type": "boolean", "const": True}, "Always true here.")
    payments = Payment(many=True, help_text="Newest first.")
    next_cursor = _field({"type": ["string", "null"]}, "Send it as `cursor` for the next page; `null` on the last.")
    has_more = _field({"type": "boolean"}, "Whether there is a next page.")


class KeyLimits(serializers.Serializer[Any]):
    min_amount = _field(_MONEY, "The least that a payment may ask for, in rupees.")
    max_amount = _field(_MONEY, "The most that a payment may ask for, in rupees.")


class Key(serializers.Serializer[Any]):
    """The API key that calls."""

    label = _field({"type": "string"}, "What the operator calls this key.")  # type: ignore[assignment]
    permissions = _field({"type": "array", "items": {"type": "string", "enum": [*PERMISSIONS]}}, "What it may do.")
    mode = _field({"type": "string", "enum": ["live", "test"]}, "A test key takes no money.")
    limits = KeyLimits()


class KeyAnswer(serializers.Serializer[Any]):
    success = _field({"type": "boolean", "const": True}, "Always true here.")
    key = Key()


class WebhookEvent(serializers.Serializer[Any]):
    """The body of a webhook. Keys beyond these may be added at the end."""

    event = _field({"type": "string", "enum": EventType.values}, "What happened.")
    session_id = _field(_SESSION_ID, "The payment.")
    requested_amount = _field(_MONEY, "What you asked for, in rupees.")
    payable_amount = _field(_MONEY, "What the customer was to pay, in rupees.")
    status = _field({"type": "string", "enum": Status.values}, "The payment's status after the event.")
    customer_name = _field({"type": "string"}, "As you sent it.")
    merchant_ref = _field({"type": "string"}, "Your own reference.")
    utr = _field(_UTR_OR_NULL, "The bank's 12 digits for the transfer; `null` if there are none.")
    metadata = _field({"type": "object", "additionalProperties": True}, "As you sent it.")
    timestamp = _field(_ISO, "When it happened: RFC 3339 with milliseconds and `Z`.")
    exception = _field({"type": "string", "enum": SessionException.values}, "As in the payment.")
    event_id = _field({"type": "string", "format": "uuid"}, "The same on every attempt: act on each id once.")
    sequence = _field({"type": "integer", "minimum": 1}, "Counts the events of one payment.")
    test = _field({"type": "boolean"}, "Comes from test mode.")
    currency = _field({"type": "string", "const": "INR"}, "Always INR.")


class CreatePaymentDescription(OpenApiSerializerExtension):  # type: ignore[no-untyped-call]
    """Adds to the request's fields what they mean, and that `null` means absent."""

    target_class = "payments.api.serializers.CreatePaymentSerializer"
    says = {
        "amount": 'In rupees, with at most two decimals, written without an exponent: `100`, `99.5` or `"99.50"`. '
        "From ₹2 to ₹1,00,000 unless the operator chose other limits (see `GET /api/v1/me`).",
        "customer_name": "Staff see it, and the webhook carries it.",
        "customer_email": "An e-mail address; nothing is sent to it.",
        "customer_phone": "Free text.",
        "merchant_ref": "Your own reference, such as an order number. Need not be unique.",
        "description": "The customer sees it on the checkout.",
        "metadata": "Any JSON object, 8 KB and 5 levels at most. It comes back unchanged, in answers and webhooks. "
        "Send integers beyond ±9007199254740991 as text.",
        "return_url": "Where the checkout leads the customer back to: absolute, http or https.",
        "expires_in": "Seconds that the customer has; 600 unless the operator chose otherwise.",
        "payment_method": "Only `upi`.",
    }

    def map_serializer(self, auto_schema: AutoSchema, direction: Any) -> dict[str, Any]:
        schema: dict[str, Any] = auto_schema._map_serializer(  # type: ignore[no-untyped-call]
            self.target, direction, bypass_extensions=True
        )
        for name, field in schema["properties"].items():
            if name not in schema["required"]:
                field = _or_null(field)
            schema["properties"][name] = {**field, "description": self.says[name]}
        return schema


def _or_null(field: dict[str, Any]) -> dict[str, Any]:
    if "oneOf" in field:
        return {"oneOf": [*field["oneOf"], {"type": "null"}]}
    if "enum" in field:
        return {"type": ["string", "null"], "enum": [*field["enum"], None]}
    return {**field, "type": [field["type"], "null"]}


def _answer(answer: Any, says: str, example: Any) -> OpenApiResponse:
    return OpenApiResponse(answer, says, examples=[OpenApiExample("Example", example, response_only=True)])


_session_id = OpenApiParameter("session_id", _SESSION_ID, OpenApiParameter.PATH, description="The payment.")

create_payment = extend_schema(
    operation_id="createPayment",
    tags=["Payments"],
    summary="Create a payment",
    description="Opens a payment session with an amount of its own. Send the customer to `checkout_url`. With an "
    "`Idempotency-Key`, repeating the call gives the payment that the first call made, as it is now.",
    parameters=[
        OpenApiParameter(
            "Idempotency-Key",
            {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$"},
            OpenApiParameter.HEADER,
            description="Any text of your own that names this payment, such as the order number. Same key and same "
            "body: the same payment. Same key and another body: 422.",
        ),
        OpenApiParameter(
            "Idempotent-Replayed",
            {"type": "string", "const": "true"},
            OpenApiParameter.HEADER,
            response=[201],
            description="Present when this payment was made by an earlier call with the same `Idempotency-Key`.",
        ),
    ],
    request=CreatePaymentSerializer,
    responses={201: _answer(PaymentAnswer, "The payment.", {"success": True, "payment": PAYMENT})},
    examples=[OpenApiExample("Example", CREATE_REQUEST, request_only=True)],
    extensions=refuses("idempotency_key_reused", "no_upi_account", "no_payable_amount"),
)

get_payment = extend_schema(
    operation_id="getPayment",
    tags=["Payments"],
    summary="Get a payment",
    description="Gives the payment as it is at this moment.",
    parameters=[_session_id],
    responses={200: _answer(PaymentAnswer, "The payment.", {"success": True, "payment": PAYMENT})},
)

list_payments = extend_schema(
    operation_id="listPayments",
    tags=["Payments"],
    summary="List payments",
    description="Gives the payments of this key, newest first.",
    parameters=[
        OpenApiParameter("status", {"type": "string", "enum": Status.values}, description="Only in this status."),
        OpenApiParameter(
            "limit",
            {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT},
            description="How many at most.",
        ),
        OpenApiParameter("cursor", {"type": "string"}, description="`next_cursor` of the page before."),
        OpenApiParameter("merchant_ref", {"type": "string", "maxLength": 255}, description="Only with this reference."),
        OpenApiParameter("created_after", _ISO, description="Only created after this moment; UTC if it has no zone."),
        OpenApiParameter("created_before", _ISO, description="Only created before this moment."),
    ],
    responses={
        200: _answer(
            PaymentList,
            "A page of payments.",
            {"success": True, "payments": [PAYMENT], "next_cursor": None, "has_more": False},
        )
    },
    extensions=refuses("validation_error"),
)

cancel_payment = extend_schema(
    operation_id="cancelPayment",
    tags=["Payments"],
    summary="Cancel a payment",
    description="Cancels a pending payment. One that is cancelled already gives the same answer again.",
    parameters=[_session_id],
    request=None,
    responses={200: _answer(PaymentAnswer, "The cancelled payment.", {"success": True, "payment": CANCELLED})},
    extensions=refuses("not_cancellable"),
)

get_key = extend_schema(
    operation_id="getKey",
    tags=["Key"],
    summary="Get the key that calls",
    description="Says what the key may do: a good first call.",
    responses={200: _answer(KeyAnswer, "The key.", {"success": True, "key": KEY})},
)


def _webhook(event: EventType, summary: str, description: str, **changes: Any) -> OpenApiWebhook:
    operation = "".join(word.capitalize() for word in event.value.split("."))
    return OpenApiWebhook(
        event.value,
        extend_schema(
            operation_id=f"on{operation}",
            tags=["Webhooks"],
            summary=summary,
            description=description,
            request={"application/json": WebhookEvent},
            responses={"2XX": OpenApiResponse(description="Taken. Any other answer is tried again for three days.")},
            examples=[OpenApiExample("Example", {**EVENT, "event": event.value, **changes})],
        ),
    )


payment_success = _webhook(
    EventType.SUCCESS, "The money is there", "Sent once per payment, also when the money came after `payment.expired`."
)
payment_expired = _webhook(
    EventType.EXPIRED,
    "Time ran out without money",
    "Not final: `payment.success` may follow when the customer paid in the last seconds or late.",
    status="expired",
    utr=None,
)
payment_cancelled = _webhook(
    EventType.CANCELLED,
    "The payment was cancelled",
    "Only sent to endpoints that ask for it.",
    status="cancelled",
    utr=None,
    sequence=1,
)
payment_late = _webhook(
    EventType.LATE,
    "Money came that became no success",
    "A credit for a payment that was cancelled or paid already; staff decide. Only sent to endpoints that ask for it.",
    status="cancelled",
    utr=None,
    sequence=2,
)
