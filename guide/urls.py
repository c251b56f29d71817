from django.urls import path

from guide import views

urlpatterns = [
    path("docs", views.guide, name="guide"),
    path("docs/api", views.api_reference, name="api-docs"),
    path("api/schema", views.SchemaView.as_view(), name="api-schema"),
]
