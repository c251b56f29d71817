"""The clock is set ahead or back while webhooks are sent."""

import uuid
from datetime import timedelta

import pytest
from django.db.models import F
from django.utils import timezone

from payments import heartbeat
from payments.models import Heartbeat
from tests.receivers import Answering
from webhooks import slots, under_way
from webhooks.models import Attempt, Delivery, DeliveryState, DispatcherSlot

pytestmark = pytest.mark.django_db(transaction=True)

HOURS = timedelta(hours=6)


def shift(time_machine, jump: timedelta) -> None:
    """Set the clock of this host and of the database, which leases go by: what is leased ends so much sooner."""
    time_machine.shift(jump)
    Delivery.objects.filter(state=DeliveryState.LEASED).update(lease_until=F("lease_until") - jump)


@pytest.mark.parametrize("jump", [HOURS, -HOURS], ids=["ahead", "back"])
def test_a_jump_during_an_attempt_sends_nothing_twice(asha, endpoint, receiver, pay, dispatch, time_machine, jump):
    time_machine.move_to(timezone.now(), tick=True)
    receiver.answer(Answering(after=0.5))
    for _ in range(3):
        pay(asha)
    receiver.on_request = lambda: shift(time_machine, jump)
    dispatch()
    dispatch()

    assert len(receiver.requests) == 3
    assert Delivery.objects.filter(state=DeliveryState.DONE, attempt_count=1).count() == 3
    assert Attempt.objects.count() == 3


@pytest.mark.parametrize("jump", [HOURS, -HOURS], ids=["ahead", "back"])
def test_a_jump_between_the_attempts_loses_nothing(asha, endpoint, receiver, pay, dispatch, time_machine, jump):
    time_machine.move_to(timezone.now(), tick=True)
    receiver.answer(Answering(500), Answering())
    pay(asha)
    dispatch()
    time_machine.shift(jump)
    pay(asha)
    dispatch()
    time_machine.shift(HOURS + timedelta(minutes=1))
    dispatch()
    assert Delivery.objects.filter(state=DeliveryState.DONE).count() == 2
    assert len(receiver.requests) == 3


def test_a_second_dispatcher_of_the_process_takes_nothing_from_the_first(
    asha, endpoint, receiver, pay, dispatch, time_machine
):
    time_machine.move_to(timezone.now(), tick=True)
    receiver.answer(Answering(after=1))
    pay(asha)

    def ahead_and_again() -> None:
        shift(time_machine, HOURS)
        dispatch()

    receiver.on_request = ahead_and_again
    dispatch()
    assert len(receiver.requests) == 1
    assert Delivery.objects.get().state == DeliveryState.DONE
    assert under_way.ids() == []


def test_a_slot_taken_by_a_clock_that_was_ahead_is_free():
    """Its holder was killed; else it would have renewed it by the clock as it is now."""
    ahead = timezone.now() + HOURS
    for number in range(2):
        DispatcherSlot.objects.create(number=number, token=uuid.uuid4(), held_until=ahead)
    assert slots.take() is not None


def test_a_slot_that_was_just_taken_is_not_free():
    taken = [slots.take() for _ in range(2)]
    assert taken[0] is not None
    assert slots.take() is None


def test_signs_of_life_go_on_after_a_clock_was_set_back(time_machine):
    time_machine.move_to(timezone.now() + HOURS, tick=False)
    heartbeat.beat("webhooks.tasks.dispatch")
    time_machine.shift(-HOURS)
    heartbeat.beat("webhooks.tasks.dispatch")
    assert Heartbeat.objects.get().beat_at == timezone.now()
