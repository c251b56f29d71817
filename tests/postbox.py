"""A mail server for tests: real SMTP on loopback, as much of it as a letter needs (RFC 5321)."""

import email
import socketserver
import threading
from collections.abc import Iterator
from email.message import EmailMessage
from email.policy import default

import pytest


class _Conversation(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        self._say("220 mail.example.in")
        recipients: list[str] = []
        while line := self.rfile.readline().strip():
            command = line[:4].upper()
            if command == b"RCPT":
                recipients.append(line.decode().partition("<")[2].partition(">")[0])
            if command == b"DATA":
                self._say("354 go on")
                text = b"".join(iter(self.rfile.readline, b".\r\n")).replace(b"\r\n..", b"\r\n.")
                self.server.letters.append(email.message_from_bytes(text, policy=default))
                self.server.recipients.append(recipients)
            self._say("221 bye" if command == b"QUIT" else "250 ok")
            if command == b"QUIT":
                return

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


class Postbox(socketserver.TCPServer):
    """Keeps the letters it gets, and to whom each was sent."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Conversation)
        self.letters: list[EmailMessage] = []
        self.recipients: list[list[str]] = []


@pytest.fixture
def postbox(settings) -> Iterator[Postbox]:
    """The mail server that PayGate is told to use."""
    with Postbox() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = server.server_address
        yield server
        server.shutdown()
        thread.join()
