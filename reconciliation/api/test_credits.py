from typing import ClassVar

from django.utils import timezone
from rest_framework.exceptions import NotFound, PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from apikeys.caller import calling_key
from payments import snapshot
from payments.models import PaymentSession
from payments.money import two_decimals
from payments.wire import JsonText
from reconciliation.api.schema import simulate_credit
from reconciliation.api.serializers import TestCreditSerializer
from reconciliation.models import Credit
from reconciliation.rehearsals import Kind, record_test_credit


class TestKeyNeeded(PermissionDenied):
    stable_code = "test_key_needed"
    default_detail = "Only a test key (pgk_test_…) can simulate a credit."


class TestCreditViewSet(ViewSet):
    """Simulated credits for test payments, through the same path as a bank's alert."""

    permission_by_method: ClassVar[dict[str, str | None]] = {}

    @simulate_credit
    def create(self, request: Request) -> Response:
        api_key = calling_key(request)
        if not api_key.test:
            raise TestKeyNeeded
        serializer = TestCreditSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        own = PaymentSession.objects.for_key(api_key).filter(session_id=serializer.validated_data["session_id"])
        session = own.first()
        if session is None:
            raise NotFound("There is no payment with this session_id.")
        credit = record_test_credit(session_id=session.pk, kind=Kind(serializer.validated_data["kind"])).credit
        session.refresh_from_db()
        return Response(
            {
                "success": True,
                "credit": {
                    "amount": JsonText(two_decimals(credit.amount_paise)),
                    "utr": credit.rrn,
                    "state": credit.state,
                    "explanation": _explanation(credit, session),
                },
                "payment": snapshot.payment_object(session, now=timezone.now()),
            }
        )


def _explanation(credit: Credit, session: PaymentSession) -> str:
    # What staff read of any other credit names payments near it, and in test mode all keys share their amounts.
    return credit.explanation if credit.session_id == session.pk else f"{credit.get_reason_display()}."
