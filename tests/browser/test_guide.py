"""The guide and the API reference as people see them."""

import pytest

from tests.browser.conftest import COMPUTER, PHONE

PATHS = ["/docs", "/docs/api"]


@pytest.mark.parametrize("device", [PHONE, COMPUTER], ids=["phone", "computer"])
@pytest.mark.parametrize("path", PATHS)
def test_nothing_is_wider_than_the_screen(browse, path, device):
    page = browse(path, device)

    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_choosing_a_language_chooses_it_for_every_sample(browse):
    page = browse("/docs")
    page.get_by_text("Python", exact=True).first.click()

    assert page.get_by_text("from urllib.request import Request, urlopen").is_visible()
    assert page.get_by_text("from http.server import BaseHTTPRequestHandler").is_visible()


def test_without_script_the_samples_can_still_be_chosen_and_no_button_is_dead(browse):
    page = browse("/docs", java_script_enabled=False)
    page.get_by_text("PHP", exact=True).first.click()

    assert page.get_by_text("CURLOPT_RETURNTRANSFER").is_visible()
    assert page.get_by_role("button", name="Copy").count() == 0


def test_a_sample_is_copied_as_it_stands(browse, live_server, settings):
    settings.BASE_URL = live_server.url
    page = browse("/docs", permissions=["clipboard-read", "clipboard-write"])
    page.locator("#base-url .copy").click()

    page.get_by_role("button", name="Copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == live_server.url


def test_the_keyboard_reaches_the_samples(browse):
    page = browse("/docs")
    page.locator("#create-1").focus()
    page.keyboard.press("ArrowRight")

    assert page.locator("#create-2").is_checked()
    assert page.get_by_text("curl --silent --show-error").first.is_visible()
