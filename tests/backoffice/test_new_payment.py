import pytest

from backoffice.models import StaffAction
from payments.models import PaymentSession
from tests.backoffice.pages import column, says

pytestmark = pytest.mark.django_db
ADD = "/admin/payments/paymentsession/add/"
FORM = {"amount": "1,499.50", "customer_name": "Priya Nair", "description": "Two lamps", "expires_in": "3600"}


def test_an_operator_asks_for_a_payment(omar, account):
    answer = omar.post(ADD, FORM, follow=True)

    session = PaymentSession.objects.get()
    assert session.api_key is None
    assert (session.requested_paise, session.customer_name, session.description) == (149950, "Priya Nair", "Two lamps")
    assert (session.expires_at - session.created_at).total_seconds() == 3600
    assert not session.test
    assert f"/checkout/{session.session_id}" in says(answer)
    assert (StaffAction.objects.get().action, StaffAction.objects.get().object_name) == (
        "new-payment",
        session.session_id,
    )
    assert column(omar.get("/admin/payments/paymentsession/"), "Source") == ["Dashboard"]


@pytest.mark.parametrize(
    ("amount", "said"),
    [
        ("", "This field is required."),
        ("1.999", "Write rupees with at most two decimals"),
        ("1e3", "Write rupees with at most two decimals"),
        ("-5", "Write rupees with at most two decimals"),
        ("1", "between ₹2.00 and ₹1,00,000.00"),
        ("100000.01", "between ₹2.00 and ₹1,00,000.00"),
    ],
)
def test_an_amount_that_cannot_be_asked_is_refused(omar, account, amount, said):
    answer = omar.post(ADD, FORM | {"amount": amount})

    assert answer.status_code == 400
    assert said in says(answer)
    assert not PaymentSession.objects.exists()


def test_without_a_upi_account_staff_learn_what_is_missing(omar):
    answer = omar.post(ADD, FORM)

    assert answer.status_code == 409
    assert "No UPI account takes live payments yet." in says(answer)
    assert not StaffAction.objects.exists()
