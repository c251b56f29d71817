import json
from datetime import timedelta

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.utils import timezone
from standardwebhooks import Webhook

from payments.models import PaymentEvent
from tests.receivers import Answering
from webhooks import services, signing
from webhooks.models import Attempt, Delivery, DeliveryState, Health, WebhookEndpoint

pytestmark = pytest.mark.django_db(transaction=True)


def fail_for_good(delivery: Delivery) -> None:
    Delivery.objects.filter(pk=delivery.pk).update(
        state=DeliveryState.DEAD, attempt_count=12, closed_at=timezone.now(), delivered_at=None
    )


def test_a_delivered_one_is_sent_again_with_the_same_id_and_bytes(asha, endpoint, receiver, pay, dispatch):
    pay(asha)
    dispatch()
    services.redeliver(delivery_id=Delivery.objects.get().pk, actor="meera")
    dispatch()

    first, second = receiver.requests
    assert first.body == second.body
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert second.headers["X-Webhook-Attempt"] == "2"
    again = Attempt.objects.get(number=2)
    assert (again.trigger, again.actor) == ("manual", "meera")
    assert Delivery.objects.get().state == DeliveryState.DONE


def test_a_failed_repetition_is_not_tried_again_and_does_not_undo_the_delivery(asha, endpoint, receiver, pay, dispatch):
    receiver.answer(Answering(), Answering(500))
    pay(asha)
    dispatch()
    services.redeliver(delivery_id=Delivery.objects.get().pk, actor="meera")
    dispatch()

    assert Attempt.objects.get(number=2).next_at is None
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.attempt_count) == (DeliveryState.DONE, 2)
    endpoint.refresh_from_db()
    assert endpoint.consecutive_failures == 0


@pytest.mark.parametrize(("status", "state"), [(200, DeliveryState.DONE), (500, DeliveryState.DEAD)])
def test_what_failed_for_good_gets_one_more_try(asha, endpoint, receiver, pay, dispatch, status, state):
    receiver.answer(Answering(500), Answering(status))
    pay(asha)
    dispatch()
    fail_for_good(Delivery.objects.get())
    services.redeliver(delivery_id=Delivery.objects.get().pk, actor="meera")
    dispatch()
    dispatch()

    assert len(receiver.requests) == 2
    assert receiver.requests[1].headers["X-Webhook-Attempt"] == "13"
    assert Delivery.objects.get().state == state


def test_one_that_waits_is_sent_now_and_its_retries_go_on(asha, endpoint, receiver, pay, dispatch):
    receiver.answer(Answering(500))
    pay(asha)
    dispatch()
    services.redeliver(delivery_id=Delivery.objects.get().pk, actor="meera")
    dispatch()
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.attempt_count, delivery.trigger) == (DeliveryState.DUE, 2, "auto")
    assert delivery.next_at > timezone.now() + timedelta(seconds=25)


def test_one_that_is_being_sent_is_left_alone(asha, endpoint, receiver, pay, dispatch):
    pay(asha)
    receiver.on_request = lambda: services.redeliver(delivery_id=Delivery.objects.get().pk, actor="meera")
    dispatch()
    assert len(receiver.requests) == 1
    assert Delivery.objects.get().state == DeliveryState.DONE


def test_a_test_event_has_the_usual_shape_and_signatures(endpoint, receiver, dispatch):
    delivery = services.send_test(endpoint_id=endpoint.pk, actor="meera")
    dispatch()

    [request] = receiver.requests
    body = json.loads(request.body)
    assert (body["event"], body["test"], body["status"], body["payable_amount"]) == ("webhook.test", True, "", 0)
    assert request.headers["X-Webhook-Event"] == "webhook.test"
    assert request.headers["webhook-id"] == body["event_id"] == str(delivery.pk)
    assert request.headers["X-Webhook-Signature"] == signing.body_signature(endpoint.text, request.body)
    Webhook(endpoint.text).verify(request.body, dict(request.headers))
    assert not PaymentEvent.objects.exists()


def test_a_test_event_has_the_keys_of_a_real_one_in_the_same_order(asha, endpoint, receiver, pay, dispatch):
    services.send_test(endpoint_id=endpoint.pk, actor="meera")
    pay(asha)
    dispatch()
    test, real = sorted(receiver.requests, key=lambda request: request.headers["X-Webhook-Event"], reverse=True)
    assert list(json.loads(test.body)) == list(json.loads(real.body))


