import io
import re
from datetime import timedelta
from typing import Any

import pytest
import zxingcpp
from django.utils import timezone
from PIL import Image
from playwright.sync_api import Page, expect

from payments.models import PaymentSession, UpiAccount
from payments.services import SessionDetails, cancel_session, confirm_session, create_session
from reconciliation.services.claims import claim_utr
from tests.browser.conftest import COMPUTER, PHONE

pytestmark = pytest.mark.django_db(transaction=True)
UTR = "103100084802"
MARK = "window.sameDocument = true"
SAME = "window.sameDocument === true"


@pytest.fixture
def open_session(asha, account):
    def open_session(*, lasts: int = 600, **details: str) -> PaymentSession:
        session = create_session(api_key=asha, requested_paise=100_00, details=SessionDetails(**details)).session
        session.payable_paise = 9937
        session.expires_at = timezone.now() + timedelta(seconds=lasts)
        session.save()
        return session

    return open_session


def path(session: PaymentSession) -> str:
    return f"/checkout/{session.session_id}"


def pay(session: PaymentSession) -> None:
    assert confirm_session(session_id=session.pk, credited_at=timezone.now(), utr=UTR)


def come_back(page: Page) -> None:
    """What a browser tells a page when the customer returns from the UPI app."""
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


def seconds_shown(page: Page) -> int:
    minutes, seconds = page.locator("[data-countdown]").inner_text().split(":")
    return int(minutes) * 60 + int(seconds)


def test_the_countdown_runs_on_the_servers_time(open_session, browse):
    page = browse("/checkout/none")
    page.add_init_script("Date.now = () => 0; Date = class extends Date { constructor() { super(0) } }")
    page.goto(path(open_session(lasts=83)))
    assert page.evaluate("new Date().getFullYear()") == 1970

    assert 81 <= (before := seconds_shown(page)) <= 83
    page.wait_for_timeout(3_500)
    assert before - 5 <= seconds_shown(page) <= before - 2


def test_the_last_minute_is_announced_once(open_session, browse):
    page = browse(path(open_session(lasts=62)))

    expect(page.get_by_role("status")).to_have_text("One minute left to pay", timeout=5_000)


@pytest.mark.parametrize("device", [PHONE, COMPUTER], ids=["phone", "computer"])
def test_a_payment_shows_up_without_a_reload(open_session, browse, device):
    session = open_session(return_url="https://shop.example/thanks")
    page = browse(path(session), device)
    page.evaluate(MARK)

    pay(session)

    expect(page.get_by_role("heading", name="Payment received")).to_be_visible(timeout=5_000)
    expect(page.get_by_text(UTR)).to_be_visible()
    expect(page).to_have_title("Paid ₹99.37")
    expect(page.get_by_role("status")).to_have_text("Payment received")
    expect(page.get_by_role("link", name="Back to the shop")).to_have_attribute(
        "href", f"https://shop.example/thanks?session_id={session.session_id}&status=success"
    )
    assert page.evaluate(SAME)


def test_a_page_that_has_its_answer_asks_no_more(open_session, browse):
    session = open_session()
    page = browse(path(session))
    pay(session)
    expect(page.get_by_role("heading", name="Payment received")).to_be_visible(timeout=5_000)

    asked = []
    page.on("request", lambda request: asked.append(request.url))
    come_back(page)
    page.wait_for_timeout(4_000)

    assert asked == []


def test_when_time_is_up_it_says_so_and_still_sees_a_late_payment(open_session, browse):
    session = open_session(lasts=3)
    page = browse(path(session), PHONE)
    page.evaluate(MARK)

    expect(page.get_by_role("heading", name="This payment has expired")).to_be_visible(timeout=6_000)
    pay(session)
    come_back(page)

    expect(page.get_by_role("heading", name="Payment received")).to_be_visible(timeout=2_000)
    assert page.evaluate(SAME)


def test_a_cancelled_payment_takes_the_code_away(open_session, browse):
    session = open_session()
    page = browse(path(session))

    cancel_session(session_id=session.pk, actor="asha")

    expect(page.get_by_role("heading", name="This payment was cancelled")).to_be_visible(timeout=5_000)
    expect(page.get_by_role("img")).to_have_count(0)


