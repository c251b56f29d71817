"""Finding a payment by what staff have in hand: its ID or the ID's beginning, a UTR, a reference, an amount.

Each way is one probe of an index. Nothing searches inside texts, because that would read the whole table.
"""

import re
from collections.abc import Iterator

from django.db.models import QuerySet

from apikeys.models import ApiKey
from backoffice.forms import paise_as_typed
from payments.models import TEST_SPACE, PaymentSession, UpiAccount
from reconciliation.utr import clean_utr

MOST_FOUND = 200
HELP = "Search by session ID (or its first characters), UTR, merchant reference, or the exact payable amount."

_ID_START = re.compile(r"[0-9A-F]{4,16}")
_UTR = re.compile(r"[0-9]{12}")


def found(term: str) -> list[int]:
    """Return the primary keys of the payments that `term` names, at most `MOST_FOUND` each way."""
    return [pk for way in _ways(term.strip()) for pk in way.values_list("pk", flat=True)[:MOST_FOUND]]


def _ways(term: str) -> Iterator[QuerySet[PaymentSession]]:
    sessions = PaymentSession.objects.all()
    plain = clean_utr(term)
    if _ID_START.fullmatch(plain.upper()):
        # A range and not LIKE, which SQLite cannot take from an index.
        yield sessions.filter(session_id__gte=plain.upper(), session_id__lt=f"{plain.upper()}G").order_by("session_id")
    if _UTR.fullmatch(plain):
        yield sessions.filter(test__in=(False, True), utr=plain).order_by()
        yield sessions.filter(claims__utr=plain).order_by()
    paise = paise_as_typed(term)
    if paise is not None:
        spaces = {TEST_SPACE, *(account.amount_space for account in UpiAccount.objects.all())}
        yield sessions.filter(amount_space__in=spaces, payable_paise=paise).order_by("-hold_until")
    if 0 < len(term) <= 255:
        # The index on references begins with the key; naming all keys lets it serve.
        keys = list(ApiKey.objects.values_list("pk", flat=True))
        yield sessions.filter(api_key__in=keys, merchant_ref=term).order_by("-created_at", "-id")
