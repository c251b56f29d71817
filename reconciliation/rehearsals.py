"""Money for test payments, on the path that a bank's alert takes."""

import secrets
from datetime import timedelta

from django.db import transaction
from django.db.models import TextChoices
from django.utils import timezone

from payments import services as payments
from payments.exceptions import PaymentError
from payments.locks import lock_name
from payments.models import PaymentSession
from reconciliation.crediting import Taken, lock_reference
from reconciliation.models import Credit, CreditSource
from reconciliation.services.received import record_credit


class Kind(TextChoices):
    """How the customer of a test payment behaves."""

    EXACT = "exact", "Pays exactly, in time"
    LATE = "late", "Pays after it has expired"
    SHORT = "short", "Pays ₹0.01 too little"
    OVER = "over", "Pays ₹0.01 too much"
    DUPLICATE = "duplicate", "The bank reports one payment twice"


_OFF_BY = {Kind.SHORT: -1, Kind.OVER: 1}


class CannotSimulate(PaymentError):
    code = "cannot_simulate"


@transaction.atomic
def record_test_credit(*, session_id: int, kind: Kind) -> Taken:
    """Credit a test payment as if the bank had reported it now. Raises CannotSimulate; then nothing was changed."""
    session = PaymentSession.objects.get(pk=session_id)
    if not session.test:
        raise CannotSimulate("This is a live payment: only the bank's word makes it paid.")
    earlier = session.credits.exclude(rrn="").first() if kind == Kind.DUPLICATE else None
    # In the order of every credit's path, before the payment's row: two at once would else wait for each other.
    lock_reference(earlier.rrn if earlier else "", test=True)
    lock_name(session.amount_space)
    if kind == Kind.LATE:
        payments.expire_test_session(session_id=session_id)
    if kind == Kind.DUPLICATE:
        rrn = earlier.rrn if earlier else _credit(session, _amount(session, kind), rrn=_new_rrn()).credit.rrn
        return _credit(session, session.payable_paise, rrn=rrn)
    return _credit(session, _amount(session, kind), rrn=_new_rrn())


def _amount(session: PaymentSession, kind: Kind) -> int:
    amount = session.payable_paise + _OFF_BY.get(kind, 0)
    others = PaymentSession.objects.filter(amount_space=session.amount_space, payable_paise=amount)
    # Test payments of all shops share their amounts: a wrong amount here may be the right one there.
    if others.exclude(pk=session.pk).filter(hold_until__gt=timezone.now() - timedelta(minutes=1)).exists():
        raise CannotSimulate("Another test payment asks for just that amount. Try it with a new payment.")
    return amount


def _credit(session: PaymentSession, amount: int, *, rrn: str) -> Taken:
    return record_credit(
        amount_paise=amount,
        rrn=rrn,
        upi_account=session.upi_account,
        credited_at=timezone.now(),
        payer="test.customer@invalid",
        source=CreditSource.TEST,
    )


def _new_rrn() -> str:
    while True:
        rrn = f"{secrets.randbelow(10**12):012d}"
        if not Credit.objects.filter(test=True, rrn=rrn).exists():
            return rrn
