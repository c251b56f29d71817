from functools import wraps
from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path, reverse

from apikeys.caller import client_network
from apikeys.throttling import RateLimited, count_login
from backoffice import audit, dashboard, day_close, workbench

NAVIGATION = (
    (
        "Payments",
        (
            "payments.PaymentSession",
            "reconciliation.Credit",
            "reconciliation.UtrClaim",
            "reconciliation.Evidence",
            "reconciliation.StatementImport",
        ),
    ),
    ("Integration", ("apikeys.ApiKey", "webhooks.WebhookEndpoint", "webhooks.Delivery", "webhooks.Redelivery")),
    ("Setup", ("payments.UpiAccount", "reconciliation.AlertChannel", "reconciliation.BankTemplate")),
    ("Staff", ("payments.Notice", "auth.User", "backoffice.StaffAction")),
)
# Pages that show no one model: their name, their address, and the permission they need.
PAGES = {
    "Payments": (("Day close", "admin:day-close", day_close.NEEDS),),
    "Setup": (("Workbench", "admin:workbench", workbench.NEEDS),),
}
_NOT_ALLOWED = "Your role does not allow this. Nothing was changed."


class PayGateAdminSite(AdminSite):
    """Django's admin with its pages ordered by what staff do rather than by app."""

    site_header = site_title = "PayGate"
    index_title = "Overview"
    site_url = None

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        return super().index(request, {"overview": dashboard.overview(request), **(extra_context or {})})

    def app_index(
        self, request: HttpRequest, app_label: str, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        return self.index(request, extra_context)

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """Return the navigation: what this person may see of the models of `NAVIGATION` and of `PAGES`."""
        models = {model["model"]._meta.label: model for app in super().get_app_list(request) for model in app["models"]}
        sections = [
            {
                "name": name,
                "app_label": name.lower(),
                "models": [*(models[label] for label in labels if label in models), *_pages(request, name)],
            }
            for name, labels in NAVIGATION
        ]
        return [section for section in sections if section["models"]]

    def get_urls(self) -> list[Any]:
        return [
            path("day-close/", self.admin_view(day_close.page), name="day-close"),
            path("workbench/", self.admin_view(workbench.page), name="workbench"),
            *super().get_urls(),
        ]

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if request.method == "POST":
            try:
                count_login(client_network(request))
            except RateLimited as limited:
                response = self._refuse(request, str(limited.detail), status=429)
                response["Retry-After"] = limited.headers["Retry-After"]
                return response
        return super().login(request, extra_context)

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        response = super().password_change(request, extra_context)
        if request.method == "POST" and response.status_code == 302 and isinstance(request.user, User):
            audit.record(request, "change-own-password", request.user)
        return response

    def get_log_entries(self, request: HttpRequest) -> Any:
        # StaffAction is the one record of what staff did.
        return ()

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        @wraps(view)
        def in_words(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            try:
                response: HttpResponse = view(request, *args, **kwargs)
                return response
            except PermissionDenied as denied:
                return self._refuse(request, str(denied) or _NOT_ALLOWED)

        return super().admin_view(in_words, cacheable)

    def _refuse(self, request: HttpRequest, message: str, *, status: int = 403) -> HttpResponse:
        page = {**self.each_context(request), "title": "Not allowed", "message": message}
        return TemplateResponse(request, "admin/refused.html", page, status=status)


def _pages(request: HttpRequest, section: str) -> list[dict[str, str]]:
    pages = PAGES.get(section, ())
    return [{"name": name, "admin_url": reverse(url)} for name, url, needs in pages if request.user.has_perm(needs)]
