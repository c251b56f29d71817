"""A merchant's server for tests: real HTTP on loopback."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.db import connection

from webhooks import services
from webhooks.models import WebhookEndpoint


@dataclass
class Received:
    """One request as it came in."""

    path: str
    headers: Message
    body: bytes
    # By the clock of `time.monotonic`.
    at: float = field(default_factory=time.monotonic)


@dataclass
class Answering:
    """What a receiver answers: a status, headers, a body, after a while."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b"thank you"
    after: float = 0


class Receiver:
    """A merchant's server on loopback: keeps what it got, and answers as told, the last answer for ever."""

    def __init__(self, host: str = "127.0.0.1") -> None:
        self.requests: list[Received] = []
        self.answers: list[Answering] = [Answering()]
        # Run once, on the first request, before it is answered.
        self.on_request: Callable[[], Any] | None = None
        self._lock = threading.Lock()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                answer = receiver._take(Received(self.path, self.headers, body))
                time.sleep(answer.after)
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer.body)))
                self.end_headers()
                self.wfile.write(answer.body)

            def log_message(self, *_: Any) -> None:
                pass

            def handle(self) -> None:
                try:
                    super().handle()
                except OSError:
                    self.close_connection = True

        self._server = ThreadingHTTPServer((host, 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        self.url = f"http://{host}:{self.port}/webhook"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    def _take(self, received: Received) -> Answering:
        with self._lock:
            self.requests.append(received)
            action, self.on_request = self.on_request, None
            answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if action:
            action()
            connection.close()
        return answer

    def answer(self, *answers: Answering) -> None:
        self.answers = list(answers)

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def start_receiver() -> Iterator[Callable[..., Receiver]]:
    started: list[Receiver] = []

    def start(host: str = "127.0.0.1") -> Receiver:
        started.append(Receiver(host))
        return started[-1]

    yield start
    for receiver in started:
        receiver.close()


@pytest.fixture
def receiver(start_receiver) -> Receiver:
    """Asha's shop, listening."""
    return start_receiver()


@pytest.fixture
def endpoint(asha, receiver) -> WebhookEndpoint:
    """Asha's webhook endpoint, at her receiver. Its secret's text is `endpoint.text`."""
    endpoint, secret = services.add_endpoint(api_key=asha, url=receiver.url)
    endpoint.text = secret
    return endpoint
