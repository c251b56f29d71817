"""What this app adds under /api/v1."""

from django.urls import path

from reconciliation.api.test_credits import TestCreditViewSet

urlpatterns = [
    path(
        "test/credits",
        TestCreditViewSet.as_view({"post": "create"}, permission_by_method={"POST": "create"}),
        name="test-credits",
    ),
]
