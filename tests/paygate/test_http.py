"""Requests as bytes on a socket, answered by the real server: bodies in chunks, too large, broken off; odd methods."""

import json
import re
from dataclasses import dataclass

import pytest

from tests.paygate.processes import eventually

ORDER = '{"amount": 100, "customer_name": "₹ Ravi"}'.encode()


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def code(self) -> str:
        return json.loads(self.body)["error"]["code"]


@pytest.fixture(scope="session")
def key(served) -> str:
    return re.search(r"pgk_test_[\w-]{43}", served.said())[0]


@pytest.fixture
def request_of(key):
    def request_of(method: str, path: str, body: bytes = b"", **headers: str) -> bytes:
        headers = {"Host": "localhost", "X-API-Key": key, "Connection": "close"} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
        return "\r\n".join(lines).encode() + body

    return request_of


@pytest.fixture
def send(served, request_of):
    def send(*args, **headers: str) -> Answer:
        return parse(served.raw(request_of(*args, **headers)))

    return send


def parse(answer: bytes) -> Answer:
    head, _, body = answer.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    return Answer(int(first.split()[1]), headers, body)


def chunks(body: bytes, size: int) -> bytes:
    parts = [body[start : start + size] for start in range(0, len(body), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


def create(send, body: bytes, content_type: str = "application/json", **headers: str) -> Answer:
    return send("POST", "/api/v1/create-payment", body, Content_Type=content_type, **headers)


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_a_body_may_come_in_chunks_that_cut_through_characters(send, size):
    answer = create(send, chunks(ORDER, size), Transfer_Encoding="chunked")
    assert answer.status == 201
    assert json.loads(answer.body)["payment"]["customer_name"] == "₹ Ravi"


@pytest.mark.parametrize("size", [64 * 1024 + 1, 1_000_000, 10_000_000])
def test_a_chunked_body_that_is_too_large_is_answered_readably(send, size):
    answer = create(send, chunks(b"a" * size, 60_000), Transfer_Encoding="chunked")
    assert (answer.status, answer.code) == (413, "body_too_large")


def test_a_large_body_is_answered_readably(send):
    body = b"a" * 10_000_000
    answer = create(send, body, Content_Length=str(len(body)))
    assert (answer.status, answer.code) == (413, "body_too_large")
    assert answer.headers["content-length"] == str(len(answer.body))


def test_a_body_of_64_kib_is_taken(send):
    body = ORDER[:-1] + b" " * (64 * 1024 - len(ORDER)) + b"}"
    assert create(send, body, Content_Length=str(len(body))).status == 201


@pytest.mark.parametrize("broken", [b"zz\r\nhello\r\n0\r\n\r\n", b'8\r\n{"amount\r\nzz\r\n'])
def test_chunks_that_are_none_make_no_payment(send, broken):
    answer = create(send, broken, Transfer_Encoding="chunked")
    assert answer.status == 400


def test_json_that_breaks_off_makes_no_payment(served, request_of):
    path = "/api/v1/create-payment?broken"
    request = request_of("POST", path, ORDER[:-1], Content_Type="application/json", Content_Length=str(len(ORDER)))
    assert last_status(served, request, "POST /api/v1/create-payment") == 400


def test_text_that_breaks_off_is_no_text(served, request_of):
    """Half an alert could name a tenth of the amount."""
    request = request_of("POST", "/hooks/alerts/half", b"Rs 100", Content_Type="text/plain", Content_Length="7")
    assert last_status(served, request, "POST /hooks/alerts/") == 400


def last_status(served, request: bytes, line: str) -> int:
    """Hang up after the request; return how it was answered, according to the log."""
    pattern = re.compile(re.escape(line) + r"\S* (\d+) ")
    before = len(pattern.findall(served.said()))
    served.hang_up_after(request)
    eventually(lambda: len(pattern.findall(served.said())) > before)
    return int(pattern.findall(served.said())[-1])


def test_what_is_not_json_may_not_come_in_chunks(send):
    answer = send(
        "POST", "/api/v1/create-payment", chunks(b"Rs 1000", 4), Content_Type="text/plain", Transfer_Encoding="chunked"
    )
    assert (answer.status, answer.code) == (411, "length_required")


@pytest.mark.parametrize(
    "path", ["/", "/admin/login/", "/healthz", "/readyz", "/docs", "/nowhere", "/api/v1/me", "/api/x"]
)
@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "PUT", "DELETE", "BREW"])
def test_every_answer_has_a_request_id_and_no_method_is_an_error_of_ours(send, method, path):
    answer = send(method, path)
    assert re.fullmatch(r"[0-9a-f]{16}", answer.headers["x-request-id"])
    assert answer.status < 500


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/api/v1/nothing", 404, "not_found"),
        ("PUT", "/api/v1/nothing", 404, "not_found"),
        ("BREW", "/api/v1/nothing", 404, "not_found"),
        ("GET", "/api/v1/%00%0a%ff", 404, "not_found"),
        ("PUT", "/api/v1/create-payment", 405, "method_not_allowed"),
        ("BREW", "/api/v1/create-payment", 405, "method_not_allowed"),
        ("POST", "/api/v1/me", 405, "method_not_allowed"),
    ],
)
def test_under_api_an_error_is_json(send, method, path, status, code):
    answer = send(method, path)
    assert (answer.status, answer.code) == (status, code)
    assert answer.headers["content-type"] == "application/json"
    assert json.loads(answer.body)["error"]["request_id"] == answer.headers["x-request-id"]


def test_a_request_without_a_host_or_with_another_is_refused_as_json(send):
    for host in ("", "evil.example"):
        assert send("GET", "/api/v1/me", Host=host).status == 400


def test_an_id_of_the_caller_is_kept_if_it_is_one(send):
    assert send("GET", "/healthz", X_Request_Id="order-1234").headers["x-request-id"] == "order-1234"
    assert send("GET", "/healthz", X_Request_Id="<script>").headers["x-request-id"] != "<script>"


def test_hashed_files_are_kept_for_ever_by_browsers(send):
    page = send("GET", "/admin/login/").body.decode()
    path = re.search(r"/static/admin/css/login\.[0-9a-f]{12}\.css", page)[0]
    answer = send("GET", path)
    assert (answer.status, answer.headers["cache-control"]) == (200, "max-age=315360000, public, immutable")


def test_requests_are_logged_without_secrets(send, served, key):
    send("POST", "/hooks/alerts/tokenthatnobodymaysee", b"{}", Content_Type="application/json", Content_Length="2")
    send("GET", f"/checkout/{key}?phone=9876543210")
    send("GET", "/nowhere%0aINFO%20forged")
    said = served.said()
    assert re.search(r"INFO paygate\.requests \[\w+\] POST /hooks/alerts/\*\*\* \d+ \d+ ms 127\.0\.0\.1", said)
    assert "/nowhere%0AINFO%20forged 404" in said
    for secret in ("tokenthatnobodymaysee", key, "9876543210"):
        assert secret not in said.partition("PayGate is ready.")[2]
