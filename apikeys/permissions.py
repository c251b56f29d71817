from typing import Any

from rest_framework.exceptions import MethodNotAllowed, PermissionDenied
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from apikeys.authentication import calling_key


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
        permission = needed[method]
        if permission and permission not in calling_key(request).permissions:
            raise PermissionDenied(f"This API key lacks the permission '{permission}'.")
        return True
