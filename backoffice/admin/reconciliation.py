from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from backoffice import words
from backoffice.admin.claims import claimants_table
from backoffice.alert_verbs import Reprocess, SetAlertAside
from backoffice.credit_tables import (
    SETTLE_CONFLICT,
    conflict_table,
    considered_table,
    credit_chips,
    nearest_table,
    refund_card,
    session_link,
    statement_table,
)
from backoffice.filters import CreditReasonFilter, CreditStateFilter, EvidenceStateFilter, Mode
from backoffice.pages import BackofficeAdmin, Facts, Table
from backoffice.record_verbs import RecordCredit
from backoffice.review_verbs import (
    AttachCredit,
    CallOffRefund,
    CloseRefund,
    LookAgain,
    MarkForRefund,
    SetCreditAside,
    told_again,
)
from backoffice.verbs import may, page_url
from reconciliation import explaining
from reconciliation.candidates import NEAREST_FOLLOW
from reconciliation.matching import Reason
from reconciliation.models import Credit, CreditSource, CreditState, Evidence, EvidenceState, UtrClaim
from reconciliation.utr import clean_utr

ATTACH = AttachCredit()


@admin.register(Credit)
class CreditAdmin(BackofficeAdmin):
    columns = ("amount", "utr", "payer_name", "credited", "state_now", "why", "of_session")
    list_display = columns
    list_display_links = ("amount",)
    list_filter = (Mode, CreditStateFilter, CreditReasonFilter)
    list_select_related = ("session",)
    search_fields = ("rrn",)
    search_help_text = "Search by UTR."
    verbs = (ATTACH, SetCreditAside(), LookAgain(), MarkForRefund(), CloseRefund(), CallOffRefund())
    creations = (RecordCredit(),)
    row_verbs = ("attach", "refunded")
    empty_title = "Nothing to look at"
    empty_help = "Money that came in and fits no payment, or more than one, waits here for a person to decide."

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        return (queryset.filter(rrn=clean_utr(search_term)) if search_term else queryset), False

    @admin.display(description="Amount")
    def amount(self, credit: Credit) -> str:
        return words.rupees(credit.amount_paise)

    @admin.display(description="UTR")
    def utr(self, credit: Credit) -> str:
        return words.code(credit.rrn)

    @admin.display(description="Payer")
    def payer_name(self, credit: Credit) -> str:
        return credit.payer or words.NOTHING

    @admin.display(description="Credited")
    def credited(self, credit: Credit) -> SafeString | str:
        if credit.state not in (CreditState.REVIEW, CreditState.REFUND):
            return words.credited(credit, words.day)
        waits = words.span(timezone.now() - credit.created_at)
        moment = words.credited(credit, words.day)
        return format_html('{}<br><span class="quiet">waits for {}</span>', moment, waits)

    @admin.display(description="State")
    def state_now(self, credit: Credit) -> SafeString:
        return credit_chips(credit)

    @admin.display(description="Explanation")
    def why(self, credit: Credit) -> str:
        # The nearest payments stand on the credit's own page; here they would make a row of eight lines.
        return credit.explanation.partition(NEAREST_FOLLOW)[0]

    @admin.display(description="Session")
    def of_session(self, credit: Credit) -> SafeString | str:
        return session_link(credit)

    def headline(self, credit: Credit, now: datetime) -> SafeString:
        return format_html("{} {}", words.rupees(credit.amount_paise), credit_chips(credit))

    def facts(self, credit: Credit, now: datetime) -> Sequence[Facts]:
        money = [
            ("Amount", words.rupees(credit.amount_paise)),
            ("UTR", words.copyable(credit.named_utr) if credit.named_utr else words.NOTHING),
            ("Bank’s reference", credit.bank_ref or words.NOTHING),
            ("Payer", credit.payer or words.NOTHING),
            ("Account", f"{credit.bank.upper()} {credit.account_tail}".strip() or words.NOTHING),
            ("UPI account", credit.upi_account.upi_id if credit.upi_account else words.NOTHING),
            ("Credited", words.credited(credit)),
            ("Known from", CreditSource(credit.source).label),
        ]
        decision = [
            ("State", credit_chips(credit)),
            ("Explanation", credit.explanation or words.NOTHING),
            ("Session", session_link(credit)),
            ("Settled by", credit.settled_by or words.NOTHING),
        ]
        decision[2:2] = told_again(credit)
        if credit.state == CreditState.REVIEW and credit.reason == Reason.RRN_CONFLICT:
            decision.insert(2, ("What to do", SETTLE_CONFLICT))
        if credit.refund_upi_id:
            decision.append(("Goes back to", words.copyable(credit.refund_upi_id)))
        if credit.refund_utr:
            decision.append(("Refund’s UTR", words.copyable(credit.refund_utr)))
        return Facts("Money", money), Facts("What became of it", decision), *_how_decided(credit)

    def cards(self, credit: Credit, now: datetime) -> Sequence[SafeString]:
        return (refund_card(credit),) if credit.state == CreditState.REFUND else ()

    def tables(self, request: HttpRequest, credit: Credit, now: datetime) -> Sequence[Table]:
        rules = {seen["evidence"]: seen["rule"] for seen in credit.seen}
        alerts = [
            (
                words.when(alert.received_at),
                format_html('<a href="{}">{}</a>', page_url(alert), alert.sender),
                rules.get(alert.pk) or words.NOTHING,
                alert.text,
            )
            for alert in credit.evidences.order_by("id")[:20]
        ]
        tables = [*conflict_table(credit)]
        if ATTACH.offered(credit, now):
            tables.append(nearest_table(credit, gives=may(request, ATTACH), now=now))
        tables += [
            *considered_table(credit),
            Table("Alerts that tell of it", ("Received", "From", "Line", "Text"), alerts, "None."),
            *statement_table(credit),
        ]
        if credit.rrn:
            claims = UtrClaim.objects.of_utr(credit.rrn, test=credit.test).with_outcome().select_related("session")
            tables.append(claimants_table(request, claims.order_by("pk")[:20], now))
        return tables


