import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from backoffice import audit, delivery_tables, words
from backoffice.delivery_tables import REDELIVER, state_chip
from backoffice.filters import DeliveryStateFilter, EndpointState
from backoffice.pages import BackofficeAdmin, Facts, Table
from backoffice.verbs import may, page_url
from backoffice.webhook_verbs import (
    MOST_COUNTED,
    Edit,
    EnableAgain,
    NewSecret,
    Pause,
    PromoteSecret,
    Remove,
    Resume,
    SendTest,
)
from webhooks import services
from webhooks.models import Delivery, Health, Trigger, WebhookEndpoint


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
    verbs = (SendTest(), Edit(), NewSecret(), PromoteSecret(), Pause(), Resume(), EnableAgain(), Remove())
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
        return format_html("Webhook of {} {}", endpoint.api_key, health_chips(endpoint))

    def facts(self, endpoint: WebhookEndpoint, now: datetime) -> Sequence[Facts]:
        key = format_html('<a href="{}">{}</a>', page_url(endpoint.api_key), endpoint.api_key)
        rows = [
            ("URL", words.copyable(endpoint.url)),
            ("Description", endpoint.description or words.NOTHING),
            ("API key", key),
            ("Events", ", ".join(endpoint.events)),
            ("Secret", _about_secret(endpoint, now)),
            ("Created", words.when(endpoint.created_at)),
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
    list_filter = (DeliveryStateFilter,)
    list_select_related = ("event__session", "endpoint")
    search_fields = ("id",)
    search_help_text = "Search by session ID or webhook-id."
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
        return (queryset.filter(pk__in=_found(search_term.strip())) if search_term else queryset), False

    @admin.display(description="Event")
    def event_type(self, delivery: Delivery) -> str:
        return delivery.event_type

    @admin.display(description="Session")
    def session(self, delivery: Delivery) -> str:
        return words.code(delivery.event.session.session_id) if delivery.event else words.NOTHING

    @admin.display(description="To")
    def to(self, delivery: Delivery) -> str:
        return delivery.endpoint.url

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
    def redeliver_selected(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> None:
        with transaction.atomic():
            deliveries = list(queryset.order_by())
            for delivery in deliveries:
                services.redeliver(delivery_id=delivery.pk, actor=request.user.get_username())
                audit.record(request, REDELIVER.name, delivery)
        number = len(deliveries)
        messages.success(request, f"{number} {'delivery is' if number == 1 else 'deliveries are'} sent again.")

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
            ("Asked for", f"by {delivery.actor}" if delivery.actor else Trigger(delivery.trigger).label),
            ("When", delivery_tables.next_step(delivery, now)),
        ]
        body = format_html("<pre>{}</pre>", delivery.body)
        return Facts("Delivery", rows), Facts("What is sent", [("Body", body)])

    def tables(self, request: HttpRequest, delivery: Delivery, now: datetime) -> Sequence[Table]:
        return (delivery_tables.of_delivery(delivery),)


def health_chips(endpoint: WebhookEndpoint) -> SafeString:
    if endpoint.removed_at:
        return words.chip("removed")
    paused = words.chip("paused") if endpoint.paused else ""
    return format_html("{}{}", words.chip(endpoint.health, Health(endpoint.health).label), paused)


def _health_facts(endpoint: WebhookEndpoint, now: datetime) -> list[tuple[str, Any]]:
    facts: list[tuple[str, Any]] = [
        ("State", health_chips(endpoint)),
        ("Waiting", f"{words.up_to(endpoint.deliveries.waiting(), MOST_COUNTED)} deliveries"),
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
        return f"changed; the old one still signs, ends {words.until(endpoint.retiring_until)}"
    return "set, and shown to nobody"


def _session_link(delivery: Delivery) -> SafeString | str:
    if delivery.event is None:
        return "none: this is a test"
    session = delivery.event.session
    return format_html('<a href="{}">{}</a>', page_url(session), session.session_id)


def _found(term: str) -> list[uuid.UUID]:
    deliveries = Delivery.objects.order_by()
    try:
        key = uuid.UUID(term)
    except ValueError:
        return list(deliveries.filter(event__session__session_id=term.upper()).values_list("pk", flat=True))
    rows = deliveries.filter(pk=key).union(deliveries.filter(event_id=key), all=True)
    return list(rows.values_list("pk", flat=True))
