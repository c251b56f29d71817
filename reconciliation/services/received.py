"""Money that came in: taken from the bank's books, and decided about by staff."""

from dataclasses import replace
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils import timezone

from payments import services as payments
from payments.exceptions import CannotMark, PaymentError
from payments.models import PaymentSession, SessionException, Status, UpiAccount
from payments.money import in_words_of_rupees
from reconciliation import crediting, explaining
from reconciliation.banks import bank_code
from reconciliation.crediting import Facts, Taken
from reconciliation.disputes import end_dispute
from reconciliation.models import Credit, CreditSource, CreditState
from reconciliation.times import CreditTime, Precision


class CannotRefund(PaymentError):
    code = "cannot_refund"


class UtrKnown(PaymentError):
    """Money with this UTR was told of before: `credit`."""

    code = "utr_known"

    def __init__(self, credit: Credit) -> None:
        super().__init__(f"UTR {credit.rrn} is known already, with {in_words_of_rupees(credit.amount_paise)}.")
        self.credit = credit


@transaction.atomic
def record_by_hand(
    *,
    amount_paise: int,
    rrn: str,
    upi_account: UpiAccount,
    credited_at: datetime,
    precision: Precision,
    payer: str = "",
) -> Taken:
    """Take in a credit that staff read in the bank's books. Raises UtrKnown; then nothing was changed.

    An alert may well tell of one payment again; a person who types a known UTR has mistyped it, or need not type.
    """
    crediting.lock_reference(rrn, test=upi_account.test)
    if known := Credit.objects.of_utr(rrn, test=upi_account.test).first():
        raise UtrKnown(known)
    return record_credit(
        amount_paise=amount_paise,
        rrn=rrn,
        upi_account=upi_account,
        credited_at=credited_at,
        precision=precision,
        payer=payer,
        source=CreditSource.STAFF,
    )


@transaction.atomic
def record_credit(
    *,
    amount_paise: int,
    rrn: str,
    upi_account: UpiAccount | None = None,
    credited_at: datetime | None = None,
    precision: Precision = Precision.CENTRE,
    payer: str = "",
    source: CreditSource = CreditSource.COMMAND,
) -> Taken:
    """Take in a credit that somebody saw in the bank's books, on the path of an alert. Money of a test account is test.

    `rrn`: 12 digits. `credited_at` None: not known, as if it had arrived just now; else known as exactly as
    `precision` says.
    """
    now = timezone.now()
    facts = Facts(
        amount_paise=amount_paise,
        when=_when(credited_at, precision).not_after(now),
        arrived_at=now,
        source=source,
        rrn=rrn,
        payer=payer,
    )
    if upi_account:
        facts = replace(
            facts,
            bank=bank_code(upi_account.bank),
            account_tail=upi_account.account_tail,
            test=upi_account.test,
            account_ids=(upi_account.pk,),
        )
    return crediting.take(facts)


@transaction.atomic
def mark_paid(*, session_id: int, utr: str, reason: str, actor: str) -> PaymentSession:
    """Make a session `success` on a staff member's word; an unmatched credit of that UTR becomes its money.

    Raises CannotMark; then nothing was changed.
    """
    session = PaymentSession.objects.get(pk=session_id)
    crediting.lock_mode(utr, test=session.test)
    known = Credit.objects.of_utr(utr, test=session.test).first() if utr else None
    credit = crediting.lock_credit(known.pk) if known else None
    if credit and credit.state == CreditState.MATCHED:
        raise CannotMark("This UTR belongs to another payment.")
    if credit:
        _check_free(credit)
        _check_is_nobody_elses(credit, session)
    session = payments.mark_session_paid(session_id=session_id, utr=utr, actor=actor, reason=reason)
    end_dispute(utr, test=session.test)
    if credit:
        _attach(credit, session, actor=actor, reason=reason)
    return session


@transaction.atomic
def attach_credit(*, credit_id: int, session_id: int, reason: str, actor: str) -> PaymentSession:
    """Let staff say whose money a credit is. A payment that they had marked without any money only gets it.

    Raises CannotMark; then nothing was changed.
    """
    try:
        told = Credit.objects.get(pk=credit_id)
        # An alert that comes at this moment must not join it with other money.
        crediting.lock_mode(told.rrn, test=told.test)
        credit = crediting.lock_credit(credit_id)
    except Credit.DoesNotExist:
        raise CannotMark("This money was joined with what else told of it a moment ago. Look for it again.") from None
    session = PaymentSession.objects.select_for_update(of=("self",)).get(pk=session_id)
    _check_free(credit)
    if credit.test != session.test:
        raise CannotMark("Test money pays no live payment, nor the other way round.")
    if session.status == Status.SUCCESS:
        _check_lacks_money(session, credit)
        if credit.rrn and not session.utr and not payments.add_utr(session_id=session.pk, utr=credit.rrn):
            raise CannotMark("This UTR belongs to another payment.")
        session.refresh_from_db()
    else:
        session = payments.mark_session_paid(session_id=session_id, utr=credit.rrn, actor=actor, reason=reason)
    end_dispute(credit.rrn, test=session.test)
    _attach(credit, session, actor=actor, reason=reason)
    return session


def set_credit_aside(*, credit_id: int, reason: str, actor: str) -> bool:
    """Close a credit under review that pays nothing here. Returns whether it was open."""
    return _move(
        credit_id,
        CreditState.REVIEW,
        CreditState.SET_ASIDE,
        actor=actor,
        rule=f"Set aside: {reason}",
        explanation=f"{actor}: {reason}"[:1000],
    )


