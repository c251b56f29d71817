"""Money that came in: taken from the bank's books, and decided about by staff."""

from dataclasses import replace
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from payments import services as payments
from payments.exceptions import CannotMark
from payments.models import PaymentSession, UpiAccount
from reconciliation import crediting, times
from reconciliation.banks import bank_code
from reconciliation.crediting import Facts, Taken
from reconciliation.disputes import end_dispute
from reconciliation.models import Credit, CreditSource, CreditState


@transaction.atomic
def record_credit(
    *,
    amount_paise: int,
    rrn: str,
    upi_account: UpiAccount | None = None,
    credited_at: datetime | None = None,
    payer: str = "",
    source: CreditSource = CreditSource.COMMAND,
) -> Taken:
    """Take in a credit that somebody saw in the bank's books, on the path of an alert. Money of a test account is test.

    `rrn`: 12 digits. `credited_at` None: not known, as if it had arrived just now.
    """
    now = timezone.now()
    facts = Facts(
        amount_paise=amount_paise,
        when=times.time_of_credit(printed=None, sent_at=credited_at, arrived_at=now, received_at=now),
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
    crediting.lock_reference(utr, test=session.test)
    known = Credit.objects.filter(test=session.test, rrn=utr).first() if utr else None
    credit = crediting.lock_credit(known.pk) if known else None
    if credit and credit.state == CreditState.MATCHED:
        raise CannotMark("This UTR belongs to another payment.")
    session = payments.mark_session_paid(session_id=session_id, utr=utr, actor=actor, reason=reason)
    end_dispute(utr, test=session.test)
    if credit:
        _attach(credit, session, actor=actor, reason=reason)
    return session


@transaction.atomic
def attach_credit(*, credit_id: int, session_id: int, reason: str, actor: str) -> PaymentSession:
    """Let staff say whose money a credit under review is. Raises CannotMark; then nothing was changed."""
    credit = crediting.lock_credit(credit_id)
    session = PaymentSession.objects.get(pk=session_id)
    if credit.state == CreditState.MATCHED:
        raise CannotMark("This credit belongs to a payment already.")
    if credit.test != session.test:
        raise CannotMark("Test money pays no live payment, nor the other way round.")
    session = payments.mark_session_paid(session_id=session_id, utr=credit.rrn, actor=actor, reason=reason)
    end_dispute(credit.rrn, test=session.test)
    _attach(credit, session, actor=actor, reason=reason)
    return session


def set_credit_aside(*, credit_id: int, reason: str, actor: str) -> bool:
    """Close a credit under review that pays nothing here. Returns whether it was open."""
    return bool(
        Credit.objects.filter(pk=credit_id, state=CreditState.REVIEW).update(
            state=CreditState.SET_ASIDE, settled_by=actor, explanation=f"{actor}: {reason}"[:1000]
        )
    )


def _attach(credit: Credit, session: PaymentSession, *, actor: str, reason: str) -> None:
    credit.state, credit.session, credit.settled_by = CreditState.MATCHED, session, actor
    credit.explanation = f"{actor} marked {session.session_id} as paid with it: {reason}"[:1000]
    credit.save(update_fields=["state", "session", "settled_by", "explanation"])
