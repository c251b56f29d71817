"""What the OpenAPI file says about simulated credits."""

from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema, inline_serializer

from payments.api.schema_examples import PAYMENT
from payments.api.schema_objects import Payment, shown
from payments.api.schema_rules import refuses
from reconciliation.api.serializers import TestCreditSerializer
from reconciliation.models import CreditState
from reconciliation.rehearsals import Kind

_CREDIT = {
    "amount": PAYMENT["payable_amount"],
    "utr": "103100084802",
    "state": "matched",
    "explanation": f"It paid {PAYMENT['session_id']}.",
}
_PAID = {**PAYMENT, "status": "success", "test": True, "utr": _CREDIT["utr"]}

_credit = inline_serializer(
    "Credit",
    {
        "amount": shown({"type": "number", "minimum": 0.01}, "What came in, in rupees."),
        "utr": shown({"type": "string", "pattern": "^[0-9]{12}$"}, "A made-up UTR."),
        "state": shown({"type": "string", "enum": CreditState.values}, "Whether it paid, or is for staff."),
        "explanation": shown({"type": "string"}, "Why, as staff read it."),
    },
)
_answer = inline_serializer(
    "TestCreditAnswer",
    {
        "success": shown({"type": "boolean", "const": True}, "Always true here."),
        "credit": _credit,
        "payment": Payment(),
    },
)
_kinds = " ".join(f"`{kind.value}`: {kind.label.lower()}." for kind in Kind)

simulate_credit = extend_schema(
    operation_id="simulateCredit",
    tags=["Test mode"],
    summary="Simulate a payment",
    description="Credits a payment of test mode through the same path as a bank's alert; webhooks follow as in live "
    f"mode. {_kinds}",
    request=TestCreditSerializer,
    responses={
        200: OpenApiResponse(
            _answer,
            "What became of the credit, and the payment after it.",
            examples=[
                OpenApiExample("Example", {"success": True, "credit": _CREDIT, "payment": _PAID}, response_only=True)
            ],
        )
    },
    examples=[
        OpenApiExample("Example", {"session_id": PAYMENT["session_id"], "kind": "exact"}, request_only=True),
    ],
    extensions=refuses("not_found", "test_key_needed", "cannot_simulate"),
)
