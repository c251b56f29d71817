import json
from datetime import datetime, timedelta

import pytest
import time_machine
from django.db import OperationalError
from django.utils import timezone
from standardwebhooks import Webhook

from payments.models import PaymentEvent
from payments.services import cancel_session, expire_due_sessions, mark_session_paid
from tests.receivers import Answering, Received
from webhooks import dispatcher, outcomes, services, signing
from webhooks.models import Attempt, Delivery, DeliveryState, Health, WebhookEndpoint

pytestmark = pytest.mark.django_db(transaction=True)

FAILING = Answering(500, body=b"out of order")


def after(delta: timedelta) -> time_machine.travel:
    return time_machine.travel(timezone.now() + delta, tick=True)


def numbers(requests: list[Received]) -> list[str | None]:
    return [request.headers["X-Webhook-Attempt"] for request in requests]


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
    assert request.headers["webhook-id"] == str(event.pk) == json.loads(request.body)["event_id"]
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


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_any_2xx_is_a_success(asha, endpoint, receiver, pay, dispatch, status):
    receiver.answer(Answering(status, body=b""))
    pay(asha)
    dispatch()
    assert Delivery.objects.get().state == DeliveryState.DONE


@pytest.mark.parametrize("status", [301, 302, 400, 401, 404, 429, 500, 503])
def test_anything_else_is_tried_again(asha, endpoint, receiver, pay, dispatch, status):
    receiver.answer(Answering(status))
    pay(asha)
    before = timezone.now()
    dispatch()

    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.attempt_count) == (DeliveryState.DUE, 1)
    assert before + timedelta(seconds=5) <= delivery.next_at <= timezone.now() + timedelta(seconds=6)
    attempt = Attempt.objects.get()
    assert (attempt.status, attempt.next_at) == (status, delivery.next_at)


def test_a_retry_sends_the_same_bytes_and_id_signed_anew(asha, endpoint, receiver, pay, dispatch):
    receiver.answer(FAILING, Answering())
    pay(asha)
    dispatch()
    dispatch()
    assert len(receiver.requests) == 1
    with after(timedelta(seconds=7)):
        dispatch()

    first, second = receiver.requests
    assert first.body == second.body
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert numbers(receiver.requests) == ["1", "2"]
    assert int(second.headers["webhook-timestamp"]) >= int(first.headers["webhook-timestamp"]) + 6
    assert Delivery.objects.get().state == DeliveryState.DONE
    assert [attempt.answer for attempt in Attempt.objects.all()] == ["out of order", "thank you"]


def test_after_twelve_failures_it_gives_up(asha, endpoint, receiver, pay, dispatch, monkeypatch):
    monkeypatch.setattr(outcomes, "DISABLED_AFTER", timedelta(days=30))
    receiver.answer(FAILING)
    pay(asha)
    dispatch()
    moment: datetime | None = Delivery.objects.get().next_at
    while moment:
        with time_machine.travel(moment, tick=True):
            dispatch()
        moment = Attempt.objects.order_by("number").last().next_at

    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.attempt_count) == (DeliveryState.DEAD, 12)
    assert numbers(receiver.requests) == [str(number) for number in range(1, 13)]
    assert delivery.closed_at - delivery.created_at > timedelta(days=3)


def test_410_ends_it_and_disables_the_endpoint(asha, endpoint, receiver, pay, dispatch):
    receiver.answer(Answering(410))
    pay(asha)
    dispatch()

    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.closed_because) == (DeliveryState.DEAD, "gone")
    endpoint.refresh_from_db()
    assert (endpoint.health, endpoint.disabled_reason) == (Health.DISABLED, "The endpoint answered 410 Gone.")


@pytest.mark.parametrize(("asked", "least", "most"), [("8", 8, 8.1), ("3600", 10, 10.1), ("1", 5, 6.1)])
def test_retry_after_is_honoured_within_limits(asha, endpoint, receiver, pay, dispatch, asked, least, most):
    receiver.answer(Answering(503, headers={"Retry-After": asked}))
    pay(asha)
    before = timezone.now()
    dispatch()
    next_at = Delivery.objects.get().next_at
    assert before + timedelta(seconds=least) <= next_at <= timezone.now() + timedelta(seconds=most)


def test_who_asks_for_a_break_gets_nothing_else_either(asha, endpoint, receiver, pay, dispatch):
    receiver.answer(Answering(429, headers={"Retry-After": "9"}), Answering())
    pay(asha)
    dispatch()
    pay(asha)
    dispatch()
    assert len(receiver.requests) == 1
    with after(timedelta(seconds=11)):
        dispatch()
    assert len(receiver.requests) == 3


def test_an_unreachable_receiver_is_tried_again(asha, endpoint, receiver, pay, dispatch):
    receiver.close()
    pay(asha)
    dispatch()
    attempt = Attempt.objects.get()
    assert (attempt.status, attempt.error, attempt.resolved_ip) == (None, "connect", "127.0.0.1")
    assert Delivery.objects.get().state == DeliveryState.DUE


