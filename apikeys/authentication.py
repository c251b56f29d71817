from typing import Any

from django.utils import timezone
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, NotAuthenticated
from rest_framework.request import Request

from apikeys import keys, usage
from apikeys.models import ApiKey


def calling_key(request: Request) -> ApiKey:
    """Return the key that made an authenticated request."""
    api_key: Any = request.auth
    if not isinstance(api_key, ApiKey):
        raise NotAuthenticated
    return api_key


class ApiKeyAuthentication(BaseAuthentication):
    """`X-API-Key: pgk_…` ► `request.auth` is the ApiKey.

    Missing, unknown, disabled and expired keys get one and the same answer, so that it tells nothing about keys.
    """

    def authenticate(self, request: Request) -> tuple[ApiKey, ApiKey]:
        presented = request.headers.get(keys.HEADER, "").strip()
        if not keys.looks_like_key(presented):
            raise AuthenticationFailed
        now = timezone.now()
        api_key = ApiKey.objects.usable(now).with_hash(keys.hash_key(presented), now).first()
        if api_key is None:
            raise AuthenticationFailed
        usage.count_request(api_key.pk)
        return api_key, api_key

    def authenticate_header(self, request: Request) -> str:
        # Without it Django REST framework answers 403 instead of 401.
        return f'ApiKey header="{keys.HEADER}"'
