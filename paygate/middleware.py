import ipaddress
import re
import secrets
from collections.abc import Callable, Sequence

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from paygate import logs
from paygate.api_errors import is_api, json_error

MAX_BODY = 64 * 1024
MAX_DRAINED = 16 * 1024 * 1024

_REQUEST_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
_GetResponse = Callable[[HttpRequest], HttpResponse]


class RequestContextMiddleware:
    """Gives each request an id (`X-Request-Id`, in every log line) and the client's true address."""

    def __init__(self, get_response: _GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        asked = request.headers.get("X-Request-Id", "")
        request_id = asked if _REQUEST_ID.fullmatch(asked) else secrets.token_hex(8)
        token = logs.request_id.set(request_id)
        request.META["REMOTE_ADDR"] = client_ip(
            request.META.get("REMOTE_ADDR", ""), request.headers.get("X-Forwarded-For", ""), settings.TRUSTED_PROXIES
        )
        try:
            response = self.get_response(request)
            response["X-Request-Id"] = request_id
            if is_api(request):
                response["Cache-Control"] = "private, no-store"
            return response
        finally:
            logs.request_id.reset(token)


class BodyLimitMiddleware:
    """Refuses large bodies under /api and /hooks, but reads them first, so that the client can read the answer."""

    def __init__(self, get_response: _GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        length = request.META.get("CONTENT_LENGTH") or "0"
        if is_api(request) and length.isdigit() and int(length) > MAX_BODY:
            _drain(request, min(int(length), MAX_DRAINED))
            return json_error(413, f"The body may have {MAX_BODY // 1024} KiB at most.")
        return self.get_response(request)


def client_ip(peer: str, forwarded_for: str, trusted_proxies: Sequence[str]) -> str:
    """Return the address a request came from: the rightmost of X-Forwarded-For that is not a trusted proxy."""
    networks = [ipaddress.ip_network(proxy, strict=False) for proxy in trusted_proxies]
    hops = [*(hop.strip() for hop in forwarded_for.split(",") if hop.strip()), peer]
    client = peer
    for hop in reversed(hops):
        try:
            address = ipaddress.ip_address(hop)
        except ValueError:
            break
        client = str(address)
        if not any(address in network for network in networks):
            break
    return client


def _drain(request: HttpRequest, length: int) -> None:
    while length > 0 and (chunk := request.read(min(length, MAX_BODY))):
        length -= len(chunk)
