"""What customers say of their payment: the UTR that their app shows. It helps to find the money and proves nothing."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Greatest
from django.utils import timezone

from payments.allocation import payable_window
from payments.exceptions import PaymentError
from payments.models import PaymentSession, Status, UpiAccount
from reconciliation import crediting
from reconciliation.disputes import tell_of_dispute
from reconciliation.models import Credit, CreditState, UtrClaim
from reconciliation.utr import Problem, clean_utr, problem_of

CLAIMS_A_SESSION = 5
# Of a window's amounts: a fifth, so that nobody fills a price by typing numbers.
MOST_HELD = 20
SHARE_HELD = 5


class NotAUtr(PaymentError):
    """What was typed is something else, or nothing."""

    code = "not_a_utr"

    def __init__(self, problem: Problem, text: str) -> None:
        super().__init__(problem.said_of(text))
        self.problem = problem
        self.text = text


class TooManyClaims(PaymentError):
    code = "too_many_claims"


class PaidAlready(PaymentError):
    code = "paid_already"


@transaction.atomic
def claim_utr(*, session_id: int, text: str, client: str | None) -> UtrClaim:
    """Keep that the customer of this session says its payment has this UTR; money that lies here with it may now pay.

    `client`: the network it was typed in. The same UTR again is the same claim. Whoever calls learns nothing about
    the UTR but what the session itself shows afterwards. Raises NotAUtr, PaidAlready, TooManyClaims; then nothing was
    written.
    """
    utr = clean_utr(text)
    if problem := problem_of(utr):
        raise NotAUtr(problem, utr)
    session = PaymentSession.objects.get(pk=session_id)
    crediting.lock_reference(utr, test=session.test)
    crediting.lock_spaces(UpiAccount.objects.filter(test=session.test), session.amount_space, test=session.test)
    session = PaymentSession.objects.get(pk=session_id)
    if earlier := UtrClaim.objects.filter(session=session, utr=utr).first():
        return earlier
    if session.status == Status.SUCCESS:
        raise PaidAlready("This payment is confirmed already.")
    if UtrClaim.objects.filter(session=session).count() >= CLAIMS_A_SESSION:
        raise TooManyClaims(f"{CLAIMS_A_SESSION} UTRs were given for this payment, which is the most.")
    now = timezone.now()
    claim = UtrClaim.objects.create(session=session, utr=utr, client_network=client or None, created_at=now)
    _find_money(claim)
    tell_of_dispute(utr, test=session.test)
    _hold_longer(claim, now)
    return claim


def _find_money(claim: UtrClaim) -> None:
    """Let a credit with this UTR that paid nothing yet be decided again, by this claim too."""
    waiting = Credit.objects.of_utr(claim.utr, test=claim.session.test).filter(state=CreditState.REVIEW, session=None)
    # Looked at again under the lock: staff may have closed or given it away in between.
    if (seen := waiting.first()) and crediting.lock_credit(seen.pk) and (credit := waiting.first()):
        crediting.match_again(credit)


def _hold_longer(claim: UtrClaim, now: datetime) -> None:
    """Keep the amount for this session, once: money that is under way must not meet another customer's payment.

    Whether the UTR is known plays no part, for everybody sees how long a page looks on.
    """
    session = claim.session
    until = now + timedelta(seconds=settings.CLAIM_HOLD_SECONDS)
    claims = UtrClaim.objects.filter(holds_amount=True)
    if until == now or claims.filter(session=session).exists() or not _has_room(session):
        return
    held = PaymentSession.objects.filter(pk=session.pk, holds_amount=True, hold_until__lt=until)
    if held.filter(status__in=(Status.PENDING, Status.EXPIRED)).update(hold_until=Greatest("hold_until", until)):
        claim.holds_amount = True
        claim.save(update_fields=["holds_amount"])


def _has_room(session: PaymentSession) -> bool:
    width = max(settings.AMOUNT_WINDOW_PAISE, settings.WIDER_AMOUNT_WINDOW_PAISE)
    window = payable_window(session.requested_paise, width=width, allow_whole_rupee=settings.ALLOW_WHOLE_RUPEE)
    held = UtrClaim.objects.filter(
        holds_amount=True,
        session__holds_amount=True,
        session__amount_space=session.amount_space,
        session__payable_paise__in=window,
    )
    return held.count() < min(MOST_HELD, -(-len(window) // SHARE_HELD))
