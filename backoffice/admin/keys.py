from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, Subquery, Sum
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.http import urlencode
from django.utils.safestring import SafeString

from apikeys.models import ApiKey, ApiKeyDay
from backoffice import words
from backoffice.key_verbs import CreateKey, DisableKey, EnableKey, RotateKey
from backoffice.pages import BackofficeAdmin, Facts
from backoffice.verbs import page_url
from backoffice.webhook_verbs import AddWebhook, ChangeKeyWebhook, SendKeyTest, endpoints_in_use
from payments.models import PaymentSession, Status
from webhooks.models import Health, WebhookEndpoint


@admin.register(ApiKey)
class ApiKeyAdmin(BackofficeAdmin):
    columns = ("id", "label", "key", "may", "webhook", "requests", "revenue", "status_now")
    list_display = columns
    list_display_links = ("id", "label")
    search_fields = ("label__icontains",)
    search_help_text = "Search by label."
    verbs = (RotateKey(), AddWebhook(), ChangeKeyWebhook(), SendKeyTest(), DisableKey(), EnableKey())
    row_verbs = ("rotate", "add-webhook", "webhook", "disable", "enable")
    creations = (CreateKey(),)
    empty_title = "No API keys yet"
    empty_help = "Create one for each shop that takes payments. Start with a test key: no money moves."

    def get_queryset(self, request: HttpRequest) -> Any:
        return (
            super()
            .get_queryset(request)
            .annotate(requests_made=_REQUESTS, revenue_paise=_REVENUE)
            .prefetch_related("endpoints")
        )

    @admin.display(description="Key")
    def key(self, key: ApiKey) -> SafeString:
        return format_html("<code>{}</code> {}", key.masked, words.test_mark(key.test))

    @admin.display(description="Permissions")
    def may(self, key: ApiKey) -> str:
        return ", ".join(key.permissions)

    @admin.display(description="Webhook")
    def webhook(self, key: Any) -> SafeString | str:
        endpoints = format_html_join(", ", "{}{}", ((each.place, _trouble(each)) for each in endpoints_in_use(key)))
        return endpoints or words.NOTHING

    @admin.display(description="Requests")
    def requests(self, key: Any) -> str:
        return _count(key.requests_made)

    @admin.display(description="Revenue")
    def revenue(self, key: Any) -> str:
        return words.rupees(key.revenue_paise)

    @admin.display(description="Status")
    def status_now(self, key: ApiKey) -> SafeString:
        return words.chip(key.status_at(timezone.now()))

    def headline(self, key: ApiKey, now: datetime) -> SafeString:
        return format_html("{} {}{}", key.label, words.chip(key.status_at(now)), words.test_mark(key.test))

    def facts(self, key: Any, now: datetime) -> Sequence[Facts]:
        return Facts("Key", _key_facts(key, now)), Facts("Use", _use_facts(key)), Facts("Webhook", _webhook_facts(key))


# Unordered, because an ordering would join the grouping and split the sums.
_REQUESTS = Coalesce(
    Subquery(
        ApiKeyDay.objects.filter(api_key=OuterRef("pk"))
        .order_by()
        .values("api_key")
        .annotate(total=Sum("requests"))
        .values("total")
    ),
    0,
)
_REVENUE = Coalesce(
    Subquery(
        PaymentSession.objects.filter(api_key=OuterRef("pk"), status=Status.SUCCESS, test=False)
        .order_by()
        .values("api_key")
        .annotate(total=Sum("payable_paise"))
        .values("total")
    ),
    0,
)


def _key_facts(key: ApiKey, now: datetime) -> list[tuple[str, Any]]:
    facts = [
        ("ID", key.pk),
        ("Key", words.code(key.masked)),
        ("Mode", "Test: no money moves" if key.test else "Live"),
        ("Permissions", ", ".join(key.permissions)),
        ("Websites", ", ".join(key.origins) or "none: this key is for servers"),
        ("Allowed addresses", ", ".join(key.allowed_networks) or "any"),
        ("Created", words.when(key.created_at)),
    ]
    if key.previous_until and key.previous_until > now:
        used = f", last used {words.until(key.previous_used_at)}" if key.previous_used_at else ", not used since"
        facts.append(("Old key", format_html("works until {}{}", words.when(key.previous_until), used)))
    if key.expires_at:
        facts.append(("Expires", words.when(key.expires_at)))
    if key.disabled_at:
        facts.append(("Disabled", words.when(key.disabled_at)))
    return facts


def _use_facts(key: Any) -> list[tuple[str, Any]]:
    sessions = reverse("admin:payments_paymentsession_changelist")
    query = urlencode({"source": key.pk} | ({"mode": "test"} if key.test else {}))
    used_from = f" from {key.last_used_ip}" if key.last_used_ip else ""
    return [
        ("Requests", _count(key.requests_made)),
        ("Revenue", words.rupees(key.revenue_paise)),
        ("Last used", format_html("{}{}", words.when(key.last_used_at), used_from)),
        ("Sessions", format_html('<a href="{}?{}">Show its sessions</a>', sessions, query)),
    ]


def _webhook_facts(key: ApiKey) -> list[tuple[str, Any]]:
    endpoints = endpoints_in_use(key)
    if not endpoints:
        return [("URL", "none: the shop has to ask for each payment’s status")]
    return [(endpoint.description or "URL", _webhook_link(endpoint)) for endpoint in endpoints]


def _webhook_link(endpoint: WebhookEndpoint) -> SafeString:
    return format_html('<a href="{}">{}</a>{}', page_url(endpoint), endpoint.url, _trouble(endpoint))


def _trouble(endpoint: WebhookEndpoint) -> SafeString | str:
    if endpoint.health != Health.HEALTHY:
        failing = "Failing" if endpoint.health == Health.DEGRADED else "Disabled"
        return format_html(" {}", words.chip(endpoint.health, failing))
    return format_html(" {}", words.chip("paused")) if endpoint.paused else ""


def _count(number: int) -> SafeString:
    return format_html('<span class="number">{}</span>', f"{number:,}")
