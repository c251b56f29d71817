import pytest
from playwright.sync_api import expect

from payments.models import PaymentSession
from reconciliation.models import Credit
from reconciliation.services.received import record_credit
from tests.browser.conftest import COMPUTER, PHONE
from tests.browser.test_admin_pages import session, sideways, sign_in  # noqa: F401 - fixtures

pytestmark = pytest.mark.django_db(transaction=True)
CREDITS = "/admin/reconciliation/credit/"


@pytest.fixture
def credit(session) -> Credit:  # noqa: F811
    """What Lakshmi's payment asked for, and a paisa more."""
    return record_credit(amount_paise=session.payable_paise + 1, rrn="624412345678", payer="lakshmi@okaxis").credit


@pytest.mark.parametrize("device", [PHONE, COMPUTER])
def test_a_credit_is_given_to_the_payment_beside_it(sign_in, credit, device):  # noqa: F811
    page = sign_in("Operator", device)
    page.goto(f"{CREDITS}{credit.pk}/change/")
    assert sideways(page) == 0

    page.get_by_role("link", name="Give it to").click()
    page.get_by_label("Reason").fill("The customer rounded the amount")
    page.get_by_role("button", name="Pays a session").click()

    expect(page.get_by_text("is paid with this credit.")).to_be_visible()
    assert PaymentSession.objects.get().status == "success"


@pytest.mark.parametrize("device", [PHONE, COMPUTER])
def test_money_goes_back_from_its_page(sign_in, credit, device):  # noqa: F811
    page = sign_in("Operator", device)
    page.goto(f"{CREDITS}{credit.pk}/change/")

    page.get_by_role("link", name="Refund", exact=True).click()
    expect(page.get_by_label("Payer's UPI ID")).to_have_value("lakshmi@okaxis")
    page.get_by_label("Reason").fill("Paid twice")
    page.get_by_role("button", name="Refund").click()
    expect(page.get_by_role("img", name="QR code that pays")).to_be_visible()
    assert sideways(page) == 0
    page.get_by_role("link", name="It is paid back").click()
    page.get_by_label("UTR").fill("6244 0000 0001")
    page.get_by_role("button", name="It is paid back").click()

    expect(page.get_by_text("The refund is closed.")).to_be_visible()
    assert Credit.objects.get().refund_utr == "624400000001"
