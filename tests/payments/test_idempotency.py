"""The header Idempotency-Key of create-payment."""

import pytest

from payments.models import PaymentSession, UpiAccount

URL = "/api/v1/create-payment"


def create(call, key, body, idempotency_key="order-1"):
    return call(key, "post", URL, body, **{"Idempotency-Key": idempotency_key})


def test_the_same_request_again_answers_with_the_first_session(asha, account, call):
    first = create(call, asha, {"amount": 100, "merchant_ref": "A"})
    again = create(call, asha, '{ "merchant_ref": "A",   "amount": 100 }')

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json()["payment"]["session_id"] == first.json()["payment"]["session_id"]
    assert "Idempotent-Replayed" not in first
    assert again["Idempotent-Replayed"] == "true"
    assert PaymentSession.objects.count() == 1


def test_a_replay_shows_the_session_as_it_is_now(asha, account, call):
    session_id = create(call, asha, {"amount": 100}).json()["payment"]["session_id"]
    call(asha, "post", f"/api/v1/cancel/{session_id}")

    assert create(call, asha, {"amount": 100}).json()["payment"]["status"] == "cancelled"


@pytest.mark.parametrize("body", [{"amount": 101}, {"amount": "100"}, {"amount": 100, "metadata": {"a": 1}}])
def test_another_body_is_422(asha, account, call, body):
    create(call, asha, {"amount": 100})

    answer = create(call, asha, body)

    assert answer.status_code == 422
    assert answer.json()["error"]["code"] == "idempotency_key_reused"
    assert PaymentSession.objects.count() == 1


def test_two_shops_may_use_the_same_key(asha, ravi, account, call):
    first = create(call, asha, {"amount": 100}).json()["payment"]
    other = create(call, ravi, {"amount": 100}).json()["payment"]

    assert first["session_id"] != other["session_id"]


def test_a_failure_binds_nothing(asha, call, db):
    assert create(call, asha, {"amount": 100}).status_code == 503
    UpiAccount.objects.create(upi_id="asha@oksbi", payee_name="ASHA")

    assert create(call, asha, {"amount": 200}).status_code == 201


@pytest.mark.parametrize("key", ["", "x" * 256, "naïve", "tab\tbed"])
def test_an_unusable_key_is_refused(asha, account, call, key):
    assert create(call, asha, {"amount": 100}, key).status_code == 400
    assert not PaymentSession.objects.exists()


def test_an_answer_that_was_lost_is_given_again(asha, account, call, monkeypatch):
    """The process dies after the insert and before the answer."""
    with monkeypatch.context() as dying:
        dying.setattr("payments.snapshot.payment_object", lambda *_, **__: 1 / 0)
        assert create(call, asha, {"amount": 100}).status_code == 500

    again = create(call, asha, {"amount": 100})

    assert (again.status_code, again["Idempotent-Replayed"]) == (201, "true")
    assert PaymentSession.objects.get().session_id == again.json()["payment"]["session_id"]


def test_a_replay_after_expiry_says_so(asha, account, call, make_overdue):
    create(call, asha, {"amount": 100})
    make_overdue(PaymentSession.objects.get())

    assert create(call, asha, {"amount": 100}).json()["payment"]["status"] == "expired"
