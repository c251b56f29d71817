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
)

from payments.api.pagination import DEFAULT_LIMIT, MAX_LIMIT
from payments.api.schema_examples import CANCELLED, CAPACITY, CREATE_REQUEST, EVENT, FEED_EVENT, KEY, PAYMENT
from payments.api.schema_objects import (
    ISO,
    SESSION_ID,
    CapacityAnswer,
    EventList,
    KeyAnswer,
    PaymentAnswer,
    PaymentList,
    WebhookEvent,
)
from payments.api.schema_rules import refuses
from payments.api.serializers import AMOUNT, CreatePaymentSerializer
from payments.models import EventType, Status


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


_session_id = OpenApiParameter("session_id", SESSION_ID, OpenApiParameter.PATH, description="The payment.")
_limit = OpenApiParameter(
    "limit",
    {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT},
    description="How many at most.",
)

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
    extensions=refuses("idempotency_key_reused", "no_upi_account", "no_payable_amount", "confirmation_unavailable"),
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
        _limit,
        OpenApiParameter("cursor", {"type": "string"}, description="`next_cursor` of the page before."),
        OpenApiParameter("merchant_ref", {"type": "string", "maxLength": 255}, description="Only with this reference."),
        OpenApiParameter("created_after", ISO, description="Only created after this moment; UTC if it has no zone."),
        OpenApiParameter("created_before", ISO, description="Only created before this moment."),
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

get_capacity = extend_schema(
    operation_id="getCapacity",
    tags=["Payments"],
    summary="Ask how many payments fit",
    description="Says how many payable amounts a price has left. Ask before a sale in which many pay the same price.",
    parameters=[
        OpenApiParameter("amount", AMOUNT, required=True, description="The price in rupees, as in create-payment.")
    ],
    responses={200: _answer(CapacityAnswer, "The capacity.", {"success": True, "capacity": CAPACITY})},
    extensions=refuses("validation_error"),
)

list_events = extend_schema(
    operation_id="listEvents",
    tags=["Events"],
    summary="Follow the events",
    description="The events of this key's payments as a feed, oldest first: what webhooks tell, for those who would "
    "rather ask, or missed some. Keep `next_cursor` and go on from there; no event is ever skipped.",
    parameters=[
        OpenApiParameter(
            "cursor",
            {"type": "string"},
            description="`next_cursor` of the answer before. Without it the feed begins with the oldest event; "
            "`latest` gives no event, only the cursor from which new ones follow.",
        ),
        _limit,
    ],
    responses={
        200: _answer(
            EventList,
            "A page of events.",
            {"success": True, "events": [FEED_EVENT], "next_cursor": "1", "has_more": False},
        )
    },
    extensions=refuses("validation_error"),
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
