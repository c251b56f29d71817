import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any

import pytest
import time_machine

from payments.models import PaymentSession
from payments.services import SessionDetails, create_session

MORNING = datetime(2026, 4, 14, 1, 0, tzinfo=UTC)
ANDROID = "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Mobile"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Safari/604.1"


@pytest.fixture
def clock() -> Iterator[Any]:
    """It is 14 April 2026, 01:00:00 UTC, until the test moves on with `clock.shift(seconds)`."""
    with time_machine.travel(MORNING, tick=False) as clock:
        yield clock


@pytest.fixture
def open_session(asha, account, clock) -> Callable[..., PaymentSession]:
    """Open a session of ₹100 in Asha's shop that is paid with ₹99.37 and lasts ten minutes."""

    def open_session(*, api_key: Any = asha, paise: int = 9937, **details: str) -> PaymentSession:
        session = create_session(
            api_key=api_key, requested_paise=-(-paise // 100) * 100, details=SessionDetails(**details), expires_in=600
        ).session
        session.payable_paise, session.session_id = paise, "A1B2C3D4E5F67890"
        session.save()
        return session

    return open_session


@pytest.fixture
def visit(client) -> Callable[..., "Page"]:
    """Open a session's page as a customer does: `visit(session)`."""

    def visit(session: PaymentSession | str, *, user_agent: str = "") -> Page:
        session_id = session if isinstance(session, str) else session.session_id
        return Page(client.get(f"/checkout/{session_id}", headers={"User-Agent": user_agent}))

    return visit


class Page(HTMLParser):
    """A page as a browser sees it: its elements and its words."""

    def __init__(self, response: Any) -> None:
        super().__init__()
        self.response = response
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.words: list[str] = []
        self.feed(response.content.decode())

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag not in {"strong", "wbr"}:
            self.words.append(" ")
        self.elements.append((tag, {name: value or "" for name, value in attributes}))

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join("".join(self.words).split())

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.elements if name == tag]

    def attributes(self, name: str) -> list[str]:
        return [attributes[name] for _, attributes in self.elements if name in attributes]


def ask(client: Any, session: PaymentSession, **headers: str) -> dict[str, Any]:
    """Ask for a session's status as its page does."""
    return json.loads(client.get(f"/checkout/{session.session_id}/status", headers=headers).content)
