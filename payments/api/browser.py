"""What a public key, used in a shop's page, may not do: one client address cannot take all payable amounts."""

from typing import Any

from django.conf import settings
from django.utils import timezone
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from apikeys.caller import calling_key, client_network
from apikeys.throttling import RateLimited, count_browser_create
from payments.models import PaymentSession


def check_create(request: Request, details: dict[str, Any]) -> None:
    """Judge a create-payment by a browser key. Raises ValidationError, RateLimited."""
    if details.get("expires_in", 0) > settings.BROWSER_MAX_SECONDS:
        raise ValidationError({"expires_in": f"From a page, at most {settings.BROWSER_MAX_SECONDS} seconds."})
    api_key, address = calling_key(request), client_network(request)
    count_browser_create(api_key, address)
    still_open = PaymentSession.objects.for_key(api_key).in_status("pending", timezone.now())
    quota = settings.BROWSER_OPEN_SESSIONS
    oldest_first = list(still_open.filter(client_ip=address).order_by("expires_at").values_list("expires_at")[:quota])
    if len(oldest_first) == quota:
        (first_to_expire,) = oldest_first[0]
        wait = (first_to_expire - timezone.now()).total_seconds()
        raise RateLimited("open-sessions", quota=quota, window=settings.BROWSER_MAX_SECONDS, seconds=wait)
