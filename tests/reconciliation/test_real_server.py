"""Alerts over a raw socket to the web server that the start command runs, and what it writes into its log."""

import json
import os
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from reconciliation.parsing import Verdict, read_text
from tests.reconciliation.conftest import sbi_text

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def server(tmp_path_factory) -> Iterator[SimpleNamespace]:
    """A web server with its own database, and the token of its one channel."""
    directory = tmp_path_factory.mktemp("server")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environ = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}
    environ |= {"DJANGO_SETTINGS_MODULE": "paygate.settings", "PAYGATE_DATA_DIR": str(directory), "PORT": str(port)}

    def manage(*arguments: str) -> str:
        command = [sys.executable, "manage.py", *arguments]
        return subprocess.run(command, cwd=ROOT, env=environ, check=True, capture_output=True, text=True).stdout

    manage("migrate", "--verbosity", "0")
    channel = json.loads(manage("add_alert_channel", "--label", "Phone", "--senders", "SBIUPI", "--json"))
    log = directory / "log"
    with log.open("w") as stream:
        command = [sys.executable, "-m", "paygate.web", str(os.getpid())]
        process = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=stream, stderr=stream)
        try:
            _wait_for(port, process)
            yield SimpleNamespace(port=port, token=channel["token"], log=log, database=directory / "paygate.sqlite3")
        finally:
            process.terminate()
            process.wait(30)


def _wait_for(port: int, process: subprocess.Popen) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and process.poll() is None:
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
    pytest.fail("The web server did not start.")


def send(server, body: bytes, *headers: str, token: str | None = None) -> tuple[int, dict]:
    lines = [
        f"POST /hooks/alerts/{token or server.token} HTTP/1.1",
        f"Host: localhost:{server.port}",
        "Connection: close",
    ]
    head = "\r\n".join([*lines, *headers]).encode() + b"\r\n\r\n"
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
        connection.sendall(head + body)
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    status, _, content = answer.partition(b"\r\n\r\n")
    return int(status.split()[1]), json.loads(content[content.index(b"{") : content.rindex(b"}") + 1])


def chunked(body: bytes, size: int = 7) -> bytes:
    pieces = [body[start : start + size] for start in range(0, len(body), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def texts(server) -> list[str]:
    with sqlite3.connect(server.database) as database:
        return [row[0] for row in database.execute("SELECT text FROM reconciliation_evidence ORDER BY id")]


def test_a_chunked_upload_is_read_in_full(server):
    text = sbi_text(99_37, rrn="624400000001", payer="ASHA ₹ शर्मा")
    body = json.dumps({"from": "VM-SBIUPI-S", "text": text}, ensure_ascii=False).encode()

    status, answer = send(server, chunked(body), "Content-Type: application/json", "Transfer-Encoding: chunked")

    assert (status, answer["state"]) == (200, "stored")
    assert text in texts(server)


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("text/plain", b"From: VM-SBIUPI-S\nHello in chunks of text"),
        ("application/x-www-form-urlencoded", b"from=VM-SBIUPI-S&content=Hello+in+chunks+of+form"),
    ],
)
def test_texts_and_forms_may_come_in_chunks_too(server, content_type, body):
    status, answer = send(server, chunked(body), f"Content-Type: {content_type}", "Transfer-Encoding: chunked")

    assert status == 200
    assert answer["state"] in ("stored", "not_listed")


def test_half_a_chunked_text_confirms_nothing(server):
    half = sbi_text(99_37, rrn="624400000002").partition("transfer")[0].encode()
    body = b"from=VM-SBIUPI-S&content=" + half.replace(b" ", b"+")

    status, _ = send(
        server, chunked(body), "Content-Type: application/x-www-form-urlencoded", "Transfer-Encoding: chunked"
    )

    assert status == 200
    assert read_text("SBIUPI", half.decode()).verdict == Verdict.REVIEW


def test_a_form_with_its_length_is_read(server):
    body = b"from=VM-SBIUPI-S&content=Hello+from+a+form"

    status, answer = send(
        server, body, "Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body)}"
    )

    assert (status, answer["state"]) == (200, "stored")
    assert "Hello from a form" in texts(server)


def test_the_token_is_in_no_log(server):
    status, _ = send(server, b"", "Content-Length: 0", token=server.token + "x")

    assert status == 401
    log = server.log.read_text()
    assert "/hooks/alerts/***" in log
    assert server.token not in log