def look_again(*, credit_id: int, reason: str, actor: str) -> bool:
    """Put a credit that was set aside back under review. Returns whether it still was."""
    return _move(
        credit_id,
        CreditState.SET_ASIDE,
        CreditState.REVIEW,
        actor=actor,
        rule=f"To be looked at again: {reason}",
        explanation=_waits_again(credit_id, f"{actor} wants it looked at again: {reason}"),
    )


def mark_for_refund(
    *, credit_id: int, upi_id: str, reason: str, actor: str, seen: CreditState = CreditState.REVIEW
) -> bool:
    """Say that a credit which pays nothing goes back to its payer, whose normalised UPI ID this is. Returns whether it
    still was as `seen`: under review or set aside. Paying it back is done with a phone, and told by `close_refund`."""
    return _move(
        credit_id,
        seen,
        CreditState.REFUND,
        actor=actor,
        rule=f"To be refunded: {reason}",
        explanation=f"{actor}: to be refunded: {reason}"[:1000],
        refund_upi_id=upi_id,
    )


def close_refund(*, credit_id: int, utr: str, actor: str) -> bool:
    """Note that the money was paid back under this UTR (12 digits). Returns whether that was awaited.

    Raises CannotRefund; then nothing was changed.
    """
    if Credit.objects.filter(test__in=(False, True), rrn=utr).exclude(rrn="").exists():
        raise CannotRefund("This is the UTR of money that came in. The refund has one of its own.")
    refunded = "This UTR closed another refund already."
    if Credit.objects.filter(refund_utr=utr).exists():
        raise CannotRefund(refunded)
    try:
        return _move(
            credit_id,
            CreditState.REFUND,
            CreditState.REFUNDED,
            actor=actor,
            rule=f"Refunded with UTR {utr}",
            explanation=f"{actor}: refunded with UTR {utr}",
            refund_utr=utr,
        )
    except IntegrityError:
        # Another refund was closed with it since it was looked up.
        raise CannotRefund(refunded) from None


def call_off_refund(*, credit_id: int, reason: str, actor: str) -> bool:
    """Put a credit that was to be refunded back under review. Returns whether it still was to be."""
    return _move(
        credit_id,
        CreditState.REFUND,
        CreditState.REVIEW,
        actor=actor,
        rule=f"Not to be refunded: {reason}",
        explanation=_waits_again(credit_id, f"{actor} called its refund off: {reason}"),
        refund_upi_id="",
    )


def _waits_again(credit_id: int, said: str) -> str:
    credit = Credit.objects.filter(pk=credit_id).first()
    why_it_waited = credit.get_reason_display() if credit else ""
    return (f"{why_it_waited}. {said}" if why_it_waited else said)[:1000]


@transaction.atomic
def _move(credit_id: int, before: CreditState, after: CreditState, *, actor: str, rule: str, **values: str) -> bool:
    try:
        credit = crediting.lock_credit(credit_id)
    except Credit.DoesNotExist:
        # Joined with what else told of this money since it was looked at.
        return False
    decision = explaining.of_staff(credit.decision, actor=actor, rule=rule, now=timezone.now())
    settled_by = "" if after == CreditState.REVIEW else actor
    moved = Credit.objects.filter(pk=credit_id, state=before)
    return bool(moved.update(state=after, settled_by=settled_by, decision=decision, **values))


def _when(credited_at: datetime | None, precision: Precision) -> CreditTime:
    return CreditTime.starting(credited_at or timezone.now(), precision if credited_at else Precision.ARRIVAL)


def _check_free(credit: Credit) -> None:
    if credit.state == CreditState.MATCHED:
        raise CannotMark("This credit belongs to a payment already.")
    if credit.state in (CreditState.REFUND, CreditState.REFUNDED):
        raise CannotMark("This money goes back to its payer. Call the refund off first.")


def _check_is_nobody_elses(credit: Credit, session: PaymentSession) -> None:
    """Whoever types a UTR may have mistaken the payment; who gives the credit itself has seen who else names it."""
    if credit.amount_paise == session.payable_paise:
        return
    others = PaymentSession.objects.filter(
        claims__utr=credit.rrn, test=credit.test, payable_paise=credit.amount_paise
    ).exclude(pk=session.pk)
    if other := others.first():
        raise CannotMark(
            f"The bank told of {in_words_of_rupees(credit.amount_paise)} with this UTR: exactly what "
            f"{other.session_id} asked for, whose customer names it too. If it is this payment's money all the same, "
            "open that credit and use “Pays a session”."
        )


def _check_lacks_money(session: PaymentSession, credit: Credit) -> None:
    paid_by = session.credits.filter(state=CreditState.MATCHED).first()
    if paid_by or session.exception != SessionException.MARKED:
        utr = paid_by.rrn if paid_by else session.utr
        raise CannotMark(
            f"{session.session_id} has its money already{f', with UTR {utr}' if utr else ''}. "
            "If its customer has paid twice, refund this credit."
        )
    if session.utr and credit.rrn and session.utr != credit.rrn:
        raise CannotMark(f"This payment was marked as paid with another UTR, {session.utr}.")


def _attach(credit: Credit, session: PaymentSession, *, actor: str, reason: str) -> None:
    credit.state, credit.session, credit.settled_by = CreditState.MATCHED, session, actor
    credit.explanation = f"{actor} marked {session.session_id} as paid with it: {reason}"[:1000]
    rule = f"Given to {session.session_id}: {reason}"
    credit.decision = explaining.of_staff(credit.decision, actor=actor, rule=rule, now=timezone.now())
    credit.save(update_fields=["state", "session", "settled_by", "explanation", "decision"])
