import json

import pytest
from standardwebhooks import Webhook

from payments.models import PaymentEvent
from webhooks import signing
from webhooks.models import Attempt, Delivery, DeliveryState

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_payment_is_announced_with_both_signatures(asha, endpoint, receiver, pay, dispatch):
    session = pay(asha)
    dispatch()

    [request] = receiver.requests
    event = PaymentEvent.objects.get()
    assert request.body == event.body.encode()
    assert json.loads(request.body)["session_id"] == session.session_id
    assert request.headers["Content-Type"] == "application/json"
    assert request.headers["User-Agent"] == "PayGate/0.1.0"
    assert request.headers["X-Webhook-Event"] == "payment.success"
    assert request.headers["X-Webhook-Attempt"] == "1"
    assert request.headers["webhook-id"] == str(event.pk)
    assert request.headers["X-Webhook-Signature"] == signing.body_signature(endpoint.text, request.body)
    assert Webhook(endpoint.text).verify(request.body, dict(request.headers))["event"] == "payment.success"


def test_a_delivery_that_was_taken_is_done(asha, endpoint, receiver, pay, dispatch):
    pay(asha)
    dispatch()

    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.attempt_count, delivery.lease_token) == (DeliveryState.DONE, 1, None)
    assert delivery.delivered_at is not None
    attempt = Attempt.objects.get()
    assert (attempt.number, attempt.status, attempt.error, attempt.answer) == (1, 200, "", "thank you")
    assert (attempt.resolved_ip, attempt.next_at, attempt.trigger) == ("127.0.0.1", None, "auto")
    dispatch()
    assert len(receiver.requests) == 1
