"""Attempts are kept for some days; deliveries and events stay."""

from datetime import timedelta

import pytest
from django.utils import timezone

from payments.models import PaymentEvent
from tests.receivers import Answering
from webhooks import retention, services
from webhooks.models import Attempt, Delivery, DeliveryState
from webhooks.tasks import prune

pytestmark = pytest.mark.django_db(transaction=True)


def age(days: float) -> None:
    Attempt.objects.update(started_at=timezone.now() - timedelta(days=days))


@pytest.fixture
def delivered(asha, endpoint, pay, dispatch) -> Delivery:
    pay(asha)
    dispatch()
    return Delivery.objects.get(state=DeliveryState.DONE)


def test_an_old_attempt_goes_and_its_delivery_and_event_stay(delivered):
    age(89.9)
    prune()
    assert Attempt.objects.count() == 1
    age(90.1)
    prune()
    assert not Attempt.objects.exists()
    kept = Delivery.objects.get()
    assert (kept.state, kept.attempt_count, kept.past_status, kept.past_error) == (DeliveryState.DONE, 1, 200, "")
    assert PaymentEvent.objects.count() == 1


def test_the_days_are_a_setting(delivered, settings):
    settings.ATTEMPT_DAYS = 7
    age(8)
    prune()
    assert not Attempt.objects.exists()


@pytest.mark.parametrize("state", [DeliveryState.DUE, DeliveryState.LEASED])
def test_what_has_not_ended_keeps_its_attempts(delivered, state):
    leased = {"lease_token": delivered.pk, "lease_until": timezone.now()} if state == DeliveryState.LEASED else {}
    Delivery.objects.update(state=state, **leased)
    age(365)
    prune()
    assert Attempt.objects.count() == 1
    assert Delivery.objects.get().past_status is None


def test_the_last_answer_is_remembered_even_if_the_attempts_go_one_by_one(asha, endpoint, receiver, pay, dispatch):
    receiver.answer(Answering(500), Answering(503), Answering(410))
    pay(asha)
    for _ in range(3):
        dispatch()
        Delivery.objects.update(next_at=timezone.now())
    assert Delivery.objects.get().state == DeliveryState.DEAD
    for number, status in ((1, 410), (2, 410), (3, 410)):
        Attempt.objects.filter(number=number).update(started_at=timezone.now() - timedelta(days=91))
        prune()
        assert Attempt.objects.count() == 3 - number
        assert Delivery.objects.get().past_status == status


def test_a_later_attempt_counts_on(delivered, endpoint, receiver, dispatch):
    age(91)
    prune()
    receiver.answer(Answering(500))
    services.redeliver(delivery_id=delivered.pk, actor="meera")
    dispatch()
    assert list(Attempt.objects.values_list("number", "status")) == [(2, 500)]


def test_it_goes_on_past_what_has_not_ended_until_all_are_done(asha, endpoint, receiver, pay, dispatch, monkeypatch):
    monkeypatch.setattr(retention, "BATCH", 2)
    receiver.answer(*[Answering(500)] * 3, Answering())
    for _ in range(7):
        pay(asha)
    dispatch()
    assert Attempt.objects.count() == 7
    age(91)
    prune()
    assert set(Attempt.objects.values_list("delivery__state", flat=True)) == {DeliveryState.DUE}
    assert Attempt.objects.count() == 3


def test_without_an_old_one_it_ends_at_once(delivered):
    assert retention.prune_attempts() is None


@pytest.mark.parametrize(
    ("past", "shown"),
    [({"past_status": 500}, (500, "")), ({"past_error": "timeout"}, (None, "No answer in time"))],
    ids=["status", "error"],
)
def test_the_api_still_says_how_the_last_attempt_went(delivered, asha, call, past, shown):
    asha.permissions = [*asha.permissions, "webhooks"]
    asha.save(update_fields=["permissions"])
    Attempt.objects.all().delete()
    Delivery.objects.update(**past)
    [delivery] = call(asha, "get", "/api/v1/deliveries").json()["deliveries"]
    assert (delivery["last_status"], delivery["last_error"], delivery["attempts"]) == (*shown, 1)
