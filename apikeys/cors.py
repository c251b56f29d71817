"""Which websites' pages may read the API's answers: those that any usable key lists."""

import time
from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from apikeys.models import ApiKey

REMEMBER_SECONDS = 5.0

_listed: frozenset[str] = frozenset()
_read_at = float("-inf")


def origin_is_listed(sender: Any, request: HttpRequest, **kwargs: Any) -> bool:
    """Answer django-cors-headers. A preflight carries no key, so any key's list counts."""
    return request.path.startswith("/api/v1/") and request.headers.get("Origin", "").lower() in listed_origins()


def listed_origins() -> frozenset[str]:
    """Return all listed origins, at most `REMEMBER_SECONDS` old."""
    global _listed, _read_at
    if time.monotonic() - _read_at > REMEMBER_SECONDS:
        keys = ApiKey.objects.usable(timezone.now()).exclude(origins=[]).values_list("origins", flat=True)
        _listed = frozenset(origin for origins in keys for origin in origins)
        _read_at = time.monotonic()
    return _listed


def forget() -> None:
    """Read the list again at the next question."""
    global _read_at
    _read_at = float("-inf")
