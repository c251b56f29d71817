"""A mail server that drips its answer, byte by byte, so that no single read ever times out."""

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest

from reconciliation.models import Mailbox
from reconciliation.services.mailbox import add_mailbox, poll_mailbox
from tests.mail.conftest import write_certificate

pytestmark = pytest.mark.django_db

CAPABILITIES = "* CAPABILITY IMAP4rev1 STARTTLS"
ANSWERS = {
    "CAPABILITY": [CAPABILITIES],
    "EXAMINE": ["* 1 EXISTS", "* OK [UIDVALIDITY 7] so it is", "* OK [UIDNEXT 2] and so on"],
    "SEARCH": ["* SEARCH 1"],
    "FETCH": ['* 1 FETCH (UID 1 RFC822.SIZE 10 INTERNALDATE "01-Sep-2026 12:00:00 +0530")'],
    "LOGOUT": ["* BYE"],
}


class DrippingServer:
    """Answers as a mail server does, up to the command `at`; that one it answers without an end."""

    def __init__(self, home: Path, *, security: str, at: str) -> None:
        self.security, self.at = security, at
        self.ca_file = str(home / "certificate.pem")
        write_certificate(home)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(self.ca_file, home / "key.pem")
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.hung_up = threading.Event()
        self.thread = threading.Thread(target=self._serve, daemon=True)

    def _serve(self) -> None:
        sock, _ = self.listener.accept()
        with suppress(OSError):
            if self.security == "tls":
                sock = self.context.wrap_socket(sock, server_side=True)
            with sock:
                self._answer(sock, "GREETING", ["* OK hello"])
                self._talk(sock)
        self.hung_up.set()

    def _talk(self, sock: socket.socket) -> None:
        with sock.makefile("rb") as lines:
            while line := lines.readline():
                tag, *words = line.decode().split()
                name = words[1] if words[0] == "UID" else words[0]
                self._answer(sock, name, [*ANSWERS.get(name, []), f"{tag} OK done"])
                if name == "STARTTLS":
                    with self.context.wrap_socket(sock, server_side=True) as sealed:
                        self._talk(sealed)
                    break

    def _answer(self, sock: socket.socket, name: str, lines: list[str]) -> None:
        while name == self.at:
            sock.sendall(b"*")
            time.sleep(0.05)
        sock.sendall("".join(f"{line}\r\n" for line in lines).encode())


@pytest.fixture
def server(request, tmp_path) -> Iterator[DrippingServer]:
    security, at = request.param
    server = DrippingServer(tmp_path, security=security, at=at)
    with closing(server.listener):
        server.thread.start()
        yield server


@pytest.fixture
def box(server, settings, monkeypatch) -> Mailbox:
    settings.MAILBOX_CA_FILE = server.ca_file
    monkeypatch.setattr("reconciliation.services.mailbox.POLL_SECONDS", 0.2)
    monkeypatch.setattr("reconciliation.imap.ANSWER_SECONDS", 0.5)
    values: dict[str, Any] = {"host": "localhost", "port": server.port, "security": server.security}
    return add_mailbox(label="Slow", username="asha", password="secret", addresses=["a@b.cd"], **values).mailbox


def poll(box: Mailbox) -> tuple[float, Mailbox]:
    started = time.monotonic()
    poll_mailbox(mailbox_id=box.pk)
    return time.monotonic() - started, Mailbox.objects.get()


@pytest.mark.parametrize(
    "server",
    [
        *(("tls", at) for at in ("GREETING", "LOGIN", "EXAMINE", "SEARCH", "FETCH")),
        *(("starttls", at) for at in ("GREETING", "STARTTLS", "LOGIN")),
        ("none", "LOGIN"),
    ],
    indirect=True,
    ids=str,
)
def test_a_look_ends_whatever_the_server_drips(server, box):
    took, box = poll(box)

    assert 0.6 < took < 10
    assert box.last_error == f"localhost, port {server.port} answers too slowly, so PayGate hung up. It tries again."
    assert (box.failing_since, box.lease_token) == (box.checked_at, None)
    assert server.hung_up.wait(2)


@pytest.mark.parametrize("server", [("none", "LOGOUT"), ("tls", "LOGOUT")], indirect=True, ids=str)
def test_a_good_bye_that_never_ends_is_cut_too(server, box):
    took, box = poll(box)

    assert 0.6 < took < 10
    assert box.last_error == ""
    assert server.hung_up.wait(2)