def test_a_busy_server_is_left_alone_for_as_long_as_it_asks(open_session, browse):
    session = open_session()
    page = browse(path(session))
    asked = []

    def busy(route: Any) -> None:
        asked.append(route.request.url)
        route.fulfill(status=503, headers={"Retry-After": "60"})

    page.route("**/status", busy)
    page.wait_for_timeout(8_000)
    assert len(asked) == 1

    page.unroute("**/status")
    pay(session)
    come_back(page)
    expect(page.get_by_role("heading", name="Payment received")).to_be_visible(timeout=2_000)


def test_a_lost_connection_is_said_and_recovers(open_session, browse):
    session = open_session()
    page = browse(path(session), PHONE)
    page.context.set_offline(True)

    line = page.locator("[data-connection]")
    expect(line).to_have_text("No connection. Trying again…", timeout=12_000)
    pay(session)
    page.context.set_offline(False)

    expect(page.get_by_role("heading", name="Payment received")).to_be_visible(timeout=2_000)


def test_what_is_copied_is_what_apps_take(open_session, browse):
    page = browse(path(open_session()), permissions=["clipboard-read", "clipboard-write"])

    page.get_by_role("button", name="Copy UPI ID").click()
    expect(page.get_by_role("status")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == "asha.traders@okhdfcbank"

    page.get_by_role("button", name="Copy amount").click()
    expect(page.get_by_role("button", name="Copied amount")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == "99.37"
    expect(page.get_by_role("button", name="Copy amount")).to_be_visible(timeout=3_000)


def test_copying_works_where_the_browser_has_no_clipboard_for_pages(open_session, browse):
    session = open_session()
    page = browse("/checkout/none", permissions=["clipboard-read", "clipboard-write"])
    page.add_init_script("Object.defineProperty(Navigator.prototype, 'clipboard', {value: undefined})")
    page.goto(path(session))

    page.get_by_role("button", name="Copy UPI ID").click()

    expect(page.get_by_role("status")).to_have_text("Copied")
    expect(page.get_by_role("button", name="UPI ID")).to_be_focused()
    reader = page.context.new_page()
    reader.goto(path(session))
    assert reader.evaluate("navigator.clipboard.readText()") == "asha.traders@okhdfcbank"


def test_without_javascript_everything_is_there_and_the_page_looks_by_itself(open_session, browse):
    session = open_session()
    page = browse(path(session), PHONE, java_script_enabled=False)

    expect(page.locator(".amount")).to_have_text("₹99.37")
    expect(page.get_by_role("img")).to_be_visible()
    expect(page.get_by_role("link", name="Pay with a UPI app")).to_have_attribute("href", session.upi_link)
    expect(page.get_by_role("link", name="Look now")).to_be_visible()
    expect(page.get_by_role("button")).to_have_count(0)
    expect(page.get_by_role("timer")).to_have_count(0)

    pay(session)
    expect(page.get_by_role("heading", name="Payment received")).to_be_visible(timeout=15_000)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("device", [PHONE, COMPUTER], ids=["phone", "computer"])
def test_the_code_can_be_read_off_the_screen(open_session, browse, device, scheme):
    session = open_session()
    page = browse(path(session), device, color_scheme=scheme)

    screen = Image.open(io.BytesIO(page.screenshot(full_page=True)))

    assert [code.text for code in zxingcpp.read_barcodes(screen.convert("L"))] == [session.upi_link]


def test_an_app_that_is_missing_is_said_on_the_page(open_session, browse):
    session = open_session()
    page = browse(path(session), PHONE)
    notice = page.get_by_text("This app is not on this phone.")
    expect(notice).to_be_hidden()

    page.goto(f"{path(session)}#no-app")

    expect(notice).to_be_visible()


def test_the_keyboard_goes_from_top_to_bottom(open_session, browse):
    page = browse(path(open_session(return_url="https://shop.example/")))

    visited = []
    for _ in range(4):
        page.keyboard.press("Tab")
        visited.append(page.evaluate("document.activeElement.innerText.replace(/\\s+/g, ' ').trim()"))
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"

    assert visited == ["Save the QR picture", "Copy UPI ID", "Copy amount", "Pay with a UPI app"]


def test_who_had_the_focus_lands_on_the_news(open_session, browse):
    session = open_session()
    page = browse(path(session))
    page.get_by_role("button", name="Copy amount").focus()

    pay(session)

    expect(page.get_by_role("heading", name="Payment received")).to_be_focused(timeout=5_000)


def test_who_wants_no_motion_gets_none(open_session, browse):
    page = browse(path(open_session()), reduced_motion="reduce")

    assert page.evaluate("document.getAnimations().length") == 0


# Every state, on every device and in both schemes


def _pending(open_session: Any) -> PaymentSession:
    return open_session(merchant_ref="R" * 255, description="d" * 300)


def _paid(open_session: Any) -> PaymentSession:
    session = open_session(merchant_ref="R" * 255, return_url="https://shop.example/")
    pay(session)
    return session


def _cancelled(open_session: Any) -> PaymentSession:
    session = open_session()
    cancel_session(session_id=session.pk, actor="asha")
    return session


def _expired(open_session: Any) -> PaymentSession:
    return open_session(lasts=-1, return_url="https://shop.example/")


def _slow(open_session: Any) -> PaymentSession:
    """Nothing reports the bank's credits, and the customer is asked for the UTR."""
    UpiAccount.objects.update(unwatched_since=timezone.now())
    return open_session()


def _claimed(open_session: Any) -> PaymentSession:
    session = open_session()
    claim_utr(session_id=session.pk, text=UTR, client=None)
    return session


every_state = pytest.mark.parametrize("state", [_pending, _slow, _claimed, _paid, _cancelled, _expired, None])


def _visit(browse: Any, open_session: Any, state: Any, device: Any, **options: Any) -> Page:
    return browse(path(state(open_session)) if state else "/checkout/none", device, **options)


@every_state
def test_a_narrow_phone_needs_no_sideways_scrolling(open_session, browse, state, account):
    UpiAccount.objects.filter(pk=account.pk).update(upi_id=f"{'a' * 60}@okhdfcbank", payee_name="ASHA" * 20)
    page = _visit(browse, open_session, state, PHONE)

    assert page.evaluate("document.documentElement.scrollWidth") == 360


@every_state
def test_everything_to_touch_is_large_enough(open_session, browse, state):
    page = _visit(browse, open_session, state, PHONE)

    # A link inside a sentence is as high as its line.
    for target in page.locator("a:visible:not(.notice a), button:visible, input:visible, summary:visible").all():
        box = target.bounding_box()
        assert box["height"] >= 44, target.inner_text()
        assert box["width"] >= 44, target.inner_text()


@every_state
def test_the_page_has_names_for_everything(open_session, browse, state):
    page = _visit(browse, open_session, state, PHONE)

    assert page.evaluate("document.documentElement.lang") == "en-gb"
    assert page.title()
    expect(page.get_by_role("main")).to_have_count(1)
    expect(page.get_by_role("heading", level=1)).to_have_count(1)
    for image in page.locator("img").all():
        assert image.get_attribute("alt")
    for control in page.locator("a, button").all():
        assert re.search(r"\w", control.text_content())
    levels = [int(name[1]) for name in page.evaluate("[...document.querySelectorAll('h1,h2,h3')].map(h => h.tagName)")]
    assert levels == sorted(levels)


FAINT_TEXTS = """() => {
  const channels = color => color.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b]
    .map(c => c / 255)
    .map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = element => {
    for (let at = element; at; at = at.parentElement) {
      const [r, g, b, alpha = 1] = channels(getComputedStyle(at).backgroundColor);
      if (alpha === 1) return [r, g, b];
    }
    return [255, 255, 255];
  };
  const faint = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  let seen = 0;
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    if (!texts.currentNode.data.trim() || !element.getClientRects().length) continue;
    seen += 1;
    const style = getComputedStyle(element);
    const [one, two] = [light(channels(style.color)), light(behind(element))].sort((a, b) => b - a);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    const ratio = (one + 0.05) / (two + 0.05);
    if (ratio < (large ? 3 : 4.5)) faint.push(`${ratio.toFixed(2)} ${texts.currentNode.data.trim()}`);
  }
  return { seen, faint };
}"""


@every_state
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_stands_out_from_what_is_behind_it(open_session, browse, state, scheme):
    page = _visit(browse, open_session, state, PHONE, color_scheme=scheme)

    found = page.evaluate(FAINT_TEXTS)

    assert found["seen"] >= 4
    assert found["faint"] == []


def test_the_contrast_check_can_fail(open_session, browse):
    page = browse(path(open_session()))
    page.evaluate("document.querySelector('.payee').style.color = '#999'")

    assert any("You will see" in text for text in page.evaluate(FAINT_TEXTS)["faint"])
