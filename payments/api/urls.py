from django.urls import path

from payments.api.views import CapacityViewSet, EventViewSet, KeyViewSet, PaymentViewSet

urlpatterns = [
    path(
        "create-payment",
        PaymentViewSet.as_view({"post": "create"}, permission_by_method={"POST": "create"}),
        name="create-payment",
    ),
    path(
        "payment/<str:session_id>",
        PaymentViewSet.as_view({"get": "retrieve"}, permission_by_method={"GET": "read"}),
        name="payment",
    ),
    path(
        "payments",
        PaymentViewSet.as_view({"get": "list"}, permission_by_method={"GET": "list"}),
        name="payments",
    ),
    path(
        "cancel/<str:session_id>",
        PaymentViewSet.as_view({"post": "cancel"}, permission_by_method={"POST": "cancel"}),
        name="cancel",
    ),
    path(
        "capacity",
        CapacityViewSet.as_view({"get": "retrieve"}, permission_by_method={"GET": "create"}),
        name="capacity",
    ),
    path("events", EventViewSet.as_view({"get": "list"}, permission_by_method={"GET": "list"}), name="events"),
    path("me", KeyViewSet.as_view({"get": "retrieve"}, permission_by_method={"GET": None}), name="me"),
]
