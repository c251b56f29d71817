"""The only HTTP that PayGate sends to merchants: one POST, guarded and bounded. A failure is an answer too."""

import asyncio
import socket
import ssl
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from typing import Any, Self, cast

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.client_proto import ResponseHandler
from aiohttp.http import RawResponseMessage

from webhooks.addresses import Network, is_allowed
from webhooks.models import ErrorKind

TOTAL_SECONDS = 15.0
CONNECT_SECONDS = 5.0
READ_LIMIT = 64 * 1024
KEEP_LIMIT = 4 * 1024
# A look-up whose server does not answer keeps its thread until the system gives up, long after we have. One for every
# send that a dispatcher may have under way, so that such names hold up nobody else's look-up.
DNS_THREADS = 500
# Shorter than servers usually keep an idle connection: a POST on one that is just being closed would fail.
KEEPALIVE_SECONDS = 1.0
# Answers of status 1xx before the answer. An endless stream of them would keep our one loop from everybody else.
MOST_INTERIM = 16

_connecting_to: ContextVar[list[str]] = ContextVar("connecting_to")


class AddressRefused(OSError):
    """The host stands for an address that webhooks may not reach."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What came of one POST: a status, or the kind of error. `text` is the first 4 KB of the answer."""

    status: int | None = None
    error: str = ""
    text: str = ""
    retry_after: str = ""
    address: str = ""
    duration_ms: int = 0

    @property
    def succeeded(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


class _GuardedResolver(AbstractResolver):
    """Refuses a name if any of its addresses is refused: mixed answers are how guards are tricked."""

    def __init__(self, allowed: Sequence[Network]) -> None:
        self._allowed = allowed
        self._threads = ThreadPoolExecutor(DNS_THREADS, thread_name_prefix="dns")

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(self._threads, _look_up, host, port, family)
        results: list[ResolveResult] = []
        for family_, _, proto, _, address in found:
            self._judge(address)
            results.append(
                ResolveResult(
                    hostname=host,
                    host=str(address[0]),
                    port=port,
                    family=family_,
                    proto=proto,
                    flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
                )
            )
        return results

    def _judge(self, address: Any) -> None:
        _check_address(address, self._allowed)

    async def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)


def _look_up(host: str, port: int, family: socket.AddressFamily) -> Any:
    return socket.getaddrinfo(host, port, family=family, type=socket.SOCK_STREAM)


def _check_address(address: Any, allowed: Sequence[Network]) -> None:
    has_scope = len(address) == 4 and address[3] != 0
    if has_scope or not is_allowed(str(address[0]), allowed):
        raise AddressRefused(f"{address[0]} is not an address that webhooks may reach")


class _Protocol(ResponseHandler):
    """Hangs up on a server that does not come to its answer."""

    interim = 0

    def feed_data(self, data: tuple[RawResponseMessage, aiohttp.StreamReader], size: int = 0) -> None:
        self.interim = self.interim + 1 if 100 <= data[0].code <= 199 else 0
        if self.interim <= MOST_INTERIM:
            super().feed_data(data, size)
        elif self.transport:
            self.transport.close()


class _Response(aiohttp.ClientResponse):
    """Remembers whom it came from: a pooled connection opens no socket that would tell."""

    peer = ""

    async def start(self, connection: Any) -> aiohttp.ClientResponse:
        peer = connection.transport.get_extra_info("peername") if connection.transport else None
        self.peer = str(peer[0]) if peer else ""
        return await super().start(connection)


class Client:
    """Use as an async context manager, in one event loop."""

    def __init__(self, allowed: Sequence[Network]) -> None:
        self._allowed = allowed

    async def __aenter__(self) -> Self:
        connector = aiohttp.TCPConnector(
            limit=0,
            resolver=_GuardedResolver(self._allowed),
            socket_factory=self._open_socket,
            keepalive_timeout=KEEPALIVE_SECONDS,
        )
        connector._factory = partial(cast(type[ResponseHandler], _Protocol), loop=asyncio.get_running_loop())
        # trust_env stays off: a proxy from the environment would connect in our place, past the guard.
        self._session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=TOTAL_SECONDS, connect=CONNECT_SECONDS),
            headers={"Accept": "*/*", "Accept-Encoding": "identity"},
            auto_decompress=False,
            response_class=_Response,
            trust_env=False,
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()

    def _open_socket(self, address_info: Any) -> socket.socket:
        # Called with the concrete address of every connection, for names and for addresses written as digits.
        family, type_, proto, _, address = address_info
        _connecting_to.get([]).append(str(address[0]))
        _check_address(address, self._allowed)
        return socket.socket(family=family, type=type_, proto=proto)

    async def post(self, url: str, *, body: bytes, headers: dict[str, str]) -> Answer:
        """POST `body` and return what came of it, within TOTAL_SECONDS. Redirects are not followed."""
        tried: list[str] = []
        _connecting_to.set(tried)
        begun = time.perf_counter()
        try:
            answer = await self._post(url, body, headers)
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            answer = Answer(error=_kind_of(error).value, address=tried[-1] if tried else "")
        elapsed = round((time.perf_counter() - begun) * 1000)
        return Answer(**{**vars(answer), "duration_ms": elapsed})

    async def _post(self, url: str, body: bytes, headers: dict[str, str]) -> Answer:
        async with self._session.post(url, data=body, headers=headers, allow_redirects=False) as response:
            if response.status < 100:
                raise aiohttp.ClientError("This is no status of HTTP.")
            return Answer(
                status=response.status,
                text=await _read_start(response),
                retry_after=response.headers.get("Retry-After", "")[:64],
                address=getattr(response, "peer", ""),
            )


async def _read_start(response: aiohttp.ClientResponse) -> str:
    """Return the first 4 KB of the answer; beyond 64 KB the connection is dropped."""
    read = bytearray()
    try:
        while len(read) < READ_LIMIT and (chunk := await response.content.read(READ_LIMIT - len(read))):
            read += chunk
    except (aiohttp.ClientError, TimeoutError):
        # The status has arrived, and it alone decides.
        response.close()
    if len(read) >= READ_LIMIT:
        response.close()
    # NUL does not fit into PostgreSQL's text.
    return read[:KEEP_LIMIT].decode(errors="replace").replace("\x00", "�")


def _kind_of(error: BaseException) -> ErrorKind:
    if isinstance(getattr(error, "os_error", error), AddressRefused):
        return ErrorKind.ADDRESS
    kinds: tuple[tuple[type[BaseException] | tuple[type[BaseException], ...], ErrorKind], ...] = (
        (TimeoutError, ErrorKind.TIMEOUT),
        (aiohttp.ClientConnectorDNSError, ErrorKind.DNS),
        ((aiohttp.ClientSSLError, ssl.SSLError), ErrorKind.TLS),
        (aiohttp.ClientConnectorError, ErrorKind.CONNECT),
        # What a name cannot be encoded as, or a URL be parsed to.
        ((aiohttp.InvalidURL, ValueError), ErrorKind.URL),
    )
    return next((kind for types, kind in kinds if isinstance(error, types)), ErrorKind.PROTOCOL)
