"""A confirmation and what is learnt afterwards: corrected where it can be, told to staff where it cannot."""

from collections.abc import Collection

from payments import services as payments
from payments.models import NoticeKind, SessionException
from payments.money import in_words_of_rupees
from payments.notices import raise_notice
from reconciliation import matching
from reconciliation.models import Credit, CreditState
from reconciliation.times import CreditTime


def compare(credit: Credit, when: CreditTime, account_ids: Collection[int]) -> None:
    """Hold what is known now of a matched credit, its time and the accounts it may be for, against its payment."""
    session = credit.session
    if session is None or credit.settled_by or session.exception == SessionException.MARKED:
        return
    if not matching.holds(session.created_at, session.hold_until, when):
        _tell(credit, "The money came at a moment when this payment did not ask for it.")
    elif session.upi_account_id not in account_ids:
        _tell(credit, "The money came to another account than the payment's.")
    else:
        payments.correct_paid_at(session_id=session.pk, credited_at=max(credit.credited_at, session.created_at))


def say_utr(credit: Credit) -> None:
    """Note the reference of a confirmed payment that had none."""
    session = credit.session
    if credit.state != CreditState.MATCHED or session is None or not credit.rrn or session.utr == credit.rrn:
        return
    if not payments.add_utr(session_id=session.pk, utr=credit.rrn) and not credit.settled_by:
        _tell(credit, f"UTR {credit.rrn} stands on another payment, or this one has another UTR.")


def _tell(credit: Credit, what: str) -> None:
    """Tell staff that a confirmation is doubtful. It stays: nothing makes a paid payment unpaid."""
    assert credit.session is not None  # noqa: S101 - a matched credit has a session
    session_id = credit.session.session_id
    raise_notice(
        kind=NoticeKind.CONTRADICTION,
        key=session_id,
        subject=f"{session_id} was confirmed, and a later alert contradicts it",
        text=f"{what} {session_id} stays a success. Compare credit {credit.pk} of "
        f"{in_words_of_rupees(credit.amount_paise)} with the bank's books before you ship.",
    )