def test_a_test_event_is_tried_once(endpoint, receiver, dispatch):
    receiver.answer(Answering(500))
    services.send_test(endpoint_id=endpoint.pk, actor="meera")
    dispatch()
    assert Delivery.objects.get().state == DeliveryState.DEAD
    attempt = Attempt.objects.get()
    assert (attempt.trigger, attempt.actor, attempt.next_at) == ("test", "meera", None)
    endpoint.refresh_from_db()
    assert (endpoint.consecutive_failures, endpoint.health) == (0, Health.HEALTHY)


@pytest.mark.parametrize("state", [{"paused": True}, {"health": Health.DISABLED}], ids=str)
def test_what_is_asked_for_by_hand_goes_to_a_closed_endpoint_too(asha, endpoint, receiver, pay, dispatch, state):
    WebhookEndpoint.objects.update(**state)
    pay(asha)
    services.send_test(endpoint_id=endpoint.pk, actor="meera")
    dispatch()

    assert [request.headers["X-Webhook-Event"] for request in receiver.requests] == ["webhook.test"]
    services.redeliver(delivery_id=Delivery.objects.get(event__isnull=False).pk, actor="meera")
    dispatch()
    assert len(receiver.requests) == 2


def test_what_waits_for_a_removed_endpoint_is_closed_and_sent_no_more(asha, endpoint, receiver, pay, dispatch):
    receiver.answer(Answering(500))
    pay(asha)
    dispatch()
    pay(asha)
    services.fan_out_events()
    services.send_test(endpoint_id=endpoint.pk, actor="meera")

    assert services.remove_endpoint(endpoint_id=endpoint.pk) == 3
    assert set(Delivery.objects.values_list("state", "closed_because")) == {("dead", "removed")}
    for delivery in Delivery.objects.all():
        with pytest.raises(services.EndpointRemoved):
            services.redeliver(delivery_id=delivery.pk, actor="meera")
    dispatch()
    assert len(receiver.requests) == 1


def test_a_repetition_called_off_by_a_removal_stays_delivered(asha, endpoint, receiver, pay, dispatch):
    pay(asha)
    dispatch()
    services.redeliver(delivery_id=Delivery.objects.get().pk, actor="meera")
    services.remove_endpoint(endpoint_id=endpoint.pk)
    assert Delivery.objects.get().state == DeliveryState.DONE


def test_an_attempt_under_way_during_the_removal_is_the_last(asha, endpoint, receiver, pay, dispatch):
    receiver.answer(Answering(500))
    receiver.on_request = lambda: services.remove_endpoint(endpoint_id=endpoint.pk)
    pay(asha)
    dispatch()
    assert Delivery.objects.get().state == DeliveryState.DUE

    assert services.close_deliveries_of_removed() == 1
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.closed_because, delivery.attempt_count) == (DeliveryState.DEAD, "removed", 1)


def test_only_a_test_may_lack_an_event(asha, endpoint, pay):
    pay(asha)
    event = PaymentEvent.objects.get()
    for wrong in ({"event": None, "test_body": ""}, {"event": event, "test_body": "{}"}):
        with pytest.raises(IntegrityError, match="only_a_test_has_a_body"), transaction.atomic():
            Delivery.objects.create(endpoint=endpoint, **wrong)


def test_a_lease_without_an_end_cannot_be_written(endpoint):
    with pytest.raises(IntegrityError, match="a_lease_has_a_holder"), transaction.atomic():
        Delivery.objects.create(endpoint=endpoint, test_body="{}", state=DeliveryState.LEASED)


def test_sixty_days_later_a_redelivery_still_sends_the_same_bytes(asha, endpoint, receiver, pay, dispatch):
    pay(asha)
    dispatch()
    with time_machine.travel(timezone.now() + timedelta(days=60), tick=True):
        services.redeliver(delivery_id=Delivery.objects.get().pk, actor="meera")
        dispatch()
    assert receiver.requests[0].body == receiver.requests[1].body


def test_the_forty_thousandth_repetition_is_recorded_like_the_others(asha, endpoint, receiver, pay, dispatch):
    pay(asha)
    dispatch()
    Delivery.objects.update(attempt_count=40_000)
    services.redeliver(delivery_id=Delivery.objects.get().pk, actor="meera")
    dispatch()

    assert Attempt.objects.filter(number=40_001, status=200).exists()
