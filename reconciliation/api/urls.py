from django.urls import path

from reconciliation.api.views import AlertView

urlpatterns = [
    path("alerts", AlertView.as_view(), name="alerts-by-header"),
    path("alerts/<str:token>", AlertView.as_view(), name="alerts"),
]
