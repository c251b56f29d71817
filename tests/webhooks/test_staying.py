"""A dispatcher that waits for the next payment, and the bell that wakes it."""

import threading
from collections.abc import Callable

import pytest
from django.db import connection

from payments import bell
from tests.paygate.processes import eventually
from webhooks import dispatcher, services
from webhooks.models import Delivery, DeliveryState, DispatcherSlot

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def stay(monkeypatch):
    """Start a dispatcher that stays, looks for nothing by itself, and ends with the test."""
    monkeypatch.setattr(dispatcher, "LOOK_SECONDS", 60)
    over = threading.Event()
    threads: list[threading.Thread] = []

    def deliver() -> None:
        services.deliver_due(stopping=over.is_set, staying=60)
        connection.close()

    def start() -> None:
        threads.append(threading.Thread(target=deliver))
        threads[-1].start()
        eventually(lambda: dispatcher._here is not None)

    yield start
    over.set()
    dispatcher.wake()
    for thread in threads:
        thread.join(30)
        assert not thread.is_alive()
    assert not dispatcher.wake()


def all_done(count: int) -> Callable[[], bool]:
    return lambda: Delivery.objects.filter(state=DeliveryState.DONE).count() == count


def test_a_bell_wakes_the_dispatcher_that_stays(asha, endpoint, receiver, pay, stay):
    pay(asha)
    services.fan_out_events()
    stay()
    eventually(all_done(1))
    token = DispatcherSlot.objects.exclude(token=None).get().token

    pay(asha)
    services.deliver_due(staying=60)
    eventually(all_done(2))
    assert len(receiver.requests) == 2
    assert DispatcherSlot.objects.exclude(token=None).get().token == token


def test_a_payment_confirmed_in_the_same_process_wakes_it_without_the_broker(
    asha, endpoint, receiver, pay, stay, monkeypatch
):
    pay(asha)
    services.fan_out_events()
    stay()
    eventually(all_done(1))
    rung: list[object] = []
    monkeypatch.setattr(bell, "ring", rung.append)

    pay(asha)

    eventually(all_done(2))
    assert rung == []


def test_without_a_dispatcher_there_is_none_to_wake(asha, endpoint, receiver, pay):
    assert not dispatcher.wake()
    pay(asha)
    services.fan_out_events()
    services.deliver_due(staying=0.01)
    assert len(receiver.requests) == 1
    assert not dispatcher.wake()
