"""The guide's samples that receive webhooks, fed with what PayGate really signs."""

import json
import socket
import subprocess
import time
import urllib.error
import urllib.request

import pytest

from payments.models import PaymentEvent
from payments.services import confirm_session
from tests.guide.conftest import NODE, finished, program_of
from webhooks import signing

RECEIVERS = ["receive_webhook.mjs", "receive_webhook.py", "receive_webhook.php"]
SECRET = signing.mint_secret()


@pytest.fixture
def body(asha, account, call) -> bytes:
    """The exact body of a payment.success, with what JavaScript and others write differently."""
    order = {
        "amount": 100,
        "customer_name": "आशा & Söhne </script>",
        "merchant_ref": "ORDER-123",
        "metadata": {"10": 1e21, "9": -0.0, "note": "a\u2028b", "price": 99.50},
    }
    call(asha, "post", "/api/v1/create-payment", order)
    session = asha.sessions.get()
    confirm_session(session_id=session.pk, credited_at=session.created_at, utr="103100084802")
    return PaymentEvent.objects.get().body.encode()


@pytest.fixture(params=RECEIVERS)
def receiver(request, written, unused_tcp_port):
    """Run a receiver and return how to post to it."""
    name = request.param
    program = program_of(name)
    filled_in = {} if name.endswith(".php") else {"8000": str(unused_tcp_port)}
    file = written(name, your_webhook_secret=SECRET, **filled_in)
    command = [program, "-S", f"127.0.0.1:{unused_tcp_port}", file] if name.endswith(".php") else [program, file]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_for(unused_tcp_port)
        yield lambda body, signature: _post(unused_tcp_port, body, signature)
    finally:
        process.terminate()
        process.wait(10)


def test_a_receiver_takes_what_paygate_signed_and_nothing_else(receiver, body):
    good = signing.body_signature(SECRET, body)

    assert receiver(body, good) == (200, {"received": True})
    assert receiver(body.replace(b"100", b"900", 1), good) == (401, None)
    assert receiver(body, signing.body_signature("whsec_other", body)) == (401, None)
    assert receiver(body, "no signature") == (401, None)
    assert receiver(body, None) == (401, None)


@pytest.mark.parametrize(
    ("secret", "answers"),
    [(SECRET, '{"received":true}'), ("whsec_other", "401 Invalid signature")],
    ids=["our secret", "another"],  # a name with the random secret in it would differ from process to process
)
def test_the_express_sample_verifies_a_body_that_was_parsed_and_written_again(secret, answers, body, written):
    sample = written("verify_webhook.js", your_webhook_secret=SECRET).read_text()
    request = {"headers": {"x-webhook-signature": signing.body_signature(secret, body)}, "text": body.decode()}
    express = f"""
        let route;
        const app = {{post: (path, handler) => {{ route = handler; }}}};
        {sample}
        const req = {json.dumps(request)};
        req.body = JSON.parse(req.text);
        route(req, {{
          json: (answer) => console.log(JSON.stringify(answer)),
          status: (code) => ({{send: (text) => console.log(code, text)}}),
        }});
    """
    file = written("verify_webhook.js").with_suffix(".cjs")
    file.write_text(express)

    done = finished(NODE, file)

    assert done.stdout.strip() == answers, done.stderr


def test_openssl_prints_the_signature(body, written, run):
    (written("verify_webhook.sh").parent / "body.json").write_bytes(body)

    printed = run("verify_webhook.sh", your_webhook_secret=SECRET)

    assert printed.strip().endswith(f"= {signing.body_signature(SECRET, body)}")


@pytest.fixture
def unused_tcp_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wait_for(port: int) -> None:
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    pytest.fail("the receiver did not start")


def _post(port: int, body: bytes, signature: str | None):
    headers = {"Content-Type": "application/json"}
    if signature is not None:
        headers["X-Webhook-Signature"] = signature
    request = urllib.request.Request(f"http://127.0.0.1:{port}/webhook", data=body, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, None
