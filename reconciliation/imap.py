"""Talking to a mail server over IMAP, reading only: what it answers, and in words what went wrong."""

import imaplib
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import dns.exception
import dns.resolver
from imapclient import IMAPClient, SocketTimeout
from imapclient.exceptions import IMAPClientError, LoginError
from imapclient.imap4 import IMAP4WithTimeout
from imapclient.tls import IMAP4_TLS

from reconciliation.mail import MAX_BYTES
from reconciliation.mail_trust import KeyUnavailable

ANSWER_SECONDS = 8.0
DNS_SECONDS = 5.0
HEADER_BYTES = 64 * 1024


class CannotRead(Exception):
    """The mailbox cannot be read; the message says why and what to do, and holds nothing the server said."""


@dataclass(frozen=True)
class Server:
    host: str
    port: int
    security: str
    username: str
    folder: str
    password: str = field(repr=False)
    ca_file: str = ""


@dataclass(frozen=True)
class Fetched:
    """An e-mail as the server has it; of one beyond the limit only the header. `arrived_at`: the server's clock."""

    uid: int
    raw: bytes
    arrived_at: datetime
    is_whole: bool


class Folder:
    """A folder that is open for reading; `uidvalidity` changes when the server numbers it anew."""

    def __init__(self, client: IMAPClient, deadline: float, uidvalidity: int, next_uid: int) -> None:
        self.client = client
        self.deadline = deadline
        self.uidvalidity = uidvalidity
        self.next_uid = next_uid

    @property
    def has_time(self) -> bool:
        return time.monotonic() < self.deadline

    def after(self, uid: int) -> list[int]:
        """Return the numbers of the e-mails after `uid`, lowest first."""
        # "n:*" gives the last one even if it is lower than n.
        return sorted(each for each in self.client.search(["UID", f"{uid + 1}:*"]) if each > uid)

    def since(self, day: date) -> list[int]:
        return sorted(self.client.search(["SINCE", day]))

    def fetch(self, uids: Sequence[int]) -> Iterator[Fetched]:
        """Fetch e-mails and leave them unread. One that was deleted meanwhile is left out."""
        facts = self.client.fetch(uids, ["RFC822.SIZE", "INTERNALDATE"])
        for uid in uids:
            if uid not in facts:
                continue
            is_whole = facts[uid][b"RFC822.SIZE"] <= MAX_BYTES
            part = "BODY.PEEK[]" if is_whole else f"BODY.PEEK[HEADER]<0.{HEADER_BYTES}>"
            body = self.client.fetch([uid], [part]).get(uid, {})
            raw = next((value for name, value in body.items() if name.startswith(b"BODY[")), None)
            if raw is not None:
                moment = facts[uid][b"INTERNALDATE"] or datetime.now(UTC)
                yield Fetched(uid, raw, moment.astimezone(UTC), is_whole)


@contextmanager
def open_folder(server: Server, *, seconds: float) -> Iterator[Folder]:
    """Open a mailbox's folder for `seconds`; what is under way then has an answer's time to end, and is cut.

    Raises CannotRead, also for what goes wrong inside.
    """
    deadline = time.monotonic() + seconds
    cut = _Cut(seconds + ANSWER_SECONDS)
    try:
        with cut, _connected(server, cut) as client:
            _log_in(client, server)
            yield _select(client, server, deadline)
    except CannotRead:
        raise
    except (IMAPClientError, OSError, ValueError, KeyError, TypeError) as error:
        if cut.is_made:
            raise CannotRead(
                f"{server.host}, port {server.port} answers too slowly, so PayGate hung up. It tries again."
            ) from None
        raise CannotRead(_in_words(error, server)) from None


def look_up_key(name: str) -> bytes | None:
    """Return a TXT record, as `mail_trust.LookUp` wants it."""
    try:
        answer = dns.resolver.resolve(name, "TXT", lifetime=DNS_SECONDS)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return None
    except (dns.exception.DNSException, OSError) as error:
        raise KeyUnavailable(f"The DNS does not answer for {name}.") from error
    first: Any = next(iter(answer))
    return b"".join(first.strings)


