"""What this app adds under /api/v1."""

from django.urls import path

from webhooks.api.deliveries import DeliveryViewSet

urlpatterns = [
    path(
        "deliveries",
        DeliveryViewSet.as_view({"get": "list"}, permission_by_method={"GET": "webhooks"}),
        name="deliveries",
    ),
    path(
        "deliveries/<str:delivery_id>/redeliver",
        DeliveryViewSet.as_view({"post": "redeliver"}, permission_by_method={"POST": "webhooks"}),
        name="redeliver",
    ),
]