@admin.register(Evidence)
class EvidenceAdmin(BackofficeAdmin):
    columns = ("received", "sender", "beginning", "state_now", "why")
    list_display = columns
    list_display_links = ("received",)
    list_filter = (EvidenceStateFilter,)
    verbs = (Reprocess(), SetAlertAside())
    empty_title = "Nothing to look at"
    empty_help = "Alerts of the bank that PayGate is not sure about wait here for a person."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("channel")

    @admin.display(description="Received")
    def received(self, alert: Evidence) -> str:
        return words.day(alert.received_at)

    @admin.display(description="Text")
    def beginning(self, alert: Evidence) -> str:
        return alert.text or "not kept"

    @admin.display(description="State")
    def state_now(self, alert: Evidence) -> SafeString:
        return alert_chip(alert)

    @admin.display(description="Explanation")
    def why(self, alert: Evidence) -> str:
        return alert.explanation or words.NOTHING

    def links(self, alert: Evidence) -> Sequence[SafeString]:
        if not alert.text:
            return ()
        return (format_html('<a class="act" href="{}?alert={}">Workbench</a>', reverse("admin:workbench"), alert.pk),)

    def headline(self, alert: Evidence, now: datetime) -> SafeString:
        return format_html("Alert from {} {}", alert.sender, alert_chip(alert))

    def facts(self, alert: Evidence, now: datetime) -> Sequence[Facts]:
        not_listed = alert.state == EvidenceState.NOT_LISTED
        why_not_kept = "the sender is not on the list" if not_listed else "texts are emptied after some weeks"
        text = format_html("<pre>{}</pre>", alert.text) if alert.text else f"not kept: {why_not_kept}"
        rows = [
            ("From", alert.sender),
            ("Channel", format_html('<a href="{}">{}</a>', page_url(alert.channel), alert.channel)),
            ("Text", text),
            ("Sent", words.when(alert.sent_at)),
            ("Arrived at the phone", words.when(alert.arrived_at)),
            ("Received", words.when(alert.received_at)),
            ("Times received", alert.count),
        ]
        credit = format_html('<a href="{}">the credit</a>', page_url(alert.credit)) if alert.credit else words.NOTHING
        judgement = [
            ("State", alert_chip(alert)),
            ("Explanation", alert.explanation or words.NOTHING),
            ("Credit", credit),
        ]
        return Facts("Alert", rows), Facts("What PayGate makes of it", judgement)


def _how_decided(credit: Credit) -> Sequence[Facts]:
    read = explaining.read(credit.decision)
    if read is None:
        return ()
    rows = [("Decision", read.rule), ("Decided by", read.by), ("Decided", words.when(read.decided_at))]
    if read.came:
        rows.insert(1, ("It went by", read.came))
    return (Facts("How it was decided", rows),)


def alert_chip(alert: Evidence) -> SafeString:
    return words.chip(alert.state, EvidenceState(alert.state).label)
