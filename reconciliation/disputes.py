"""Several payments that name one UTR: staff are told, in the transaction that finds it out."""

from payments.models import NoticeKind, PaymentSession
from payments.notices import resolve_notice, tell_of
from reconciliation.matching import name_all
from reconciliation.models import UtrClaim


def tell_of_dispute(utr: str, *, test: bool) -> bool:
    """Raise a notice if a payment that this UTR has not paid names it, beside another; the open one names them all.

    Returns whether it was raised.
    """
    claims = UtrClaim.objects.of_utr(utr, test=test).select_related("session").order_by("pk")
    claimants = [claim.session.session_id for claim in claims]
    paid = PaymentSession.objects.of_utr(utr, test=test).first()
    others = [claimant for claimant in claimants if not paid or claimant != paid.session_id]
    named = [paid.session_id, *others] if paid else others
    if len(named) < 2:
        return False
    if paid:
        said = f"customers of {name_all(others)} say" if len(others) > 1 else f"customer of {others[0]} says"
        what = f"UTR {utr} has paid {named[0]}; the {said} that it is theirs."
        then = "Nothing was changed. Ask who says so what their app shows: it may be a number from elsewhere."
    else:
        what = f"The customers of {name_all(named)} say that UTR {utr} is theirs."
        then = (
            "Money with this UTR pays none of them by itself. Ask the customers what their apps show, look at the "
            "bank's books, and mark the right payment as paid with this UTR."
        )
    return tell_of(
        kind=NoticeKind.DISPUTE,
        key=_key(utr, test=test),
        subject=f"{'Test: ' if test else ''}{name_all(named)} name the same UTR",
        text=f"{what} {then}",
    )


def end_dispute(utr: str, *, test: bool) -> bool:
    """Close the notice, because staff have said whose money it is. Returns whether one was open."""
    return resolve_notice(kind=NoticeKind.DISPUTE, key=_key(utr, test=test))


def _key(utr: str, *, test: bool) -> str:
    return f"{'test' if test else 'live'} {utr}"
