"""Real Chromium against a real server. `pytest tests/browser` runs these; a plain `pytest` does not collect them."""

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

# Playwright keeps an event loop running in the thread that runs the tests, which Django takes for async code.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--no-first-run",
]
ANDROID = "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Mobile"
PHONE = {
    "viewport": {"width": 360, "height": 740},
    "is_mobile": True,
    "has_touch": True,
    "device_scale_factor": 2,
    "user_agent": ANDROID,
}
COMPUTER = {"viewport": {"width": 1280, "height": 800}}


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture
def browse(chromium: Browser, live_server: Any) -> Iterator[Callable[..., Page]]:
    """Open a path as somebody with this device: `browse("/checkout/A1B2", PHONE, java_script_enabled=False)`.

    Whatever a test does: no page may ask another host for anything, break the security policy or throw.
    """
    contexts, foreign, complaints = [], [], []

    def watch(request: Any) -> None:
        if not request.url.startswith((live_server.url, "data:")):
            foreign.append(request.url)

    def listen(message: Any) -> None:
        if "Content Security Policy" in message.text:
            complaints.append(message.text)

    def browse(path: str, device: dict[str, Any] = COMPUTER, **options: Any) -> Page:
        context = chromium.new_context(base_url=live_server.url, **device | options)
        contexts.append(context)
        context.on("request", watch)
        context.on("console", listen)
        context.on("weberror", lambda error: complaints.append(str(error.error)))
        page = context.new_page()
        page.goto(path)
        return page

    yield browse
    for context in contexts:
        context.close()
    assert foreign == []
    assert complaints == []