def test_a_private_address_is_refused_at_every_attempt(asha, endpoint, receiver, pay, dispatch, settings):
    settings.WEBHOOK_ALLOW_NETS = []
    pay(asha)
    dispatch()
    assert receiver.requests == []
    assert Attempt.objects.get().error == "address"


def test_a_dead_endpoint_delays_nobody(asha, ravi, endpoint, start_receiver, receiver, pay, dispatch, monkeypatch):
    monkeypatch.setattr(dispatcher, "FIRST_SHARE", 3)
    shop = start_receiver()
    services.add_endpoint(api_key=ravi, url=shop.url)
    receiver.answer(Answering(after=2))
    for _ in range(12):
        pay(asha)
    for _ in range(20):
        pay(ravi)
    dispatch()

    attempts = Attempt.objects.filter(delivery__endpoint=endpoint)
    last_of_ravi = Attempt.objects.exclude(delivery__endpoint=endpoint).latest("started_at")
    assert len(shop.requests) == 20
    # Before the first answer of the slow endpoint had come, all of the quick one's were sent.
    first_end = min(each.started_at + timedelta(milliseconds=each.duration_ms) for each in attempts)
    assert last_of_ravi.started_at < first_end
    assert Delivery.objects.filter(state=DeliveryState.DONE).count() == 32


def test_first_attempts_go_before_old_retries(asha, endpoint, receiver, pay, dispatch, monkeypatch):
    monkeypatch.setattr(dispatcher, "FIRST_SHARE", 1)
    receiver.answer(FAILING, FAILING, Answering())
    pay(asha)
    pay(asha)
    dispatch()
    assert numbers(receiver.requests) == ["1", "1"]
    with after(timedelta(seconds=10)):
        pay(asha)
        dispatch()
    assert numbers(receiver.requests) == ["1", "1", "1", "2", "2"]


def test_the_next_event_of_a_payment_waits_for_the_first_try_of_the_one_before(
    asha, endpoint, receiver, open_session, dispatch
):
    services.change_endpoint(endpoint_id=endpoint.pk, events=["payment.success", "payment.cancelled"])
    receiver.answer(Answering(500, after=0.3), Answering())
    session = open_session(asha)
    cancel_session(session_id=session.pk, actor="asha")
    mark_session_paid(session_id=session.pk, utr="103100084802", actor="meera", reason="Seen in the app")
    dispatch()

    assert [request.headers["X-Webhook-Event"] for request in receiver.requests] == [
        "payment.cancelled",
        "payment.success",
    ]
    first, second = Attempt.objects.order_by("started_at")
    assert second.started_at >= first.started_at + timedelta(milliseconds=first.duration_ms)


@pytest.fixture
def two_events(asha, endpoint, open_session) -> list[Delivery]:
    """A cancellation and a success of one payment, both on their way."""
    services.change_endpoint(endpoint_id=endpoint.pk, events=["payment.success", "payment.cancelled"])
    session = open_session(asha)
    cancel_session(session_id=session.pk, actor="asha")
    mark_session_paid(session_id=session.pk, utr="103100084802", actor="meera", reason="Seen in the app")
    services.fan_out_events()
    return list(Delivery.objects.order_by("event__sequence"))


def told(receiver) -> list[str | None]:
    return [request.headers["X-Webhook-Event"] for request in receiver.requests]


def test_a_pause_keeps_the_order(endpoint, receiver, two_events, dispatch):
    services.pause_endpoint(endpoint_id=endpoint.pk)
    dispatch()
    assert told(receiver) == []
    services.resume_endpoint(endpoint_id=endpoint.pk)
    dispatch()
    assert told(receiver) == ["payment.cancelled", "payment.success"]


def test_what_staff_send_by_hand_waits_for_nothing(receiver, two_events, endpoint, dispatch):
    services.pause_endpoint(endpoint_id=endpoint.pk)
    services.redeliver(delivery_id=two_events[1].pk, actor="meera")
    dispatch()
    assert told(receiver) == ["payment.success"]


def test_a_removed_webhook_holds_up_no_other(asha, endpoint, receiver, two_events, start_receiver, dispatch):
    other = start_receiver()
    services.add_endpoint(api_key=asha, url=other.url)
    services.remove_endpoint(endpoint_id=endpoint.pk)
    PaymentEvent.objects.update(fanned_out_at=None, feed_position=None)
    dispatch()
    assert receiver.requests == []
    assert told(other) == ["payment.success"]


def test_expiry_and_a_late_success_are_both_told_in_order(asha, endpoint, receiver, open_session, dispatch):
    session = open_session(asha)
    with after(timedelta(hours=1)):
        assert expire_due_sessions() == 1
        mark_session_paid(session_id=session.pk, utr="", actor="meera", reason="Seen in the app")
        dispatch()
    assert [json.loads(request.body)["event"] for request in receiver.requests] == [
        "payment.expired",
        "payment.success",
    ]
    assert [json.loads(request.body)["sequence"] for request in receiver.requests] == [1, 2]


