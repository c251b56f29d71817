"""Slow names, slow servers, names that change and certificates of others, against servers that really listen."""

import asyncio
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from typing import Any

import aiohttp.connector
import pytest

from tests.webhooks.test_client import LOOPBACK, post, raw_server, self_signed_server
from webhooks import client, dispatcher, services
from webhooks.addresses import parse_networks
from webhooks.client import Client
from webhooks.models import Attempt, Delivery, DeliveryState

__all__ = ["raw_server", "self_signed_server"]


class Hanging:
    """Names that begin with `slow` are not answered for until it is over; others once all the slow ones hang."""

    def __init__(self) -> None:
        self.over = threading.Event()
        self.all_hang = threading.Semaphore(0)
        self.slow = 0
        self._look_up = client._look_up

    def look_up(self, host: str, port: int, family: socket.AddressFamily) -> Any:
        if host.startswith("slow"):
            self.all_hang.release()
            self.over.wait(20)
            raise socket.gaierror("no answer")
        for _ in range(self.slow):
            assert self.all_hang.acquire(timeout=20)
        return self._look_up(host, port, family)


@pytest.fixture
def hanging(monkeypatch) -> Iterator[Hanging]:
    hanging = Hanging()
    monkeypatch.setattr(client, "_look_up", hanging.look_up)
    yield hanging
    hanging.over.set()


def test_as_many_dead_names_as_can_be_sent_to_hold_up_nobody_else(receiver, hanging):
    hanging.slow = dispatcher.SENDS - 1

    async def send() -> tuple[int | None, list[str]]:
        async with Client(parse_networks(LOOPBACK)) as sender:
            names = [f"http://slow{number}.example.in/" for number in range(hanging.slow)]
            waiting = [asyncio.create_task(sender.post(url, body=b"{}", headers={})) for url in names]
            answer = await sender.post(f"http://localhost:{receiver.port}/", body=b"{}", headers={})
            hanging.over.set()
            return answer.status, [(await task).error for task in waiting]

    status, errors = asyncio.run(send())
    assert status == 200
    assert len(errors) == hanging.slow
    assert set(errors) <= {"dns", "timeout"}


@pytest.mark.django_db(transaction=True)
def test_a_hundred_dead_names_hold_up_no_healthy_endpoint(asha, receiver, pay, dispatch, hanging):
    hanging.slow = 100
    for number in range(hanging.slow):
        services.add_endpoint(api_key=asha, url=f"http://slow{number}.example.in/")
    healthy, _ = services.add_endpoint(api_key=asha, url=f"http://localhost:{receiver.port}/")
    receiver.on_request = hanging.over.set
    pay(asha)
    dispatch()

    assert Delivery.objects.filter(state=DeliveryState.DONE).get().endpoint == healthy
    assert Attempt.objects.get(status=200).delivery.endpoint == healthy
    assert Attempt.objects.filter(error__in=("dns", "timeout")).count() == hanging.slow


def test_a_name_nobody_answers_for_runs_into_the_limit_for_connecting(monkeypatch):
    over = threading.Event()
    monkeypatch.setattr(client, "CONNECT_SECONDS", 0.2)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: over.wait(20) and [])
    try:
        assert post("http://slow.example.in/").error == "timeout"
    finally:
        over.set()


def test_a_server_that_takes_no_connection_runs_into_the_limit_for_connecting(monkeypatch):
    monkeypatch.setattr(client, "CONNECT_SECONDS", 0.2)
    with ExitStack() as opened:
        full = opened.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        # With its queue full, the kernel lets further connections wait.
        for _ in range(3):
            queued = opened.enter_context(socket.socket())
            queued.settimeout(0.1)
            with suppress(OSError):
                queued.connect(full.getsockname())
        answer = post(f"http://127.0.0.1:{full.getsockname()[1]}/")
    assert (answer.error, answer.address) == ("timeout", "127.0.0.1")


def test_a_server_that_drips_runs_into_the_limit_for_all(monkeypatch):
    monkeypatch.setattr(client, "TOTAL_SECONDS", 0.5)
    over = threading.Event()

    def drip(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection, suppress(OSError):
            connection.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
            while not over.wait(0.05):
                connection.sendall(b"a")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=drip, args=(listener,))
        thread.start()
        answer = post(f"http://127.0.0.1:{listener.getsockname()[1]}/")
        over.set()
        thread.join()
    assert (answer.status, answer.error) == (None, "timeout")


def test_a_name_that_points_inside_the_second_time_is_refused_then(receiver, monkeypatch):
    answers = iter(["127.0.0.2", "127.0.0.1"])

    def rebinding(host, port, **_):
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers), port))]

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    url, allowed = f"http://shop.example.in:{receiver.port}/", ("127.0.0.2/32",)
    assert post(url, allowed).error == "connect"
    assert post(url, allowed).error == "address"
    assert receiver.requests == []


def test_an_operator_s_entry_opens_that_address_and_no_other(start_receiver):
    listed, other = start_receiver("127.0.0.1"), start_receiver("127.0.0.2")
    assert post(listed.url, ("127.0.0.1/32",)).status == 200
    assert post(other.url, ("127.0.0.1/32",)).error == "address"
    assert (len(listed.requests), other.requests) == (1, [])


@pytest.mark.parametrize(
    "host",
    [
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::1]",
        "[::7f00:1]",
        "[2001:0:7f00:1::1]",
        "017700000001",
        "0x7f.0.0.1",
        "shop.example.in@127.0.0.1",
        "127.0.0.1%2523@127.0.0.1",
    ],
)
def test_no_disguise_of_loopback_reaches_a_listening_server(receiver, host):
    assert post(f"http://{host}:{receiver.port}/webhook", ()).status is None
    assert receiver.requests == []


@pytest.mark.parametrize(("host", "error"), [("localhost", "protocol"), ("127.0.0.1", "tls")])
def test_a_certificate_counts_for_its_own_name_only(self_signed_server, tmp_path, monkeypatch, host, error):
    """Here it is trusted. Its server says nothing after it took the request, which is no HTTP."""
    url, requests = self_signed_server
    trusting = ssl.create_default_context(cafile=str(tmp_path / "cert.pem"))
    monkeypatch.setattr(aiohttp.connector, "_SSL_CONTEXT_VERIFIED", trusting)
    assert post(url.replace("localhost", host)).error == error
    deadline = time.monotonic() + 5
    while error == "protocol" and not requests and time.monotonic() < deadline:
        time.sleep(0.01)
    assert bool(requests) == (error == "protocol")
