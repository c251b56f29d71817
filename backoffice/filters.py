"""The rows of pills above lists."""

import uuid
from collections.abc import Iterator, Sequence
from typing import Any

from django.contrib.admin import SimpleListFilter
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.text import Truncator

from apikeys.models import ApiKey
from payments.models import Status
from reconciliation.matching import Reason
from reconciliation.models import Credit, CreditState, EvidenceState, Outcome
from webhooks.models import Health, WebhookEndpoint

MOST_KEYS = 30
MOST_WEBHOOKS = 30


def is_row_id(text: str) -> bool:
    """Whether a text from an address may be a number that the database counts rows with."""
    return text.isascii() and text.isdigit() and len(text) < 19


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


class Pills(SimpleListFilter):
    """A filter whose first choice, `first`, is in force when none is chosen."""

    template = "admin/pills.html"
    first = "All"

    def value(self) -> str | None:
        """Return what is chosen. PostgreSQL refuses a NUL with an error of its own, and no choice holds one."""
        chosen = super().value()
        return None if chosen and "\x00" in chosen else chosen

    def choices(self, changelist: ChangeList) -> Iterator[dict[str, Any]]:  # type: ignore[override]
        options: Sequence[tuple[Any, Any]] = [(None, self.first), *self.lookup_choices]
        for value, text in options:
            yield {
                "selected": self.value() == (value and str(value)),
                "query_string": changelist.get_query_string({str(self.parameter_name): value}),
                "display": text,
            }


class Mode(Pills):
    """Live unless asked otherwise. A search looks in both: an ID is one payment's, whatever its mode."""

    title = "mode"
    parameter_name = "mode"
    first = "Live"
    column = "test"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("test", "Test")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if request.GET.get("q") and self.value() is None:
            return queryset
        return queryset.filter(**{self.column: self.value() == "test"})


class ClaimMode(Mode):
    column = "session__test"


class ClaimOutcome(Pills):
    """What became of claims `with_outcome`."""

    title = "outcome"
    parameter_name = "outcome"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            (Outcome.DISPUTED.value, "Claimed twice"),
            (Outcome.FOR_STAFF.value, "Money waits"),
            (Outcome.WAITING.value, "No money yet"),
            (Outcome.PAID.value, "Paid"),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(outcome=self.value()) if self.value() else queryset


class SessionStatus(Pills):
    """The status at this moment: an overdue pending session is expired already."""

    title = "status"
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(str(value), label) for value, label in Status.choices]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet[Any]:
        status = self.value()
        rows: QuerySet[Any] = queryset.in_status(status, timezone.now()) if status else queryset
        return rows


class Source(Pills):
    template = "admin/menu.html"
    title = "source"
    parameter_name = "source"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        keys = list(ApiKey.objects.order_by("-pk").values_list("pk", "label")[:MOST_KEYS])
        return [("dashboard", "Dashboard"), *((str(pk), label) for pk, label in keys)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        source = self.value()
        if source is None:
            return queryset
        if source == "dashboard":
            return queryset.filter(api_key=None)
        return queryset.filter(api_key_id=int(source)) if is_row_id(source) else queryset.none()


class EndpointState(Pills):
    """Webhooks in use, unless asked otherwise."""

    title = "state"
    parameter_name = "state"
    first = "In use"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("failing", "Failing"), ("paused", "Paused"), ("removed", "Removed")]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet[Any]:
        if self.value() == "removed":
            return queryset.exclude(removed_at=None)  # type: ignore[no-any-return]
        if request.GET.get("q") and self.value() is None:
            return queryset  # type: ignore[no-any-return]
        in_use: QuerySet[Any] = queryset.in_use()
        if self.value() == "failing":
            return in_use.exclude(health=Health.HEALTHY)
        return in_use.filter(paused=True) if self.value() == "paused" else in_use


class DeliveryStateFilter(Pills):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("due", "Waiting"), ("retrying", "Retrying"), ("done", "Delivered"), ("dead", "Failed")]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet[Any]:
        state = self.value()
        if state == "due":
            return queryset.waiting()  # type: ignore[no-any-return]
        if state == "retrying":
            return queryset.retrying()  # type: ignore[no-any-return]
        rows: QuerySet[Any] = queryset.filter(state=state) if state in ("done", "dead") else queryset
        return rows


class OfWebhook(Pills):
    """Of one webhook: one of the newest, or any that an address names."""

    template = "admin/menu.html"
    title = "webhook"
    parameter_name = "webhook"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        endpoints = WebhookEndpoint.objects.select_related("api_key")
        listed = list(endpoints.in_use()[:MOST_WEBHOOKS])
        chosen = _uuid(request.GET.get(self.parameter_name, ""))
        if chosen and chosen not in {endpoint.pk for endpoint in listed}:
            listed += endpoints.filter(pk=chosen)
        return [(str(each.pk), _titled(each)) for each in listed]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = self.value()
        return queryset if chosen is None else queryset.filter(endpoint=_uuid(chosen))


def _titled(endpoint: WebhookEndpoint) -> str:
    called = f" ({endpoint.description})" if endpoint.description else ""
    return f"{endpoint.api_key.label}: {Truncator(endpoint.place).chars(60)}{called}"


class OfRedelivery(Pills):
    """Of one redelivery; only its page leads here."""

    title = "redelivery"
    parameter_name = "redelivery"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        chosen = request.GET.get(self.parameter_name, "")
        return [(chosen, f"Redelivery {chosen}")] if is_row_id(chosen) else []

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(redelivery=self.value()) if self.value() else queryset


class Waiting(Pills):
    """Shows what waits for a person, unless asked otherwise."""

    title = "state"
    parameter_name = "state"
    first = "To be looked at"
    waiting: tuple[str, ...] = ()
    others: tuple[tuple[str, str], ...] = ()

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [*self.others, ("all", "All")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        state = self.value()
        if state == "all" or (request.GET.get("q") and state is None):
            return queryset
        return queryset.filter(state__in=self.waiting if state is None else (state,))


class CreditStateFilter(Waiting):
    waiting = (CreditState.REVIEW,)
    others = (("refund", "To refund"), ("refunded", "Refunded"), ("matched", "Matched"), ("set_aside", "Set aside"))


class CreditReasonFilter(Pills):
    title = "reason"
    parameter_name = "reason"
    first = "Any reason"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        # Only what somebody waits for: all reasons at once would fill a phone's screen.
        waiting = set(
            Credit.objects.filter(state=CreditState.REVIEW).order_by().values_list("reason", flat=True).distinct()
        )
        chosen = request.GET.get(self.parameter_name)
        return [(reason.value, reason.label) for reason in Reason if reason in waiting or reason == chosen]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(reason=self.value()) if self.value() else queryset


class EvidenceStateFilter(Waiting):
    waiting = (EvidenceState.REVIEW, EvidenceState.FAILED)
    others = (
        ("waiting", "Waiting"),
        ("credit", "Credits"),
        ("ignored", "Not credits"),
        ("not_listed", "Other senders"),
    )


class OpenNotices(Pills):
    title = "state"
    parameter_name = "state"
    first = "Open"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("all", "All")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset if self.value() == "all" else queryset.filter(resolved_at=None)
