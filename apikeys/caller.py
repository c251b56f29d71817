"""Who sent this request."""

import ipaddress
from typing import Any

from django.http import HttpRequest
from rest_framework.exceptions import NotAuthenticated
from rest_framework.request import Request

from apikeys.models import ApiKey


def calling_key(request: Request) -> ApiKey:
    """Return the key that made an authenticated request."""
    api_key: Any = request.auth
    if not isinstance(api_key, ApiKey):
        raise NotAuthenticated
    return api_key


def client_ip(request: Request | HttpRequest) -> str:
    """Return the client's address, empty if there is none; the middleware has looked through trusted proxies."""
    try:
        address = ipaddress.ip_address(request.META.get("REMOTE_ADDR", ""))
    except ValueError:
        return ""
    return str(getattr(address, "ipv4_mapped", None) or address)


def client_network(request: Request | HttpRequest) -> str:
    """Return whom limits count: an IPv4 address, or the first of the 2⁶⁴ IPv6 addresses that one connection has."""
    address = client_ip(request)
    return str(ipaddress.ip_network((address, 64), strict=False).network_address) if ":" in address else address
