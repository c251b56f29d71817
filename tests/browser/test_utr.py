"""A customer who has paid types the UTR, in real Chromium."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from payments.models import PaymentSession
from payments.services import SessionDetails, create_session
from reconciliation.models import UtrClaim
from reconciliation.services.received import record_credit
from tests.browser.conftest import COMPUTER, PHONE

pytestmark = pytest.mark.django_db(transaction=True)
RRN = "624412345678"


@pytest.fixture
def session(asha, account) -> PaymentSession:
    return create_session(api_key=asha, requested_paise=100_00, details=SessionDetails()).session


def path(session: PaymentSession) -> str:
    return f"/checkout/{session.session_id}"


@pytest.mark.parametrize("device", [PHONE, COMPUTER], ids=["phone", "computer"])
def test_who_mistypes_is_told_and_who_then_does_not_sees_the_payment_come(session, browse, device):
    page = browse(path(session), device)
    page.get_by_text("Paid already? Enter your UTR").click()
    page.get_by_label("UTR of your payment").fill("T2604141230451234567890")
    page.get_by_role("button", name="Find my payment").click()

    field = page.get_by_label("UTR of your payment")
    expect(field).to_be_focused()
    expect(field).to_have_accessible_description(
        "This is PhonePe’s Transaction ID. Look for “UTR” on the same screen: 12 digits. "
        "The number of the payment in your UPI app: 12 digits."
    )
    field.fill("6244 1234 5678")
    page.keyboard.press("Enter")

    expect(page.get_by_text("We are looking for your payment with the UTR ending in 5678.")).to_be_visible()
    assert page.url.endswith(path(session))
    record_credit(amount_paise=session.payable_paise, rrn=RRN, credited_at=timezone.now())
    expect(page.get_by_role("heading", name="Payment received")).to_be_visible(timeout=5_000)


def test_the_keyboard_alone_is_enough(session, browse):
    page = browse(path(session))
    page.locator("#claim > summary").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type(RRN)
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Find my payment")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(page.get_by_text("“UPI transaction ID”, not the Google transaction ID")).to_be_visible()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Space")

    expect(page.get_by_text("ending in 5678")).to_be_visible()


def test_without_javascript_it_is_a_page_that_stays(session, browse):
    page = browse(path(session), PHONE, java_script_enabled=False)
    expect(page.get_by_label("UTR of your payment")).to_be_hidden()
    page.get_by_role("link", name="Paid already? Enter your UTR").click()
    page.get_by_text("Where do I find it?").click()
    expect(page.get_by_text("“UTR”, not the Transaction ID with T")).to_be_visible()
    page.get_by_label("UTR of your payment").fill("624412345678")
    page.get_by_role("button", name="Find my payment").click()

    expect(page.get_by_text("ending in 5678")).to_be_visible()
    assert UtrClaim.objects.get().session == session


def test_who_waits_for_minutes_is_asked(session, browse):
    PaymentSession.objects.update(created_at=timezone.now() - timedelta(seconds=177))
    page = browse(path(session))
    expect(page.get_by_label("UTR of your payment")).to_be_hidden()

    expect(page.get_by_label("UTR of your payment")).to_be_visible(timeout=8_000)


def test_what_was_being_typed_survives_the_end_of_the_time(session, browse):
    PaymentSession.objects.update(expires_at=timezone.now() + timedelta(seconds=4))
    page = browse(path(session))
    page.locator("#claim > summary").click()
    page.get_by_label("UTR of your payment").press_sequentially("624412")

    expect(page.get_by_role("heading", name="This payment has expired")).to_be_visible(timeout=10_000)
    field = page.get_by_label("UTR of your payment")
    expect(field).to_have_value("624412")
    expect(field).to_be_focused()
    page.keyboard.press("End")
    page.keyboard.type("345678")
    page.keyboard.press("Enter")
    expect(page.get_by_text("ending in 5678")).to_be_visible()
