from django.urls import path

from reconciliation.api.views import AlertView

urlpatterns = [path("alerts/<str:token>", AlertView.as_view(), name="alerts")]
