"""The address guard and the limits, against servers that really listen."""

import asyncio
import socket
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.receivers import Answering
from webhooks import client
from webhooks.addresses import parse_networks
from webhooks.client import Answer, Client

LOOPBACK = ("127.0.0.0/8", "::1/128")


def post(url: str, allowed: tuple[str, ...] = LOOPBACK) -> Answer:
    async def send() -> Answer:
        async with Client(parse_networks(allowed)) as sender:
            return await sender.post(url, body=b"{}", headers={"Content-Type": "application/json"})

    return asyncio.run(send())


class RawServer:
    """Writes what it is told to every connection, after a request has begun to come in."""

    def __init__(self, answer: bytes, *, then_hang: bool = False) -> None:
        self.answer = answer
        self.hang = then_hang
        self.over = threading.Event()
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}/webhook"
        self.sent = 0
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        try:
            connection, _ = self.socket.accept()
        except OSError:
            return
        with connection:
            connection.recv(65536)
            try:
                for start in range(0, len(self.answer), 4096):
                    connection.sendall(self.answer[start : start + 4096])
                    self.sent += 4096
            except OSError:
                return
            if self.hang:
                self.over.wait(20)

    def close(self) -> None:
        self.over.set()
        self.socket.close()


@pytest.fixture
def raw_server() -> Iterator[type[RawServer]]:
    started = []

    def start(answer: bytes, **options: bool) -> RawServer:
        started.append(RawServer(answer, **options))
        return started[-1]

    yield start
    for server in started:
        server.close()


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "127.0.0.1.",
        "127.1",
        "127.0.1",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "0177.0.0.1",
        "0",
        "0.0.0.0",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "①②⑦.⓪.⓪.①",
    ],
)
def test_no_spelling_of_loopback_reaches_a_listening_server(start_receiver, host):
    receiver = start_receiver()
    answer = post(f"http://{host}:{receiver.port}/webhook", allowed=())

    assert answer.status is None
    assert answer.error in ("address", "dns", "url")
    assert receiver.requests == []


def test_the_same_server_is_reached_once_the_operator_lists_loopback(receiver):
    answer = post(receiver.url)
    assert (answer.status, answer.error, answer.address) == (200, "", "127.0.0.1")
    assert len(receiver.requests) == 1


def test_a_refused_address_is_named(receiver):
    answer = post(receiver.url, allowed=())
    assert (answer.error, answer.address) == ("address", "127.0.0.1")


def test_a_name_with_one_private_address_among_public_ones_is_refused(receiver, monkeypatch):
    def mixed(host, port, **_):
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, port)) for ip in ("127.0.0.1", "10.0.0.1")]

    monkeypatch.setattr(socket, "getaddrinfo", mixed)
    answer = post(f"http://shop.example.in:{receiver.port}/", allowed=("127.0.0.0/8",))

    assert answer.error == "address"
    assert receiver.requests == []


def test_a_name_that_changes_its_address_after_the_look_up_is_caught_at_connect(receiver, monkeypatch):
    """The guard of names is out of the way: the one of sockets stands alone."""
    monkeypatch.setattr(client._GuardedResolver, "_judge", lambda *_: None)
    answer = post(f"http://localhost:{receiver.port}/", allowed=())

    assert answer.error == "address"
    assert receiver.requests == []


def test_a_name_that_is_not_found_is_a_failure():
    assert post("http://no-such-shop.invalid/").error == "dns"


def test_a_proxy_from_the_environment_is_not_used(start_receiver, monkeypatch):
    shop, proxy = start_receiver(), start_receiver()
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
    assert post(shop.url).status == 200
    assert (len(shop.requests), proxy.requests) == (1, [])


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_not_followed(start_receiver, status):
    shop, elsewhere = start_receiver(), start_receiver()
    shop.answer(Answering(status, headers={"Location": elsewhere.url}))

    answer = post(shop.url)
    assert (answer.status, answer.succeeded) == (status, False)
    assert elsewhere.requests == []


