"""How the OpenAPI file describes API keys; drf-spectacular finds the class once the module is loaded."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema

from apikeys.keys import HEADER

SCHEME = "ApiKey"


class ApiKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "apikeys.authentication.ApiKeyAuthentication"
    name = SCHEME

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        return {
            "type": "apiKey",
            "in": "header",
            "name": HEADER,
            "description": "`pgk_` (test mode: `pgk_test_`) and 43 letters, digits, `_` or `-`.",
        }

    def get_security_requirement(self, auto_schema: AutoSchema) -> dict[str, list[str]]:
        """Name the permission a call needs; since OpenAPI 3.1 an API key's requirement may list roles."""
        view: Any = auto_schema.view
        permission = view.permission_by_method.get(auto_schema.method)
        return {SCHEME: [permission] if permission else []}
