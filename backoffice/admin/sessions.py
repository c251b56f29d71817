import json
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

from backoffice import delivery_tables, session_search, words
from backoffice.admin.claims import outcome_chip
from backoffice.delivery_tables import REDELIVER
from backoffice.filters import Mode, SessionStatus, Source
from backoffice.pages import BackofficeAdmin, Facts, Table
from backoffice.session_verbs import CancelPayment, MarkPaid, NewPayment
from backoffice.verbs import may, page_url
from payments.models import EventType, PaymentEvent, PaymentSession, Status
from payments.money import in_words_of_rupees
from payments.snapshot import checkout_url
from reconciliation.models import Credit, CreditSource, UtrClaim


@admin.register(PaymentSession)
class SessionAdmin(BackofficeAdmin):
    columns = ("session_id", "requested", "payable", "customer", "source", "status_now", "created")
    list_display = columns
    list_display_links = ("session_id",)
    list_filter = (Mode, SessionStatus, Source)
    list_select_related = ("api_key",)
    search_fields = ("session_id",)
    search_help_text = session_search.HELP
    ordering = ("-created_at", "-id")
    verbs = (MarkPaid(), CancelPayment())
    creations = (NewPayment(),)
    empty_title = "No sessions yet"
    empty_help = (
        "A session appears here when a shop asks for a payment with its API key, or when you make one with "
        "“New payment”. Test sessions are under “Test”."
    )

    @admin.display(description="Requested")
    def requested(self, session: PaymentSession) -> str:
        return words.rupees(session.requested_paise)

    @admin.display(description="Payable")
    def payable(self, session: PaymentSession) -> str:
        return words.rupees(session.payable_paise)

    @admin.display(description="Customer")
    def customer(self, session: PaymentSession) -> str:
        return session.customer_name or session.customer_email or session.customer_phone or words.NOTHING

    @admin.display(description="Source")
    def source(self, session: PaymentSession) -> str:
        return words.source(session)

    @admin.display(description="Status")
    def status_now(self, session: PaymentSession) -> SafeString:
        return words.session_states(session, timezone.now())

    @admin.display(description="Created")
    def created(self, session: PaymentSession) -> str:
        return words.day(session.created_at)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        return (queryset.filter(pk__in=session_search.found(search_term)) if search_term else queryset), False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("api_key")

    def headline(self, session: PaymentSession, now: datetime) -> SafeString:
        return format_html("{} {}", words.rupees(session.payable_paise), words.session_states(session, now))

    def links(self, session: PaymentSession) -> list[SafeString]:
        url = checkout_url(session)
        return [
            format_html('<a class="act" href="{}" target="_blank" rel="noopener">Checkout</a>', url),
            format_html('<button type="button" class="act copy" data-copy="{}">Copy link</button>', url),
        ]

    def facts(self, session: PaymentSession, now: datetime) -> Sequence[Facts]:
        return (
            Facts("Payment", _payment_facts(session, now)),
            Facts("Customer", _customer_facts(session)),
            Facts("From the merchant", _merchant_facts(session)),
        )

    def tables(self, request: HttpRequest, session: PaymentSession, now: datetime) -> Sequence[Table]:
        deliveries = delivery_tables.of_session(session, may_redeliver=may(request, REDELIVER), now=now)
        return _timeline(session), deliveries


def _payment_facts(session: PaymentSession, now: datetime) -> list[tuple[str, Any]]:
    account = reverse("admin:payments_upiaccount_change", args=[session.upi_account_id])
    facts = [
        ("Session ID", words.copyable(session.session_id)),
        ("Requested", words.rupees(session.requested_paise)),
        ("Payable", words.rupees(session.payable_paise)),
        ("UTR", words.copyable(session.utr) if session.utr else words.NOTHING),
        ("Paid to", format_html('<a href="{}">{}</a> ({})', account, session.upi_id, session.upi_name)),
        ("Source", _source_link(session)),
        ("Created", words.when(session.created_at)),
        ("Payable until", _deadline(session, now)),
    ]
    if session.paid_at:
        facts.append(("Paid", words.when(session.paid_at)))
    if session.cancelled_at:
        facts.append(("Cancelled", words.when(session.cancelled_at)))
    return [*facts, ("Amount kept free", _hold(session, now)), ("Checkout", words.copyable(checkout_url(session)))]


