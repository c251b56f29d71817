"""Talking to a mail server over IMAP, reading only: what it answers, and in words what went wrong."""

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
    """Open a mailbox's folder for `seconds` at most. Raises CannotRead, also for what goes wrong inside."""
    deadline = time.monotonic() + seconds
    try:
        with _connected(server) as client, _cut_at(client, deadline):
            _log_in(client, server)
            yield _select(client, server, deadline)
    except CannotRead:
        raise
    except (IMAPClientError, OSError, ValueError, KeyError, TypeError) as error:
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


def _connected(server: Server) -> IMAPClient:
    timeout = SocketTimeout(connect=ANSWER_SECONDS, read=ANSWER_SECONDS)
    context = _context(server)
    is_tls = server.security == "tls"
    client = IMAPClient(server.host, server.port, ssl=is_tls, ssl_context=context if is_tls else None, timeout=timeout)
    if server.security == "starttls":
        try:
            client.starttls(context)
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


@contextmanager
def _cut_at(client: IMAPClient, deadline: float) -> Iterator[None]:
    """Close the connection at the deadline: a server may drip its answer so slowly that no single read times out."""
    timer = threading.Timer(max(0.0, deadline + ANSWER_SECONDS - time.monotonic()), _cut, [client])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _cut(client: IMAPClient) -> None:
    try:
        client.socket().shutdown(socket.SHUT_RDWR)
    except OSError:
        return


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
            f"{server.host} refuses the user name or the password. Gmail, Yahoo and Zoho want an app password, made "
            "in the account's security settings."
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
