"""What phones sent, sent again to a PayGate that the start command runs: a payment is confirmed, or nothing happens."""

import json
import subprocess
import sys
import time
import urllib.request
from datetime import datetime
from types import SimpleNamespace

import pytest

from reconciliation.times import INDIA
from tests.paygate.processes import ROOT, Installation, eventually
from tests.reconciliation.recorded import Recorded, recorded
from tests.reconciliation.test_forwarder_signatures import hmac_sha256
from tests.reconciliation.test_real_server import chunked

KEY = "made-by-the-app"


class Shop:
    """A shop with a live key and two phones, one of which signs."""

    def __init__(self, installation: Installation) -> None:
        self.installation = installation
        self.command("add_upi_account", "--upi-id", "asha@oksbi", "--name", "ASHA")
        self.key = self.command("create_api_key", "--label", "Asha")["key"]
        self.phone = self.add_phone("Counter")
        self.signing_phone = self.add_phone("Back office")
        sign = "from reconciliation.services.channels import set_signing; "
        sign += f"set_signing(channel_id={self.signing_phone['id']}, signing='capcom6', key='{KEY}')"
        self._manage("shell", "-c", sign)

    def add_phone(self, label: str) -> dict:
        return self.command("add_alert_channel", "--label", label, "--senders", "SBIUPI", "--silent-after", "30")

    def command(self, *arguments: str) -> dict:
        return json.loads(self._manage(*arguments, "--json"))

    def ask_for(self, amount: int) -> dict:
        return self._call("/api/v1/create-payment", json.dumps({"amount": amount}).encode())["payment"]

    def status_of(self, payment: dict) -> str:
        return self._call(f"/api/v1/payment/{payment['session_id']}")["payment"]["status"]

    def send(self, request: Recorded, phone: dict, **headers: str) -> tuple[int, dict]:
        lines = [f"POST {request.path.format(token=phone['token'])} HTTP/1.1", "Connection: close"]
        body = chunked(request.body, size=50) if request.is_chunked else request.body
        headers |= {"Host": "localhost"} | ({} if request.is_chunked else {"Content-Length": str(len(body))})
        lines += [f"{name}: {value}" for name, value in (request.headers | headers).items()]
        status, _, answer = self.installation.raw("\r\n".join(lines).encode() + b"\r\n\r\n" + body).partition(
            b"\r\n\r\n"
        )
        return int(status.split()[1]), json.loads(answer)

    def _call(self, path: str, body: bytes | None = None) -> dict:
        headers = {"X-API-Key": self.key, "Content-Type": "application/json"}
        request = urllib.request.Request(f"http://127.0.0.1:{self.installation.port}{path}", body, headers)
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.load(answer)

    def _manage(self, *arguments: str) -> str:
        command = [sys.executable, "manage.py", *arguments]
        environment = {**self.installation.environment, "LOG_LEVEL": "ERROR"}
        return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=True).stdout.decode()


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    installation = Installation(tmp_path_factory.mktemp("phones")).start_and_wait()
    yield Shop(installation)
    installation.end()


@pytest.fixture(autouse=True)
def clock():
    """The clock is the true one, as for the server."""


def paying(name: str, payment: dict, rrn: str) -> Recorded:
    """Return the recorded request as the bank would have it sent about this payment, now."""
    now = datetime.now(INDIA)
    stamp = int(now.timestamp() * 1000)
    return (
        recorded(name)
        .replace("Rs.99.01", f"Rs.{payment['payable_amount']:.2f}")
        .replace("01Sep26", f"{now:%d%b%y}")
        .replace("624412345678", rrn)
        .replace("1788244195000", str(stamp))
        .replace("1788244198000", str(stamp))
        .replace("2026-09-01T11:59:55.000+05:30", now.isoformat(timespec="milliseconds"))
    )


def signed(request: Recorded, key: str = KEY) -> dict[str, str]:
    stamp = str(int(time.time()))
    return {"X-Timestamp": stamp, "X-Signature": hmac_sha256(key, request.body + stamp.encode()).hex()}


def test_a_chunked_request_of_sms_to_url_confirms_a_payment(shop):
    payment = shop.ask_for(100)

    status, answer = shop.send(paying("bogkonstantin", payment, "624499000101"), shop.phone)

    assert (status, answer["state"]) == (200, "stored")
    eventually(lambda: shop.status_of(payment) == "success", 20)


def test_a_signed_request_of_sms_gateway_confirms_a_payment_and_an_unsigned_one_does_not(shop):
    payment = shop.ask_for(200)
    request = paying("capcom6", payment, "624499000102")

    refused = [
        shop.send(request, shop.signing_phone),
        shop.send(request, shop.signing_phone, **signed(request, "other")),
    ]

    assert [(status, answer["error"]["code"]) for status, answer in refused] == [(401, "invalid_signature")] * 2
    assert shop.status_of(payment) == "pending"
    status, answer = shop.send(request, shop.signing_phone, **signed(request))
    assert (status, answer["state"]) == (200, "stored")
    eventually(lambda: shop.status_of(payment) == "success", 20)


def test_a_chunked_body_that_is_too_large_is_refused_with_an_answer(shop):
    request = SimpleNamespace(
        path="/hooks/alerts/{token}",
        headers={"Content-Type": "text/plain", "Transfer-Encoding": "chunked"},
        body=b"x" * 200_000,
        is_chunked=True,
    )

    status, answer = shop.send(request, shop.phone)

    assert (status, answer["error"]["code"]) == (413, "body_too_large")


def test_a_night_of_messages_sent_one_by_one_is_taken(shop):
    payment = shop.ask_for(300)
    wrong = {**payment, "payable_amount": 5.55}

    answers = [shop.send(paying("bogkonstantin", wrong, f"6244{n:08d}"), shop.phone) for n in range(300)]

    assert {(status, answer["state"]) for status, answer in answers} == {(200, "stored")}
    assert shop.status_of(payment) == "pending"


def test_tokens_keys_and_messages_are_in_no_log(shop):
    shop.send(paying("bogkonstantin", {"payable_amount": 6.66}, "624400000199"), shop.phone)
    said = shop.installation.said()

    assert "/hooks/alerts/***" in said
    for secret in (shop.phone["token"], shop.signing_phone["token"], KEY, "KUMAR", "6244000001"):
        assert secret not in said
