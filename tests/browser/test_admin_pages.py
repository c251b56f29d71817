import re

import pytest
from playwright.sync_api import Page, expect

from apikeys.models import ApiKey
from backoffice.staff import create_staff
from payments.models import PaymentSession
from payments.services import SessionDetails, create_session
from reconciliation.models import AlertChannel, ImportState, RowOutcome, StatementImport, StatementRow
from reconciliation.services.channels import add_channel
from reconciliation.services.received import record_credit
from reconciliation.services.statement_files import load_statement, read_next
from tests.browser.conftest import COMPUTER, PHONE
from tests.reconciliation.statements.files import HDFC_CSV
from webhooks.services import add_endpoint, send_test

pytestmark = pytest.mark.django_db(transaction=True)
PAGES = [
    "/admin/",
    "/admin/payments/paymentsession/",
    "/admin/payments/paymentsession/add/",
    "/admin/apikeys/apikey/",
    "/admin/apikeys/apikey/add/",
    "/admin/webhooks/webhookendpoint/",
    "/admin/webhooks/delivery/",
    "/admin/reconciliation/credit/",
    "/admin/reconciliation/evidence/",
    "/admin/reconciliation/alertchannel/add/",
    "/admin/payments/upiaccount/add/",
    "/admin/auth/user/",
    "/admin/backoffice/staffaction/",
    "/admin/password_change/",
]


@pytest.fixture
def session(asha, account) -> PaymentSession:
    details = SessionDetails(customer_name="Lakshmi Venkataraman Subramaniam-Iyer", merchant_ref="ORDER-123" * 20)
    return create_session(api_key=asha, requested_paise=1_00_000_00, details=details).session


@pytest.fixture
def sign_in(browse):
    """Sign in through the login page as a new member of staff: `sign_in("Operator", PHONE)`."""

    def sign_in(role: str = "Admin", device: dict = COMPUTER, **options) -> Page:
        user, password = create_staff(username=role.lower(), role=role)
        page = browse("/admin/", device, **options)
        page.get_by_label("Username:").fill(user.username)
        page.get_by_label("Password:").fill(password)
        page.get_by_role("button", name="Log in").click()
        expect(page.get_by_role("heading", name="Overview")).to_be_visible()
        return page

    return sign_in


def statement_to_look_at() -> StatementImport:
    """A statement that was worked through and left its rows to staff."""
    channel = add_channel(kind=AlertChannel.Kind.STATEMENT, label="Current account")
    job = load_statement(channel=channel, file_name="september.csv", data=HDFC_CSV.encode(), actor="meera")
    assert read_next()
    credit = record_credit(amount_paise=1234_56, rrn="512345678901").credit
    StatementImport.objects.update(state=ImportState.DONE)
    StatementRow.objects.update(outcome=RowOutcome.REVIEW, credit=credit)
    return job


def sideways(page: Page) -> int:
    """How many pixels the page is wider than its window."""
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


def test_every_page_fits_a_small_phone(sign_in, session):
    page = sign_in(device=PHONE)
    detail = f"/admin/payments/paymentsession/{session.pk}"

    for path in [*PAGES, f"{detail}/change/", f"{detail}/mark-paid/"]:
        page.goto(path)
        assert sideways(page) == 0, path


def test_a_row_of_long_words_hides_none_of_its_actions(sign_in, session):
    page = sign_in()
    page.goto("/admin/payments/paymentsession/")
    edge = page.locator(".results").bounding_box()

    for label in ("Checkout", "Copy link", "Mark paid", "Cancel"):
        box = page.locator("td .act", has_text=re.compile(f"^{label}$")).bounding_box()
        assert box["x"] + box["width"] <= edge["x"] + edge["width"], label


def test_rows_become_cards_on_a_phone_and_name_their_columns(sign_in, session):
    page = sign_in(device=PHONE)
    page.goto("/admin/payments/paymentsession/")

    cell = page.locator("td.field-payable")
    assert cell.evaluate("cell => getComputedStyle(cell, '::before').content") == '"Payable"'
    button = page.get_by_role("link", name="Mark paid").bounding_box()
    assert button["x"] >= 0
    assert button["x"] + button["width"] <= 360


def test_a_cell_of_several_pieces_breaks_between_them_on_a_phone(sign_in, session):
    job = statement_to_look_at()
    page = sign_in(device=PHONE)
    page.goto(f"/admin/reconciliation/statementimport/{job.pk}/change/")

    pill = page.locator("td .chip").first
    link = page.get_by_role("link", name="the credit").first
    assert pill.bounding_box()["height"] < 30
    assert link.bounding_box()["height"] < 30


def test_the_present_page_comes_into_view_whenever_the_window_gets_narrow(sign_in):
    page = sign_in()
    page.goto("/admin/webhooks/delivery/")
    page.set_viewport_size({"width": 390, "height": 844})

    expect(page.locator("#pages [aria-current]")).to_be_in_viewport(ratio=1)


