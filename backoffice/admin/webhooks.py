import contextlib
import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString

from backoffice import delivery_news, delivery_tables, words
from backoffice.delivery_tables import REDELIVER, state_chip
from backoffice.filters import DeliveryStateFilter, EndpointState, OfRedelivery, OfWebhook
from backoffice.pages import BackofficeAdmin, Facts, Table
from backoffice.redelivery_verbs import RedeliverFailed, RedeliverSelection
from backoffice.verbs import may, page_url, verb_view
from backoffice.webhook_verbs import (
    MOST_COUNTED,
    DropSecrets,
    Edit,
    EnableAgain,
    NewSecret,
    Pause,
    PromoteSecret,
    Remove,
    Resume,
    SendTest,
)
from payments.models import PaymentSession
from webhooks.models import Attempt, Delivery, Health, WebhookEndpoint

SHOWN_ATTEMPTS = 50
MOST_FOUND = 100


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(BackofficeAdmin):
    columns = ("url", "description", "of_key", "what", "health_now", "created")
    list_display = columns
    list_display_links = ("url",)
    list_filter = (EndpointState,)
    list_select_related = ("api_key",)
    search_fields = ("url__icontains", "description__icontains", "api_key__label__icontains")
    search_help_text = "Search by URL, description or API key, also among the removed."
    ordering = ("-created_at", "-id")
    verbs = (
        SendTest(),
        Edit(),
        Pause(),
        Resume(),
        EnableAgain(),
        RedeliverFailed(),
        NewSecret(),
        PromoteSecret(),
        DropSecrets(),
        Remove(),
    )
    row_verbs = ("test", "edit", "pause", "resume", "enable")
    empty_title = "No webhook endpoints yet"
    empty_help = "Give an API key a webhook URL: “Add webhook” in the list of keys."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("api_key")

    @admin.display(description="API key")
    def of_key(self, endpoint: WebhookEndpoint) -> str:
        return endpoint.api_key.label

    @admin.display(description="Events")
    def what(self, endpoint: WebhookEndpoint) -> str:
        return ", ".join(event.removeprefix("payment.") for event in endpoint.events)

    @admin.display(description="State")
    def health_now(self, endpoint: WebhookEndpoint) -> SafeString:
        return health_chips(endpoint)

    @admin.display(description="Created")
    def created(self, endpoint: WebhookEndpoint) -> str:
        return words.day(endpoint.created_at)

    def headline(self, endpoint: WebhookEndpoint, now: datetime) -> SafeString:
        return format_html("Webhook of {}: {} {}", endpoint.api_key, endpoint.place, health_chips(endpoint))

    def facts(self, endpoint: WebhookEndpoint, now: datetime) -> Sequence[Facts]:
        key = format_html('<a href="{}">{}</a>', page_url(endpoint.api_key), endpoint.api_key)
        deliveries = reverse("admin:webhooks_delivery_changelist")
        rows = [
            ("URL", words.copyable(endpoint.url)),
            ("Description", endpoint.description or words.NOTHING),
            ("API key", key),
            ("Events", ", ".join(endpoint.events)),
            ("Secret", _about_secret(endpoint, now)),
            ("Created", words.when(endpoint.created_at)),
            ("Deliveries", format_html('<a href="{}?webhook={}">Show all</a>', deliveries, endpoint.pk)),
        ]
        if endpoint.removed_at:
            rows.append(("Removed", words.when(endpoint.removed_at)))
        return Facts("Webhook", rows), Facts("Health", _health_facts(endpoint, now))

    def tables(self, request: HttpRequest, endpoint: WebhookEndpoint, now: datetime) -> Sequence[Table]:
        return (delivery_tables.of_endpoint(endpoint),)


