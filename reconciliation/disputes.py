"""Several payments that name one UTR: staff are told, in the transaction that finds it out."""

from payments.models import NoticeKind, PaymentSession
from payments.notices import raise_notice, resolve_notice
from reconciliation.models import UtrClaim


def tell_of_dispute(utr: str, *, test: bool) -> bool:
    """Raise a notice if a payment that this UTR has not paid names it, beside another. Returns whether that is news."""
    claims = UtrClaim.objects.of_utr(utr, test=test).select_related("session").order_by("pk")
    claimants = [claim.session.session_id for claim in claims]
    paid = PaymentSession.objects.filter(test=test, utr=utr).first()
    others = [claimant for claimant in claimants if not paid or claimant != paid.session_id]
    named = [paid.session_id, *others] if paid else others
    if len(named) < 2:
        return False
    if paid:
        what = f"UTR {utr} has paid {named[0]}; the customer of {named[-1]} says that it is theirs."
        then = "Nothing was changed. Ask that customer what their app shows: it may be a number from elsewhere."
    else:
        what = f"The customers of {' and '.join(named)} say that UTR {utr} is theirs."
        then = (
            "Money with this UTR pays none of them by itself. Ask the customers what their apps show, look at the "
            "bank's books, and mark the right payment as paid with this UTR."
        )
    return raise_notice(
        kind=NoticeKind.DISPUTE,
        key=_key(utr, test=test),
        subject=f"{'Test: ' if test else ''}{named[0]} and {named[-1]} name the same UTR",
        text=f"{what} {then}",
    )


def end_dispute(utr: str, *, test: bool) -> bool:
    """Close the notice, because staff have said whose money it is. Returns whether one was open."""
    return resolve_notice(kind=NoticeKind.DISPUTE, key=_key(utr, test=test))


def _key(utr: str, *, test: bool) -> str:
    return f"{'test' if test else 'live'} {utr}"