def test_all_rows_are_selected_at_once_on_a_phone(sign_in, asha):
    endpoint, _ = add_endpoint(api_key=asha, url="http://127.0.0.1:9/webhook")
    for _ in range(2):
        send_test(endpoint_id=endpoint.pk, actor="meera")
    page = sign_in("Operator", device=PHONE)
    page.goto("/admin/webhooks/delivery/")
    page.get_by_role("checkbox", name="Select all").check()

    expect(page.locator(".action-counter")).to_have_text("2 of 2 selected")


def test_a_field_for_a_moment_looks_like_the_others(sign_in):
    page = sign_in("Operator")
    page.goto("/admin/webhooks/redelivery/add/")

    looks = "field => { const look = getComputedStyle(field); return [look.borderRadius, look.fontSize, look.width]; }"
    since, reason = page.get_by_label("Failed since"), page.get_by_label("Reason")
    assert since.evaluate(looks) == reason.evaluate(looks)


def test_an_operator_marks_a_payment_paid_with_the_keyboard_alone(sign_in, session):
    page = sign_in("Operator")
    page.goto("/admin/payments/paymentsession/")
    page.get_by_role("link", name="Mark paid").focus()
    page.keyboard.press("Enter")

    page.get_by_label("UTR").focus()
    page.keyboard.type("4123 4567 8901")
    page.keyboard.press("Tab")
    page.keyboard.type("Seen in the bank's app")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    expect(page.get_by_text(f"{session.session_id} is marked as paid.")).to_be_visible()
    session.refresh_from_db()
    assert (session.status, session.utr) == ("success", "412345678901")


def test_a_new_key_is_copied_and_never_shown_again(sign_in):
    page = sign_in("Developer", permissions=["clipboard-read", "clipboard-write"])
    page.goto("/admin/apikeys/apikey/")
    page.get_by_role("link", name="Create API key").click()
    page.get_by_label("Label").fill("Asha Traders")
    page.get_by_role("button", name="Create API key").click()

    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    text = page.evaluate("navigator.clipboard.readText()")
    assert re.fullmatch(r"pgk_[A-Za-z0-9_-]{43}", text)

    page.get_by_role("link", name="Done").click()
    assert text not in page.content()
    assert text.startswith(ApiKey.objects.get().prefix)


def test_a_checkout_link_is_copied_from_the_list(sign_in, session):
    page = sign_in("Viewer", permissions=["clipboard-read", "clipboard-write"])
    page.goto("/admin/payments/paymentsession/")
    page.get_by_role("button", name="Copy link").click()

    assert page.evaluate("navigator.clipboard.readText()").endswith(f"/checkout/{session.session_id}")


def test_a_double_click_makes_one_payment(sign_in, account):
    page = sign_in("Operator")
    page.goto("/admin/payments/paymentsession/add/")
    page.get_by_label("Amount in ₹").fill("499")
    page.get_by_role("button", name="New payment").dblclick()

    expect(page.get_by_text("Send the checkout link below.")).to_be_visible()
    assert PaymentSession.objects.count() == 1


def test_everything_works_without_javascript(sign_in, session):
    page = sign_in("Operator", java_script_enabled=False)
    page.goto("/admin/payments/paymentsession/")
    page.get_by_role("link", name="Cancel", exact=True).click()
    page.get_by_label("Reason").fill("Ordered twice")
    page.get_by_role("button", name="Cancel").click()

    expect(page.get_by_text(f"{session.session_id} is cancelled.")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_ground(sign_in, session, scheme):
    page = sign_in(color_scheme=scheme)
    detail = f"/admin/payments/paymentsession/{session.pk}"

    for path in [*PAGES, f"{detail}/change/", f"{detail}/cancel/"]:
        page.goto(path)
        assert page.evaluate(FAINT) == [], path


# Every text whose contrast with what lies behind it is below WCAG AA (4.5, or 3 for large text).
FAINT = """() => {
  const parse = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const luminance = ([r, g, b]) => [r, g, b].map((part) => {
    const value = part / 255;
    return value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  }).reduce((sum, value, index) => sum + value * [0.2126, 0.7152, 0.0722][index], 0);
  const ground = (node) => {
    for (; node; node = node.parentElement) {
      const colour = parse(getComputedStyle(node).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  const faint = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode.parentElement;
    const style = getComputedStyle(node);
    if (!walker.currentNode.data.trim() || !node.checkVisibility() || node.closest(".visually-hidden")) continue;
    const [one, other] = [luminance(parse(style.color)), luminance(ground(node))].sort((a, b) => b - a);
    const ratio = (one + 0.05) / (other + 0.05);
    const large = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.66 && style.fontWeight >= 700);
    if (ratio < (large ? 3 : 4.5)) faint.push(`${walker.currentNode.data.trim()} ${ratio.toFixed(2)}`);
  }
  return faint;
}"""
