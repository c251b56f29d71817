from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from payments.models import PaymentSession
from payments.services import SessionDetails, create_session


@pytest.fixture
def open_session(asha, account) -> Callable[..., PaymentSession]:
    """Open a session of Asha's shop: `open_session(100_00, merchant_ref="ORDER-1")`."""

    def open_session(paise: int = 100_00, *, api_key: Any = asha, expires_in: int = 600, **details: str):
        created = create_session(
            api_key=api_key, requested_paise=paise, details=SessionDetails(**details), expires_in=expires_in
        )
        return created.session

    return open_session


@pytest.fixture
def make_overdue() -> Callable[[PaymentSession], PaymentSession]:
    """Move a session's times into the past, so that it is due for expiry but not for release."""

    def make_overdue(session: PaymentSession, by: timedelta = timedelta(seconds=1)) -> PaymentSession:
        session.expires_at = timezone.now() - by
        session.save(update_fields=["expires_at"])
        return session

    return make_overdue
