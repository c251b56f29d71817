from collections.abc import Callable
from typing import Any

import pytest

from payments.models import PaymentSession
from payments.services import SessionDetails, confirm_session, create_session
from tests.receivers import endpoint, receiver, start_receiver
from webhooks import services

__all__ = ["endpoint", "receiver", "start_receiver"]


@pytest.fixture
def open_session(account) -> Callable[..., PaymentSession]:
    def open_session(key: Any, rupees: int = 100, **details: str) -> PaymentSession:
        details = {"customer_name": "Kiran Rao", "merchant_ref": "ORDER-123", **details}
        created = create_session(api_key=key, requested_paise=rupees * 100, details=SessionDetails(**details))
        return created.session

    return open_session


@pytest.fixture
def pay(open_session) -> Callable[..., PaymentSession]:
    """Open a session and confirm it, which records a payment.success."""
    rrns = iter(range(103100084802, 103100999999))

    def pay(key: Any, rupees: int = 100, **details: str) -> PaymentSession:
        session = open_session(key, rupees, **details)
        assert confirm_session(session_id=session.pk, credited_at=session.created_at, utr=str(next(rrns)))
        session.refresh_from_db()
        return session

    return pay


@pytest.fixture
def dispatch() -> Callable[[], None]:
    """What the worker does when the bell rings."""

    def dispatch() -> None:
        services.fan_out_events()
        services.deliver_due()

    return dispatch
