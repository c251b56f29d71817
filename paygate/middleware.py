import ipaddress
import logging
import re
import secrets
import time
from collections.abc import Callable, Sequence
from urllib.parse import quote

from csp.middleware import CSPMiddleware
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from paygate import logs
from paygate.api_errors import is_api, json_error
from paygate.bodies import MAX_BODY, MAX_DRAINED, is_json, may_be_chunked
from paygate.environment import IpNetwork

_REQUEST_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
_QUIET = re.compile(r"/(static/|healthz$|readyz$|metrics$|favicon\.ico$|checkout/[^/]+/status$)")
_GetResponse = Callable[[HttpRequest], HttpResponse]

logger = logging.getLogger("paygate.requests")


class RequestContextMiddleware:
    """Gives each request an id (`X-Request-Id`, in every log line), the client's true address, and its log line."""

    def __init__(self, get_response: _GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        started_at = time.perf_counter()
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
            if not response.streaming and "Content-Length" not in response:
                response["Content-Length"] = str(len(response.content))
            _log(request, response, time.perf_counter() - started_at)
            return response
        finally:
            logs.request_id.reset(token)


class PagePolicyMiddleware(CSPMiddleware):
    """Sends the Content-Security-Policy with everything but the API's JSON, which is no page and costs the time."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        return response if request.path.startswith("/api/v1/") else super().process_response(request, response)


class BodyMiddleware:
    """Refuses bodies under /api and /hooks that are too large, or that need not be complete.

    A large one is read first, so that the client can read the answer.
    """

    def __init__(self, get_response: _GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return (is_api(request) and _refuse_body(request)) or self.get_response(request)


def _refuse_body(request: HttpRequest) -> HttpResponse | None:
    text = request.META.get("CONTENT_LENGTH") or "0"
    length = int(text) if text.isdigit() else 0
    if length > MAX_BODY:
        _drain(request, min(length, MAX_DRAINED))
        return json_error(413, f"The body may have {MAX_BODY // 1024} KiB at most.")
    # JSON shows by itself whether it is whole.
    content_type = request.META.get("CONTENT_TYPE", "")
    if is_json(content_type):
        return None
    if "Transfer-Encoding" in request.headers and not may_be_chunked(request.path, content_type):
        return json_error(411, "Send the body with a Content-Length; only JSON may come in chunks.")
    if length and len(request.body) < length:
        return json_error(400, "The body ended before its Content-Length.")
    return None


def _drain(request: HttpRequest, length: int) -> None:
    while length > 0 and (chunk := request.read(min(length, MAX_BODY))):
        length -= len(chunk)


def client_ip(peer: str, forwarded_for: str, trusted_proxies: Sequence[IpNetwork]) -> str:
    """Return the address a request came from: the rightmost of X-Forwarded-For that is not a trusted proxy."""
    hops = [*(hop.strip() for hop in forwarded_for.split(",") if hop.strip()), peer]
    client = peer
    for hop in reversed(hops):
        try:
            address = _ip_address(hop)
        except ValueError:
            break
        client = str(address)
        if not any(address in network for network in trusted_proxies):
            break
    return client


def _ip_address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    # Some proxies write the port as well: 192.0.2.7:4711, [2001:db8::7]:4711.
    with_port = re.fullmatch(r"\[([^]]+)\](?::\d+)?|(\d+(?:\.\d+){3}):\d+", text)
    address = ipaddress.ip_address((with_port[1] or with_port[2]) if with_port else text)
    # A socket that takes both families shows IPv4 callers as ::ffff:192.0.2.7.
    return (address.version == 6 and address.ipv4_mapped) or address


def _log(request: HttpRequest, response: HttpResponse, seconds: float) -> None:
    # The query may hold what customers typed, so only the path is told.
    quiet = response.status_code < 400 and _QUIET.match(request.path)
    logger.log(
        logging.DEBUG if quiet else logging.INFO,
        "%s %s %s %.0f ms %s",
        request.method,
        quote(request.path[:300], safe="/"),
        response.status_code,
        seconds * 1000,
        request.META["REMOTE_ADDR"],
    )
