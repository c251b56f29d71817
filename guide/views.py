from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from drf_spectacular.renderers import OpenApiJsonRenderer, OpenApiYamlRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from guide.openapi import description
from guide.reference import Reference
from payments.api.error_codes import ERROR_CODES


@require_safe
def guide(request: HttpRequest) -> HttpResponse:
    """Show the integration guide."""
    return render(request, "guide/guide.html", {"base_url": settings.BASE_URL, "error_codes": ERROR_CODES})


@require_safe
def api_reference(request: HttpRequest) -> HttpResponse:
    """Show every call, object, webhook and error of the OpenAPI description."""
    reference = Reference(description(settings.BASE_URL))
    return render(
        request,
        "guide/api.html",
        {
            "base_url": settings.BASE_URL,
            "calls": reference.calls(),
            "things": reference.things(),
            "webhooks": reference.webhooks(),
            "error_codes": ERROR_CODES,
        },
    )


class SchemaView(APIView):
    """The OpenAPI file: YAML, or JSON with `?format=json`."""

    schema = None
    authentication_classes = ()
    permission_classes = ()

    def get(self, request: Request) -> HttpResponse:
        as_json = request.query_params.get("format") == "json"
        renderer = OpenApiJsonRenderer() if as_json else OpenApiYamlRenderer()
        text = renderer.render(description(settings.BASE_URL), renderer_context={})
        return HttpResponse(text, content_type="application/json" if as_json else "application/yaml")