def _customer_facts(session: PaymentSession) -> list[tuple[str, Any]]:
    return [
        ("Name", session.customer_name or words.NOTHING),
        ("E-mail", session.customer_email or words.NOTHING),
        ("Phone", session.customer_phone or words.NOTHING),
    ]


def _merchant_facts(session: PaymentSession) -> list[tuple[str, Any]]:
    metadata = json.dumps(json.loads(session.metadata_json), indent=2, ensure_ascii=False)
    return [
        ("Reference", words.copyable(session.merchant_ref) if session.merchant_ref else words.NOTHING),
        ("Description", session.description or words.NOTHING),
        ("Returns to", session.return_url or words.NOTHING),
        ("Metadata", format_html("<pre>{}</pre>", metadata) if metadata != "{}" else words.NOTHING),
    ]


def _source_link(session: PaymentSession) -> SafeString | str:
    if session.api_key is None:
        return "Dashboard"
    url = reverse("admin:apikeys_apikey_change", args=[session.api_key_id])
    return format_html('<a href="{}">{}</a>', url, session.api_key.label)


def _deadline(session: PaymentSession, now: datetime) -> SafeString | str:
    deadline = words.when(session.expires_at)
    if session.status_at(now) != Status.PENDING:
        return deadline
    return format_html('{} <span class="quiet">{}</span>', deadline, words.until(session.expires_at))


def _hold(session: PaymentSession, now: datetime) -> SafeString | str:
    if session.holds_amount and session.hold_until > now:
        return format_html("no other payment gets this amount before {}", words.when(session.hold_until))
    return "other payments may get this amount again"


def _timeline(session: PaymentSession) -> Table:
    made = (
        session.created_at,
        0,
        words.when(session.created_at),
        "Created",
        words.source(session),
        session.description or words.NOTHING,
    )
    credits_ = [_credit_row(credit) for credit in session.credits.all()]
    events = [_event_row(event) for event in session.events.all()]
    claims = [_claim_row(claim) for claim in UtrClaim.objects.with_outcome().filter(session=session)]
    steps = sorted([made, *claims, *credits_, *events], key=lambda step: step[:2])
    rows = [tuple(shown) for _, _, *shown in steps]
    return Table("Timeline", ("When", "What", "Who", "Why"), rows, "")


def _claim_row(claim: Any) -> tuple[Any, ...]:
    what = format_html('<a href="{}">Says that UTR {} is theirs</a>', page_url(claim), claim.utr)
    return claim.created_at, 0, words.when(claim.created_at), what, "Customer", outcome_chip(claim)


def _credit_row(credit: Credit) -> tuple[Any, ...]:
    utr = f", UTR {credit.rrn}" if credit.rrn else ""
    text = f"Credit of {in_words_of_rupees(credit.amount_paise)}{utr}"
    what = format_html('<a href="{}">{}</a>', page_url(credit), text)
    why = credit.explanation or words.NOTHING
    return credit.credited_at, 1, words.credited(credit), what, CreditSource(credit.source).label, why


def _event_row(event: PaymentEvent) -> tuple[Any, ...]:
    who = event.actor or ("PayGate" if event.type == EventType.EXPIRED else words.NOTHING)
    what = words.chip(_EVENT_CHIPS[event.type], EventType(event.type).label)
    why = event.reason or words.NOTHING
    return event.occurred_at, 1 + event.sequence, words.when(event.occurred_at), what, who, why


_EVENT_CHIPS: dict[str, str] = {
    EventType.SUCCESS: Status.SUCCESS,
    EventType.EXPIRED: Status.EXPIRED,
    EventType.CANCELLED: Status.CANCELLED,
    EventType.LATE: "odd",
}
