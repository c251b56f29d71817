"""The rows of pills above lists."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.contrib.admin import SimpleListFilter
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from apikeys.models import ApiKey
from payments.models import Status
from reconciliation.models import CreditState, EvidenceState
from webhooks.models import DeliveryState, Health

MOST_KEYS = 30


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

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("test", "Test")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if request.GET.get("q") and self.value() is None:
            return queryset
        return queryset.filter(test=self.value() == "test")


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
        is_id = source.isascii() and source.isdigit() and len(source) < 19
        return queryset.filter(api_key_id=int(source)) if is_id else queryset.none()


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

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(str(value), label) for value, label in DeliveryState.choices if value != DeliveryState.LEASED]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(state=self.value()) if self.value() else queryset


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
    others = (("matched", "Matched"), ("set_aside", "Set aside"))


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
