from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString

from backoffice import words
from backoffice.filters import ClaimMode, ClaimOutcome
from backoffice.pages import BackofficeAdmin, Facts, Table
from backoffice.session_verbs import MarkPaid
from backoffice.verbs import may, page_url, verb_url
from reconciliation.models import Credit, Evidence, Outcome, UtrClaim
from reconciliation.services.alerts import may_be_read_again
from reconciliation.utr import clean_utr

MARK_PAID = MarkPaid()
_CHIPS = {
    Outcome.PAID: "success",
    Outcome.PAID_OTHERWISE: "done",
    Outcome.PAID_ANOTHER: "review",
    Outcome.DISPUTED: "dead",
    Outcome.FOR_STAFF: "review",
    Outcome.WAITING: "due",
}
_NEXT = {
    Outcome.PAID: "Nothing.",
    Outcome.PAID_OTHERWISE: "Nothing, unless the customer paid twice.",
    Outcome.PAID_ANOTHER: "Ask the customer what their app shows: it may be a number from elsewhere.",
    Outcome.DISPUTED: (
        "Ask each customer what their app shows, look at the bank’s books, and mark the right payment as paid with "
        "this UTR. Nothing with this UTR is confirmed by itself."
    ),
    Outcome.FOR_STAFF: "Look at the credit: it says why it pays nothing by itself.",
    Outcome.WAITING: (
        "Nothing: the payment is confirmed by itself when the bank reports this UTR with exactly its amount. Where the "
        "bank’s books show it already, mark the payment as paid."
    ),
}
_READ_ALERT = (
    "Read the alert. If it tells of this money, teach PayGate its bank’s wording and have it read again, or mark the "
    "payment as paid and set the alert aside."
)


@admin.register(UtrClaim)
class ClaimAdmin(BackofficeAdmin):
    columns = ("utr_named", "of_session", "payable", "named", "outcome_now")
    list_display = columns
    list_display_links = ("utr_named",)
    list_filter = (ClaimMode, ClaimOutcome)
    list_select_related = ("session",)
    search_fields = ("utr",)
    search_help_text = "Search by UTR."
    empty_title = "No claims"
    empty_help = "The UTRs that customers type on their payment’s page are here, with what became of them."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return UtrClaim.objects.with_outcome().select_related("session")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        return (queryset.filter(utr=clean_utr(search_term)) if search_term else queryset), False

    @admin.display(description="UTR")
    def utr_named(self, claim: UtrClaim) -> str:
        return words.code(claim.utr)

    @admin.display(description="Session")
    def of_session(self, claim: UtrClaim) -> SafeString:
        return _session_link(claim)

    @admin.display(description="Payable")
    def payable(self, claim: UtrClaim) -> str:
        return words.rupees(claim.session.payable_paise)

    @admin.display(description="Named")
    def named(self, claim: UtrClaim) -> str:
        return words.day(claim.created_at)

    @admin.display(description="Outcome")
    def outcome_now(self, claim: Any) -> SafeString:
        return outcome_chip(claim)

    def headline(self, claim: Any, now: datetime) -> SafeString:
        return format_html("UTR {} {}{}", claim.utr, outcome_chip(claim), words.test_mark(claim.session.test))

    def facts(self, claim: Any, now: datetime) -> Sequence[Facts]:
        credit = Credit.objects.filter(rrn=claim.utr, test=claim.session.test).first()
        alert = None if credit else _alert_naming(claim)
        read_alert = alert is not None and claim.outcome == Outcome.WAITING
        kept = "yes, once, until " if claim.holds_amount else "no"
        rows = [
            ("UTR", words.copyable(claim.utr)),
            ("Session", _session_link(claim)),
            ("Payable", words.rupees(claim.session.payable_paise)),
            ("Named", words.when(claim.created_at)),
            ("From the network", claim.client_network or words.NOTHING),
            (
                "Keeps the amount longer",
                format_html("{}{}", kept, words.when(claim.session.hold_until) if claim.holds_amount else ""),
            ),
        ]
        outcome = [
            ("Outcome", outcome_chip(claim)),
            ("The money", _credit_link(credit) if credit else _without_credit(alert)),
            ("What to do", _READ_ALERT if read_alert else _NEXT[Outcome(claim.outcome)]),
        ]
        return Facts("What the customer says", rows), Facts("What became of it", outcome)

    def tables(self, request: HttpRequest, claim: Any, now: datetime) -> Sequence[Table]:
        claims = UtrClaim.objects.of_utr(claim.utr, test=claim.session.test).with_outcome()
        return (claimants_table(request, claims.select_related("session").order_by("pk")[:20], now),)


def claimants_table(request: HttpRequest, claims: Iterable[Any], now: datetime) -> Table:
    """Return the payments whose customers name a UTR, each with what staff may do about it."""
    rows = [
        (
            _session_link(claim),
            words.rupees(claim.session.payable_paise),
            words.session_states(claim.session, now),
            words.when(claim.created_at),
            outcome_chip(claim),
            _mark_paid_link(request, claim),
        )
        for claim in claims
    ]
    headers = ("Session", "Payable", "Status", "Named", "Outcome", "")
    return Table("Payments whose customers name this UTR", headers, rows, "None.")


def outcome_chip(claim: Any) -> SafeString:
    """Return what became of a claim `with_outcome`."""
    outcome = Outcome(claim.outcome)
    return words.chip(_CHIPS[outcome], outcome.label)


def _session_link(claim: UtrClaim) -> SafeString:
    return format_html('<a href="{}">{}</a>', page_url(claim.session), claim.session.session_id)


def _credit_link(credit: Credit) -> SafeString:
    return format_html('<a href="{}">{}</a>', page_url(credit), words.rupees(credit.amount_paise))


def _alert_naming(claim: UtrClaim) -> Evidence | None:
    """Return an alert that PayGate could not make money of, and that has this UTR in its text. All alerts are live."""
    if claim.session.test:
        return None
    return may_be_read_again().filter(text__contains=claim.utr).first()


def _without_credit(alert: Evidence | None) -> SafeString | str:
    if alert is None:
        return "the bank has reported no such UTR"
    return format_html('<a href="{}">An alert with this UTR</a> waits for you', page_url(alert))


def _mark_paid_link(request: HttpRequest, claim: Any) -> SafeString | str:
    offered = claim.outcome != Outcome.PAID_ANOTHER and MARK_PAID.offered(claim.session, timezone.now())
    if not offered or not may(request, MARK_PAID):
        return ""
    url = f"{verb_url(claim.session, MARK_PAID)}?{urlencode({'utr': claim.utr})}"
    return format_html('<a class="act" href="{}">{}</a>', url, MARK_PAID.label)
