import pytest
from django.utils import timezone

from backoffice.models import StaffAction
from payments.models import PaymentSession
from tests.backoffice.pages import says

pytestmark = pytest.mark.django_db


def path(session) -> str:
    return f"/admin/payments/paymentsession/{session.pk}/cancel/"


def test_an_operator_cancels_a_pending_payment(omar, session):
    answer = omar.post(path(session), {"reason": "Ordered twice"}, follow=True)

    assert f"{session.session_id} is cancelled." in says(answer)
    session.refresh_from_db()
    assert session.status == "cancelled"
    assert (session.events.get().actor, session.events.get().reason) == ("omar", "Ordered twice")
    assert StaffAction.objects.get().reason == "Ordered twice"


def test_without_a_reason_nothing_happens(omar, session):
    answer = omar.post(path(session), {"reason": " "})

    assert answer.status_code == 400
    session.refresh_from_db()
    assert session.status == "pending"
    assert not session.events.exists()
    assert not StaffAction.objects.exists()


@pytest.mark.parametrize("status", ["success", "expired", "cancelled"])
def test_what_is_no_longer_pending_says_so(omar, session, status):
    PaymentSession.objects.filter(pk=session.pk).update(status=status)

    answer = omar.post(path(session), {"reason": "Ordered twice"})

    assert answer.status_code == 409
    assert f"Only a pending payment can be cancelled; this one is {status}." in says(answer)
    assert not StaffAction.objects.exists()


def test_an_overdue_payment_is_expired_and_not_cancelled(omar, session):
    PaymentSession.objects.filter(pk=session.pk).update(expires_at=timezone.now())

    answer = omar.post(path(session), {"reason": "Ordered twice"})

    assert "this one is expired" in says(answer)
    assert not session.events.exists()
