from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from tests.receivers import Answering
from webhooks import services
from webhooks.models import Attempt, Delivery, DeliveryState, Health, WebhookEndpoint

pytestmark = pytest.mark.django_db(transaction=True)


def failing(**state) -> None:
    WebhookEndpoint.objects.update(**{"consecutive_failures": 19, "failing_since": timezone.now(), **state})


def after(delta: timedelta) -> time_machine.travel:
    return time_machine.travel(timezone.now() + delta, tick=True)


def test_twenty_failures_in_a_row_degrade_an_endpoint(asha, endpoint, receiver, pay, dispatch):
    failing(consecutive_failures=18)
    receiver.answer(Answering(500))
    pay(asha)
    dispatch()
    endpoint.refresh_from_db()
    assert (endpoint.health, endpoint.consecutive_failures) == (Health.HEALTHY, 19)
    pay(asha)
    dispatch()
    endpoint.refresh_from_db()
    assert (endpoint.health, endpoint.consecutive_failures) == (Health.DEGRADED, 20)


def test_a_degraded_endpoint_gets_one_try_a_minute(asha, endpoint, receiver, pay, dispatch):
    failing(health=Health.DEGRADED)
    receiver.answer(Answering(500))
    for _ in range(5):
        pay(asha)
    dispatch()
    dispatch()
    assert len(receiver.requests) == 1
    assert Delivery.objects.filter(attempt_count=0, state=DeliveryState.DUE).count() == 4
    with after(timedelta(seconds=61)):
        dispatch()
        dispatch()
    assert len(receiver.requests) == 2


def test_one_success_heals_and_releases_the_rest(asha, endpoint, receiver, pay, dispatch):
    failing(health=Health.DEGRADED)
    for _ in range(5):
        pay(asha)
    dispatch()
    assert len(receiver.requests) == 5
    endpoint.refresh_from_db()
    assert (endpoint.health, endpoint.consecutive_failures) == (Health.HEALTHY, 0)
    assert (endpoint.failing_since, endpoint.hold_until) == (None, None)


def test_after_five_days_of_nothing_but_failure_it_is_disabled(asha, endpoint, receiver, pay, dispatch, caplog):
    failing(failing_since=timezone.now() - timedelta(days=5), health=Health.DEGRADED)
    receiver.answer(Answering(500))
    pay(asha)
    dispatch()

    endpoint.refresh_from_db()
    assert (endpoint.health, endpoint.disabled_reason) == (Health.DISABLED, "Nothing but failures for 5 days.")
    assert "is disabled: Nothing but failures for 5 days." in caplog.text
    pay(asha)
    with after(timedelta(hours=1)):
        dispatch()
    assert len(receiver.requests) == 1
    assert Delivery.objects.filter(state=DeliveryState.DUE).count() == 2


def test_a_success_now_and_then_keeps_it_from_being_disabled(asha, endpoint, receiver, pay, dispatch):
    failing(failing_since=timezone.now() - timedelta(days=5))
    receiver.answer(Answering(), Answering(500))
    pay(asha)
    dispatch()
    pay(asha)
    dispatch()
    endpoint.refresh_from_db()
    assert (endpoint.health, endpoint.consecutive_failures) == (Health.HEALTHY, 1)


def test_enabling_sends_all_that_has_waited(asha, endpoint, receiver, pay, dispatch):
    failing(health=Health.DISABLED, disabled_reason="Nothing but failures for 5 days.")
    for _ in range(3):
        pay(asha)
    dispatch()
    assert receiver.requests == []
    enabled = services.enable_endpoint(endpoint_id=endpoint.pk)
    dispatch()
    assert (enabled.health, enabled.disabled_reason, enabled.failing_since) == (Health.HEALTHY, "", None)
    assert len(receiver.requests) == 3
    assert Attempt.objects.count() == 3


def test_a_test_that_arrives_does_not_enable_a_disabled_endpoint(endpoint, receiver, dispatch):
    failing(health=Health.DISABLED, disabled_reason="The endpoint answered 410 Gone.")
    services.send_test(endpoint_id=endpoint.pk, actor="meera")
    dispatch()
    endpoint.refresh_from_db()
    assert (endpoint.health, endpoint.failing_since) == (Health.DISABLED, None)
