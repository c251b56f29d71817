"""The integration guide's Node sample against the bodies that PayGate really delivers."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from payments.models import PaymentSession
from payments.services import SessionDetails, confirm_session, create_session
from payments.wire import canonical_metadata, read_json
from webhooks import services
from webhooks.models import Delivery

pytestmark = pytest.mark.django_db(transaction=True)

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=12)
keys = (
    texts.filter(lambda key: key != "__proto__") | st.integers(0, 2**33).map(str) | st.sampled_from(["01", "-1", "1.5"])
)
# Numbers as a client may write them: `1e2`, `-0.0`, `100.000`.
numbers = (
    st.floats(allow_nan=False, allow_infinity=False)
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(-1e25, 1e25).map(lambda number: float(f"{number:.3g}"))
)
values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=5),
    max_leaves=12,
).filter(lambda value: _depth(value) < 5)
metadata = st.dictionaries(keys, values, max_size=6)


def _depth(value: Any) -> int:
    inner = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + max(map(_depth, inner), default=0) if isinstance(value, (dict, list)) else 0


def announce(key: Any, **details: str) -> PaymentSession:
    session = create_session(api_key=key, requested_paise=100_00, details=SessionDetails(**details)).session
    assert confirm_session(session_id=session.pk, credited_at=session.created_at)
    PaymentSession.objects.update(holds_amount=False)
    return session


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batch=st.lists(st.tuples(metadata, texts, texts), min_size=1, max_size=8))
def test_the_sample_verifies_whatever_a_client_may_send(asha, account, endpoint, receiver, verified_by_node, batch):
    receiver.requests.clear()
    for data, name, ref in batch:
        text = canonical_metadata(read_json(json.dumps(data)))
        announce(asha, metadata_json=text, customer_name=name, merchant_ref=ref)
    services.fan_out_events()
    services.deliver_due()

    assert len(receiver.requests) == len(batch)
    for request in receiver.requests:
        verdict = verified_by_node(request.body, request.headers["X-Webhook-Signature"], endpoint.text)
        assert verdict["written"] == request.body.decode()
        assert verdict["valid"]


def test_the_sample_verifies_a_test_event(endpoint, receiver, verified_by_node):
    services.send_test(endpoint_id=endpoint.pk, actor="meera")
    services.deliver_due()
    [request] = receiver.requests
    assert verified_by_node(request.body, request.headers["X-Webhook-Signature"], endpoint.text)["valid"]


@pytest.mark.parametrize("spoil", ["body", "signature", "secret"])
def test_the_sample_refuses_what_was_changed_on_the_way(asha, account, endpoint, receiver, verified_by_node, spoil):
    announce(asha, customer_name="Kiran Rao")
    services.fan_out_events()
    services.deliver_due()
    [request] = receiver.requests
    sent = {"body": request.body, "signature": request.headers["X-Webhook-Signature"], "secret": endpoint.text}
    assert verified_by_node(**sent)["valid"]

    sent[spoil] = request.body.replace(b"Kiran", b"Ravi!") if spoil == "body" else "whsec_0" + sent[spoil][7:]
    assert not verified_by_node(**sent)["valid"]


def test_the_body_begins_as_the_brief_shows_it(asha, account, endpoint, receiver):
    session = announce(asha, customer_name="John Doe", merchant_ref="ORDER-123", metadata_json='{"order_id":"ORD-456"}')
    services.fan_out_events()
    services.deliver_due()

    body = json.loads(receiver.requests[0].body)
    assert list(body)[:10] == [
        *("event", "session_id", "requested_amount", "payable_amount", "status"),
        *("customer_name", "merchant_ref", "utr", "metadata", "timestamp"),
    ]
    assert (body["event"], body["session_id"], body["requested_amount"]) == ("payment.success", session.session_id, 100)
    assert body["metadata"] == {"order_id": "ORD-456"}
    assert Delivery.objects.count() == 1
