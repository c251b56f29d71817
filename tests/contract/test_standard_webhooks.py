"""What is delivered, verified by two independent libraries of Standard Webhooks: Python's and Node's."""

import json
import subprocess
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.utils import timezone
from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError

from payments.services import SessionDetails, confirm_session, create_session
from tests.programs import NODE, NODE_DIRECTORY, install_node_packages
from tests.receivers import Received
from webhooks import services, signing
from webhooks.models import WebhookEndpoint

pytestmark = pytest.mark.django_db(transaction=True)

Verify = Callable[[bytes, dict[str, str], str], bool]


@pytest.fixture(scope="session")
def by_node() -> Iterator[Verify]:
    install_node_packages()
    node = subprocess.Popen(
        [NODE, "verify.mjs"], cwd=NODE_DIRECTORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )

    def verify(body: bytes, headers: dict[str, str], secret: str) -> bool:
        node.stdin.write(json.dumps({"body": body.decode(), "headers": headers, "secret": secret}) + "\n")
        node.stdin.flush()
        answer = json.loads(node.stdout.readline())
        return answer.get("event") == json.loads(body)

    yield verify
    node.stdin.close()
    node.wait(10)
    node.stdout.close()


def by_python(body: bytes, headers: dict[str, str], secret: str) -> bool:
    try:
        return bool(Webhook(secret).verify(body, headers) == json.loads(body))
    except WebhookVerificationError:
        return False


@pytest.fixture(params=["node", "python"])
def verify(request) -> Verify:
    return request.getfixturevalue("by_node") if request.param == "node" else by_python


@pytest.fixture
def delivered(endpoint, receiver) -> Callable[[], Received]:
    """Deliver a test event and return it as the shop got it."""

    def deliver() -> Received:
        services.send_test(endpoint_id=endpoint.pk, actor="meera")
        services.deliver_due()
        return receiver.requests[-1]

    return deliver


def accepts(verify: Verify, request: Received, secret: str) -> bool:
    return verify(request.body, dict(request.headers), secret)


def keyed_by(request: Received, secret: str) -> bool:
    """Whether this secret is the one of `X-Webhook-Signature`."""
    return request.headers["X-Webhook-Signature"] == signing.body_signature(secret, request.body)


def test_the_specification_s_own_vector(verify):
    """As in the specification but for the time, which libraries compare with their clock."""
    secret, now = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", int(timezone.now().timestamp())
    headers = signing.headers(
        secret=secret,
        also=(),
        webhook_id="msg_p5jXN8AQM9LWM0D4loKWxJek",
        event="payment.success",
        attempt=1,
        timestamp=now,
        body=b'{"test": 2432232314}',
        version="1",
    )
    assert verify(b'{"test": 2432232314}', headers, secret)


def test_a_delivery_is_accepted_and_a_changed_one_is_not(delivered, endpoint, verify):
    request = delivered()
    headers = dict(request.headers)
    assert verify(request.body, headers, endpoint.text)
    assert not verify(request.body.replace(b'"test":true', b'"test":false'), headers, endpoint.text)
    assert not verify(request.body, headers, signing.mint_secret())
    assert not verify(request.body, {**headers, "webhook-id": "another"}, endpoint.text)
    later = str(int(headers["webhook-timestamp"]) + 1)
    assert not verify(request.body, {**headers, "webhook-timestamp": later}, endpoint.text)


def test_a_captured_delivery_is_too_old_after_five_minutes(endpoint, verify):
    body, then = b'{"event":"payment.success"}', int(timezone.now().timestamp()) - 301
    signed = signing.headers(
        secret=endpoint.text, also=(), webhook_id="1", event="", attempt=1, timestamp=then, body=body, version="1"
    )
    assert not verify(body, signed, endpoint.text)


def test_text_beyond_ascii_is_accepted(asha, account, endpoint, receiver, verify):
    details = SessionDetails(customer_name="आशा 😀 Söhne", metadata_json='{"note":"a\u2028b"}')
    session = create_session(api_key=asha, requested_paise=100_00, details=details).session
    confirm_session(session_id=session.pk, credited_at=session.created_at)
    services.fan_out_events()
    services.deliver_due()
    assert accepts(verify, receiver.requests[0], endpoint.text)


def test_a_rotation_step_by_step(delivered, endpoint, verify):
    old = endpoint.text
    new = services.stage_secret(endpoint_id=endpoint.pk)
    staged = delivered()
    assert (accepts(verify, staged, old), accepts(verify, staged, new)) == (True, True)
    assert keyed_by(staged, old)

    services.promote_secret(endpoint_id=endpoint.pk)
    promoted = delivered()
    assert (accepts(verify, promoted, old), accepts(verify, promoted, new)) == (True, True)
    assert keyed_by(promoted, new)

    WebhookEndpoint.objects.update(retiring_until=timezone.now() - timedelta(seconds=1))
    retired = delivered()
    assert (accepts(verify, retired, old), accepts(verify, retired, new)) == (False, True)
    assert keyed_by(retired, new)


def test_a_leaked_secret_signs_nothing_from_the_promotion_on(delivered, endpoint, verify):
    new = services.stage_secret(endpoint_id=endpoint.pk)
    services.promote_secret(endpoint_id=endpoint.pk, overlap=timedelta(0))
    request = delivered()
    assert (accepts(verify, request, endpoint.text), accepts(verify, request, new)) == (False, True)
    assert keyed_by(request, new)


def test_a_secret_staged_and_given_up_for_another_signs_nothing(delivered, endpoint, verify):
    dropped = services.stage_secret(endpoint_id=endpoint.pk)
    new = services.stage_secret(endpoint_id=endpoint.pk)
    request = delivered()
    assert [accepts(verify, request, each) for each in (endpoint.text, dropped, new)] == [True, False, True]
