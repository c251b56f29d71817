"""What a credit's page shows beside its facts: the payments that may be meant, and how money goes back."""

import base64
from collections.abc import Sequence
from datetime import datetime

from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString

from backoffice import words
from backoffice.pages import Table
from backoffice.review_verbs import AttachCredit
from backoffice.verbs import page_url, verb_url
from payments import qr
from payments.money import in_words_of_rupees
from payments.upi import payment_link
from reconciliation import explaining
from reconciliation.matching import Reason
from reconciliation.models import Credit, CreditState
from reconciliation.services.nearest import Near, near

SETTLE_CONFLICT = (
    "Look the UTR up in the bank’s own books: it is one payment, of one amount to one account. Set aside the credit "
    "that is not there; give the one that is there to its payment, or refund it."
)


def nearest_table(credit: Credit, *, gives: bool, now: datetime) -> Table:
    """`gives`: whether to offer giving the credit to one of them."""
    rows = [
        (
            format_html('<a href="{}">{}</a>', page_url(each.session), each.session.session_id),
            words.rupees(each.session.payable_paise),
            words.session_states(each.session, now),
            words.day(each.session.created_at),
            each.session.customer_name or words.NOTHING,
            each.why,
            _give(credit, each) if gives else words.NOTHING,
        )
        for each in near(credit)
    ]
    headers = ("Session ID", "Payable", "Status", "Created", "Customer", "Why it may be meant", "Actions")
    empty = "No payment of about this amount was asked for within a day. "
    if credit.reason == Reason.RRN_CONFLICT:
        empty += "Compare with what else came with its UTR."
    else:
        empty += "It may be money that is not for this shop."
    return Table("Nearest payments", headers, rows, empty)


def conflict_table(credit: Credit) -> Sequence[Table]:
    """What else came with this credit's UTR; none where nothing did."""
    rows = [
        (
            format_html('<a href="{}">{}</a>', page_url(other), words.rupees(other.amount_paise)),
            words.code(other.named_utr),
            f"{other.bank.upper()} {other.account_tail}".strip() or words.NOTHING,
            words.credited(other, words.day),
            credit_chips(other),
            session_link(other),
        )
        for other in Credit.objects.at_odds_with(credit).select_related("session")[:20]
    ]
    headers = ("Amount", "UTR", "Account", "Credited", "State", "Session")
    return (Table("What else came with this UTR", headers, rows, ""),) if rows else ()


def _give(credit: Credit, each: Near) -> SafeString | str:
    if not each.lacks_money:
        return "has its money"
    url = f"{verb_url(credit, AttachCredit())}?{urlencode({'session': each.session.session_id})}"
    label = f"Give it to {each.session.session_id}"
    return format_html('<a class="act" href="{}" aria-label="{}">It pays this</a>', url, label)


def credit_chips(credit: Credit) -> SafeString:
    state = words.chip(credit.state, CreditState(credit.state).label)
    return format_html("{}{}", state, words.test_mark(credit.test))


def session_link(credit: Credit) -> SafeString | str:
    if credit.session is None:
        return words.NOTHING
    return format_html('<a href="{}">{}</a>', page_url(credit.session), credit.session.session_id)


def considered_table(credit: Credit) -> Sequence[Table]:
    """The sessions that the decision looked at, as they were then; none for a credit of before that was kept."""
    read = explaining.read(credit.decision)
    if read is None or not read.candidates:
        return ()
    rows = [
        (
            words.code(each["session"]),
            words.rupees(each["amount_paise"]),
            words.chip(each["status"]),
            words.when(datetime.fromisoformat(each["from"])),
            words.when(datetime.fromisoformat(each["to"])),
        )
        for each in read.candidates
    ]
    headers = ("Session ID", "Payable", "Status then", "Asked from", "Until")
    return (Table("What the decision looked at", headers, rows, ""),)


def statement_table(credit: Credit) -> Sequence[Table]:
    """The rows of statements that tell of it, in the bank's own words."""
    rows = [
        (
            f"{row.day:%-d %b %Y}",
            words.of_bank(row.narration),
            words.of_bank(row.reference),
            format_html('<a href="{}">{}</a>', page_url(row.statement), row.statement),
        )
        for row in credit.statement_rows.select_related("statement").order_by("id")[:20]
    ]
    headers = ("Day", "Narration", "Reference", "Statement")
    return (Table("Statement rows that tell of it", headers, rows, ""),) if rows else ()


def refund_card(credit: Credit) -> SafeString:
    """A QR and a link that pay the money back with the shop's own UPI app."""
    link = payment_link(
        upi_id=credit.refund_upi_id,
        payee_name=credit.payer_name or "Refund",
        reference=f"REFUND{credit.pk}",
        note=f"Refund of {credit.rrn or credit.pk}",
        paise=credit.amount_paise,
    )
    context = {
        "amount": in_words_of_rupees(credit.amount_paise),
        "upi_id": credit.refund_upi_id,
        "qr_data": base64.b64encode(qr.png(link)).decode(),
        "link": link,
    }
    return render_to_string("admin/refund.html", context)