def test_cookies_are_not_carried_from_one_shop_to_another(receiver):
    receiver.answer(Answering(headers={"Set-Cookie": "shop=asha"}))

    async def twice() -> None:
        async with Client(parse_networks(LOOPBACK)) as sender:
            for _ in range(2):
                await sender.post(receiver.url, body=b"{}", headers={})

    asyncio.run(twice())
    assert [request.headers["Cookie"] for request in receiver.requests] == [None, None]


def test_four_kilobytes_of_the_answer_are_kept(receiver):
    receiver.answer(Answering(body=b"\x00\xff" + b"a" * 10_000))
    answer = post(receiver.url)
    assert answer.text == "\ufffd\ufffd" + "a" * 4094


def test_an_endless_answer_is_cut_off(raw_server):
    server = raw_server(b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n" + b"a" * 50_000_000)
    answer = post(server.url)

    assert answer.status == 200
    assert answer.duration_ms < 10_000
    assert server.sent < 20_000_000


def test_a_server_that_never_answers_runs_into_the_time_limit(raw_server, monkeypatch):
    monkeypatch.setattr(client, "TOTAL_SECONDS", 0.3)
    answer = post(raw_server(b"", then_hang=True).url)
    assert (answer.status, answer.error, answer.address) == (None, "timeout", "127.0.0.1")


def test_a_status_counts_even_if_the_rest_of_the_answer_never_comes(raw_server, monkeypatch):
    monkeypatch.setattr(client, "TOTAL_SECONDS", 0.3)
    answer = post(raw_server(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", then_hang=True).url)
    assert (answer.status, answer.succeeded, answer.text) == (200, True, "half")


def test_a_server_that_never_comes_to_its_answer_is_hung_up_on(raw_server):
    flood = b"HTTP/1.1 100 Continue\r\n\r\n" * 2_000_000
    server = raw_server(flood)
    assert post(server.url).error == "protocol"
    assert server.sent < len(flood) / 2


def test_a_few_hints_before_the_answer_do_no_harm(raw_server):
    hints = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" * client.MOST_INTERIM
    answer = post(raw_server(hints + b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").url)
    assert (answer.status, answer.text) == (200, "ok")


@pytest.mark.parametrize(
    "nonsense",
    [
        b"",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 nope\r\n\r\n",
        b"\x00" * 100_000,
        b"HTTP/1.1 000 Nothing\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 99999 Much\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 " + b"a" * 1_000_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX-Long: " + b"a" * 1_000_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X-Many: a\r\n" * 100_000 + b"Content-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok!",
    ],
    ids=lambda nonsense: repr(nonsense[:40]),
)
def test_an_answer_that_is_no_http_is_a_failure(raw_server, nonsense):
    assert post(raw_server(nonsense).url).error == "protocol"


def test_nobody_listening_is_a_failure(start_receiver):
    receiver = start_receiver()
    receiver.close()
    assert post(receiver.url).error == "connect"


def test_a_certificate_nobody_vouches_for_is_a_failure(self_signed_server):
    url, requests = self_signed_server
    assert post(url).error == "tls"
    assert requests == []


@pytest.fixture
def self_signed_server(tmp_path, start_receiver):
    certificate, key = _self_signed()
    (tmp_path / "cert.pem").write_bytes(certificate)
    (tmp_path / "key.pem").write_bytes(key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    listener = socket.create_server(("127.0.0.1", 0))
    requests: list[bytes] = []

    def serve() -> None:
        try:
            connection, _ = listener.accept()
            with context.wrap_socket(connection, server_side=True) as tls:
                requests.append(tls.recv(65536))
        except OSError:
            pass

    thread = threading.Thread(target=serve)
    thread.start()
    yield f"https://localhost:{listener.getsockname()[1]}/", requests
    listener.close()
    thread.join()


def _self_signed() -> tuple[bytes, bytes]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return certificate.public_bytes(serialization.Encoding.PEM), private
