from typing import Any

from rest_framework.exceptions import MethodNotAllowed, PermissionDenied
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from apikeys.caller import calling_key


class OriginNotAllowed(PermissionDenied):
    stable_code = "origin_not_allowed"
    default_detail = "This API key may only be used from the websites it lists."


class HasApiKeyPermission(BasePermission):
    """Lets a key call what its permissions name.

    A view says what each method of its path needs in `permission_by_method`, `None` meaning any key. A method that the
    path does not know is 405 before anything else is judged.
    """

    def has_permission(self, request: Request, view: Any) -> bool:
        needed: dict[str, str | None] = view.permission_by_method
        method = "GET" if request.method == "HEAD" else request.method or ""
        if method not in needed:
            raise MethodNotAllowed(method)
        api_key = calling_key(request)
        if api_key.is_browser_key and request.headers.get("Origin", "").lower() not in api_key.origins:
            raise OriginNotAllowed
        permission = needed[method]
        if permission and permission not in api_key.permissions:
            raise PermissionDenied(f"This API key lacks the permission '{permission}'.")
        return True
