"""Credits of test mode, which take the path of real ones from there on."""

import secrets
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from payments import services as payments
from payments.models import PaymentSession
from reconciliation import services
from reconciliation.crediting import Taken
from reconciliation.models import CreditSource

KINDS = ("exact", "late", "short", "over", "duplicate")
_PAISE_OFF = {"short": -1, "over": 1}


@transaction.atomic
def record_test_credit(*, session: PaymentSession, kind: str) -> Taken:
    """Credit a test session: `exact`, a paisa `short` or `over`, `late` (it expires first), or `duplicate` (twice)."""
    if not session.test:
        raise ValueError("Only a session of test mode can be paid with test money.")
    if kind not in KINDS:
        raise ValueError(f"The kinds are {', '.join(KINDS)}.")
    if kind == "late":
        payments.expire_test_session(session_id=session.pk)
    now = timezone.now()
    rrn = f"{secrets.randbelow(10**12):012d}"
    if kind == "duplicate":
        rrn = _credit(session, session.utr or rrn, now).credit.rrn
    return _credit(session, rrn, now, paise_off=_PAISE_OFF.get(kind, 0))


def _credit(session: PaymentSession, rrn: str, now: datetime, *, paise_off: int = 0) -> Taken:
    return services.record_credit(
        amount_paise=session.payable_paise + paise_off,
        rrn=rrn,
        upi_account=session.upi_account,
        credited_at=now,
        payer="paygate.customer@invalid",
        source=CreditSource.TEST,
    )