@admin.register(Delivery)
class DeliveryAdmin(BackofficeAdmin):
    columns = ("event_type", "session", "to", "state_now", "tries", "next_step", "created")
    list_display = columns
    list_display_links = ("event_type",)
    list_filter = (DeliveryStateFilter, OfWebhook, OfRedelivery)
    list_select_related = ("event__session", "endpoint")
    search_fields = ("id",)
    search_help_text = "Search by session ID, webhook-id, the webhook’s URL or the API key’s label."
    ordering = ("-created_at", "-id")
    verbs = (REDELIVER,)
    actions = ("redeliver_selected",)
    empty_title = "No deliveries yet"
    empty_help = "A delivery appears here when something happens to a payment whose API key has a webhook."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("event__session", "endpoint__api_key")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        term = search_term.strip()
        return (_found(queryset, term) if term else queryset), False

    @admin.display(description="Event")
    def event_type(self, delivery: Delivery) -> str:
        return delivery.event_type

    @admin.display(description="Session")
    def session(self, delivery: Delivery) -> str:
        return words.code(delivery.event.session.session_id) if delivery.event else words.NOTHING

    @admin.display(description="To")
    def to(self, delivery: Delivery) -> SafeString:
        # A table has room for the host rather than for how it is reached.
        return format_html('<span title="{}">{}</span>', delivery.endpoint.url, delivery.endpoint.place)

    @admin.display(description="State")
    def state_now(self, delivery: Delivery) -> SafeString:
        return state_chip(delivery)

    @admin.display(description="Attempts")
    def tries(self, delivery: Delivery) -> int:
        return delivery.attempt_count

    @admin.display(description="When")
    def next_step(self, delivery: Delivery) -> str:
        return delivery_tables.next_step(delivery, timezone.now())

    @admin.display(description="Created")
    def created(self, delivery: Delivery) -> str:
        return words.day(delivery.created_at)

    def has_redeliver_permission(self, request: HttpRequest) -> bool:
        return may(request, REDELIVER)

    @admin.action(description="Redeliver the selected", permissions=["redeliver"])
    def redeliver_selected(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> HttpResponse:
        chosen = [("id", str(pk)) for pk in queryset.order_by().values_list("pk", flat=True)]
        return HttpResponseRedirect(f"{reverse('admin:webhooks_delivery_redeliver-selection')}?{urlencode(chosen)}")

    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(self._selection)
        return [path("redeliver-selection/", page, name="webhooks_delivery_redeliver-selection"), *super().get_urls()]

    def _selection(self, request: HttpRequest) -> HttpResponse:
        """Ask why, and send again what the address names."""
        deliveries = list(Delivery.objects.filter(pk__in=_ids(request.GET.getlist("id")[: self.list_per_page])))
        if not deliveries:
            messages.error(request, "Select deliveries first.")
            return HttpResponseRedirect(reverse("admin:webhooks_delivery_changelist"))
        return verb_view(request, verb=RedeliverSelection(), obj=deliveries, context=self._context(request))

    def headline(self, delivery: Delivery, now: datetime) -> SafeString:
        return format_html("{} {}", delivery.event_type, state_chip(delivery))

    def facts(self, delivery: Delivery, now: datetime) -> Sequence[Facts]:
        endpoint = format_html('<a href="{}">{}</a>', page_url(delivery.endpoint), delivery.endpoint.url)
        rows = [
            ("webhook-id", words.copyable(delivery.webhook_id)),
            ("Session", _session_link(delivery)),
            ("To", endpoint),
            ("API key", delivery.endpoint.api_key.label),
            ("Created", words.when(delivery.created_at)),
            ("When", delivery_tables.next_step(delivery, now)),
        ]
        if delivery.actor:
            rows.append(("Asked for by", delivery.actor))
        body = format_html("<pre>{}</pre>", delivery.body)
        return Facts("Delivery", rows), Facts("What is sent", [("Body", body)])

    def tables(self, request: HttpRequest, delivery: Delivery, now: datetime) -> Sequence[Table]:
        return (delivery_tables.of_delivery(delivery, _last_attempts(delivery)),)

    def news(self, delivery: Delivery, now: datetime) -> str:
        return delivery_news.of_delivery(delivery, now)

    def is_changing(self, delivery: Delivery, now: datetime) -> bool:
        return delivery_news.is_under_way(delivery, now)


def health_chips(endpoint: WebhookEndpoint) -> SafeString:
    if endpoint.removed_at:
        return words.chip("removed")
    paused = words.chip("paused") if endpoint.paused else ""
    return format_html("{}{}", words.chip(endpoint.health, Health(endpoint.health).label), paused)


def _health_facts(endpoint: WebhookEndpoint, now: datetime) -> list[tuple[str, Any]]:
    facts: list[tuple[str, Any]] = [
        ("State", health_chips(endpoint)),
        ("Deliveries waiting", words.up_to(endpoint.deliveries.waiting(), MOST_COUNTED)),
        ("Failures in a row", endpoint.consecutive_failures),
        ("Failing since", words.when(endpoint.failing_since)),
    ]
    if endpoint.disabled_reason:
        facts.append(("Disabled because", endpoint.disabled_reason))
    if endpoint.hold_until and endpoint.hold_until > now:
        facts.append(("Next try", words.when(endpoint.hold_until)))
    return facts


def _about_secret(endpoint: WebhookEndpoint, now: datetime) -> str:
    if endpoint.removed_at:
        return "wiped"
    if endpoint.next_secret:
        return "a new one is waiting to be promoted"
    if endpoint.retiring_until and endpoint.retiring_until > now:
        return f"changed; the old one signs too for {words.span(endpoint.retiring_until - now)} more"
    return "set, and shown to nobody"


def _session_link(delivery: Delivery) -> SafeString | str:
    if delivery.event is None:
        return "none: this is a test"
    session = delivery.event.session
    return format_html('<a href="{}">{}</a>', page_url(session), session.session_id)


def _last_attempts(delivery: Delivery) -> list[Attempt]:
    return list(reversed(delivery.attempts.order_by("-number")[:SHOWN_ATTEMPTS]))


def _ids(texts: Sequence[str]) -> list[uuid.UUID]:
    ids = []
    for text in texts:
        with contextlib.suppress(ValueError):
            ids.append(uuid.UUID(text))
    return ids


def _found(rows: QuerySet[Any], term: str) -> QuerySet[Any]:
    """Return the deliveries that a search term names: by an id, by a session, or by where they go."""
    (named,) = _ids([term]) or (None,)
    if named:
        deliveries = Delivery.objects.order_by()
        ids = deliveries.filter(pk=named).union(deliveries.filter(event_id=named), all=True)
        return rows.filter(pk__in=list(ids.values_list("pk", flat=True)))
    session = PaymentSession.objects.filter(session_id=term.upper()).first()
    if session:
        return rows.filter(pk__in=list(Delivery.objects.filter(event__session=session).values_list("pk", flat=True)))
    to = Q(url__icontains=term) | Q(description__icontains=term) | Q(api_key__label__icontains=term)
    endpoints = list(WebhookEndpoint.objects.filter(to).values_list("pk", flat=True)[:MOST_FOUND])
    return rows.filter(endpoint__in=endpoints)