class _Cut:
    """Cuts a connection when its time is up: a server may drip its answers so slowly that no single read times out."""

    def __init__(self, seconds: float) -> None:
        self.is_made = False
        self._sockets: list[socket.socket] = []
        self._timer = threading.Timer(seconds, self._make)
        self._timer.daemon = True

    def __enter__(self) -> "_Cut":
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()

    def watch(self, sock: socket.socket) -> None:
        self._sockets.append(sock)
        if self.is_made:
            _shut(sock)

    def _make(self) -> None:
        self.is_made = True
        for sock in self._sockets:
            _shut(sock)


class _Client(IMAPClient):  # type: ignore[misc]  # untyped
    """A client whose connection is watched before the server says its first word."""

    def __init__(self, cut: _Cut, host: str, port: int, **options: Any) -> None:
        self._cut = cut
        super().__init__(host, port, **options)

    def _create_IMAP4(self) -> imaplib.IMAP4:  # noqa: N802 - so IMAPClient calls it
        watch = self._cut.watch
        base: Any = IMAP4_TLS if self.ssl else IMAP4WithTimeout

        class Watched(base):  # type: ignore[misc]  # untyped
            def _create_socket(self, timeout: float | None = None) -> socket.socket:
                sock: socket.socket = super()._create_socket(timeout)
                watch(sock)
                return sock

        options = (self.ssl_context,) if self.ssl else ()
        return Watched(self.host, self.port, *options, self._timeout.connect)


def _shut(sock: socket.socket) -> None:
    try:
        sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        return


def _connected(server: Server, cut: _Cut) -> IMAPClient:
    timeout = SocketTimeout(connect=ANSWER_SECONDS, read=ANSWER_SECONDS)
    context = _context(server)
    is_tls = server.security == "tls"
    client = _Client(
        cut, server.host, server.port, ssl=is_tls, ssl_context=context if is_tls else None, timeout=timeout
    )
    if server.security == "starttls":
        try:
            client.starttls(context)
            cut.watch(client.socket())
        except BaseException:
            client.shutdown()
            raise
    return client


def _context(server: Server) -> ssl.SSLContext:
    context = ssl.create_default_context()
    try:
        if server.ca_file:
            context.load_verify_locations(server.ca_file)
        return context
    except OSError:
        raise CannotRead("The file of MAILBOX_CA_FILE cannot be read. It must hold certificates in PEM.") from None


def _log_in(client: IMAPClient, server: Server) -> None:
    if (server.username + server.password).isascii():
        client.login(server.username, server.password)
    else:
        client.plain_login(server.username, server.password)


def _select(client: IMAPClient, server: Server, deadline: float) -> Folder:
    try:
        facts = client.select_folder(server.folder, readonly=True)
    except IMAPClientError as error:
        if isinstance(error, IMAPClient.AbortError):
            raise
        raise CannotRead(
            f"There is no folder “{server.folder}” in the mailbox. In Gmail a label is a folder; INBOX is always there."
        ) from None
    if b"UIDNEXT" not in facts:
        facts = {**facts, **client.folder_status(server.folder, ["UIDNEXT"])}
    return Folder(client, deadline, int(facts[b"UIDVALIDITY"]), int(facts[b"UIDNEXT"]))


def _in_words(error: Exception, server: Server) -> str:
    where = f"{server.host}, port {server.port}"
    if isinstance(error, LoginError):
        return (
            f"{server.host} refuses the user name or the password. Gmail, Yahoo, Zoho and Fastmail want an app "
            "password, made in the account's security settings."
        )
    if isinstance(error, socket.gaierror):
        return f"There is no host {server.host}. Is it spelt right, and does this computer's DNS work?"
    if isinstance(error, ssl.SSLCertVerificationError):
        return (
            f"The certificate of {where} is not valid for it ({error.verify_message}). For a server of your own set "
            "MAILBOX_CA_FILE to the certificate that signed it."
        )
    if isinstance(error, ssl.SSLError):
        return f"{where} does not speak TLS as it should. Port 993 wants TLS, port 143 STARTTLS."
    if isinstance(error, TimeoutError):
        return f"{where} does not answer. Is the port right, and does a firewall let PayGate out?"
    if isinstance(error, ConnectionRefusedError):
        return f"Nothing listens at {where}. Is the port right, and does the server run?"
    if isinstance(error, OSError | IMAPClient.AbortError):
        return f"The connection to {where} broke off. PayGate tries again."
    return f"{where} answers in a way that PayGate does not understand. Is it an IMAP server?"
