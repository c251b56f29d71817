from django.contrib import admin
from django.urls import include, path, re_path
from django.views.generic import RedirectView

from paygate import api_errors, health, metrics

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="guide")),
    path("admin/", admin.site.urls),
    path("api/v1/", include("payments.api.urls")),
    path("api/v1/", include("reconciliation.api.v1")),
    path("api/v1/", include("webhooks.api.v1")),
    path("", include("guide.urls")),
    re_path(r"^api/", api_errors.unknown_api_path),
    path("hooks/", include("reconciliation.api.urls")),
    path("", include("checkout.urls")),
    path("healthz", health.healthz, name="healthz"),
    path("metrics", metrics.metrics, name="metrics"),
    path("readyz", health.readyz, name="readyz"),
]

handler400 = "paygate.error_pages.bad_request"
handler403 = "paygate.error_pages.forbidden"
handler404 = "paygate.error_pages.not_found"
handler500 = "paygate.error_pages.server_error"