def test_a_paused_endpoint_gets_everything_once_it_is_resumed(asha, endpoint, receiver, pay, dispatch):
    services.pause_endpoint(endpoint_id=endpoint.pk)
    pay(asha)
    pay(asha)
    dispatch()
    assert receiver.requests == []
    services.resume_endpoint(endpoint_id=endpoint.pk)
    dispatch()
    assert len(receiver.requests) == 2


def test_a_killed_worker_s_delivery_is_sent_again_when_its_lease_ends(asha, endpoint, receiver, pay, dispatch):
    pay(asha)
    services.fan_out_events()
    Delivery.objects.update(
        state=DeliveryState.LEASED,
        lease_token="7b2c0f6e-3c1d-4b8e-9a51-0d2f4a6b8c9d",
        lease_until=timezone.now() + timedelta(seconds=45),
    )
    dispatch()
    assert receiver.requests == []
    Delivery.objects.update(lease_until=timezone.now())
    dispatch()
    assert len(receiver.requests) == 1
    assert Delivery.objects.get().state == DeliveryState.DONE


def test_what_comes_after_the_lease_was_lost_changes_nothing(asha, endpoint, receiver, pay, dispatch):
    receiver.answer(Answering(after=0.3))
    pay(asha)
    receiver.on_request = lambda: Delivery.objects.update(lease_token="7b2c0f6e-3c1d-4b8e-9a51-0d2f4a6b8c9d")
    dispatch()

    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.attempt_count) == (DeliveryState.LEASED, 0)
    assert not Attempt.objects.exists()


def test_work_that_comes_during_a_run_is_done_in_it(asha, ravi, endpoint, start_receiver, receiver, pay, dispatch):
    """A second bell may find the dispatcher busy with a slow receiver."""
    shop = start_receiver()
    services.add_endpoint(api_key=ravi, url=shop.url)
    receiver.answer(Answering(after=1))
    pay(asha)
    receiver.on_request = lambda: pay(ravi)
    dispatch()

    slow, quick = (Attempt.objects.get(delivery__endpoint__api_key=key) for key in (asha, ravi))
    assert quick.started_at < slow.started_at + timedelta(milliseconds=slow.duration_ms)
    assert len(shop.requests) == 1


def test_when_its_time_is_over_it_finishes_what_it_has_begun(asha, endpoint, receiver, pay):
    receiver.answer(Answering(after=0.3))
    for _ in range(30):
        pay(asha)
    services.fan_out_events()
    services.deliver_due(stopping=lambda: len(receiver.requests) > 0)

    assert 0 < len(receiver.requests) < 30
    assert Delivery.objects.filter(state=DeliveryState.DONE).count() == len(receiver.requests)
    assert Delivery.objects.filter(state=DeliveryState.LEASED).count() == 0
    services.deliver_due()
    assert Delivery.objects.filter(state=DeliveryState.DONE).count() == 30


def test_a_database_that_fails_for_a_moment_costs_no_second_delivery(
    asha, endpoint, receiver, pay, dispatch, monkeypatch
):
    failures = [OperationalError("disk is busy"), OperationalError("disk is busy")]
    record = outcomes.record

    def fail_at_first(results):
        if failures:
            raise failures.pop()
        record(results)

    monkeypatch.setattr(outcomes, "record", fail_at_first)
    monkeypatch.setattr(dispatcher, "DATABASE_PAUSE_SECONDS", 0.01)
    pay(asha)
    dispatch()

    assert failures == []
    assert len(receiver.requests) == 1
    assert (Delivery.objects.get().state, Attempt.objects.count()) == (DeliveryState.DONE, 1)


def test_one_delivery_that_cannot_be_sent_does_not_end_the_run(asha, endpoint, receiver, pay, dispatch, monkeypatch):
    headers, broken = dispatcher._headers, []

    def break_the_first(job, now):
        if broken:
            return headers(job, now)
        broken.append(job)
        raise RuntimeError("a bug")

    monkeypatch.setattr(dispatcher, "_headers", break_the_first)
    pay(asha)
    pay(asha)
    dispatch()
    assert len(receiver.requests) == 1
    assert sorted(Attempt.objects.values_list("error", flat=True)) == ["", "internal"]


def test_a_secret_that_cannot_be_opened_stops_only_its_own_endpoint(
    asha, ravi, endpoint, start_receiver, receiver, pay, dispatch
):
    shop = start_receiver()
    other, _ = services.add_endpoint(api_key=ravi, url=shop.url)
    # A sealed value is bound to its row: copied to another one it does not open.
    endpoint.secret = other.secret
    WebhookEndpoint.objects.filter(pk=endpoint.pk).update(secret=endpoint.secret)
    pay(asha)
    pay(ravi)
    dispatch()

    assert len(shop.requests) == 1
    assert receiver.requests == []
    assert Attempt.objects.get(delivery__endpoint=endpoint).error == "secret"
