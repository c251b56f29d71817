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
from reconciliation.models import Credit
from reconciliation.services.nearest import Near, near


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
    empty = "No payment of about this amount was asked for within a day. It may be money that is not for this shop."
    return Table("Nearest payments", headers, rows, empty)


def _give(credit: Credit, each: Near) -> SafeString | str:
    if not each.lacks_money:
        return "has its money"
    url = f"{verb_url(credit, AttachCredit())}?{urlencode({'session': each.session.session_id})}"
    label = f"Give it to {each.session.session_id}"
    return format_html('<a class="act" href="{}" aria-label="{}">It pays this</a>', url, label)


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
