"""A hundred thousand events that waited, as after a long outage, reach their merchants: each once, none forgotten."""

import subprocess
import sys
import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from apikeys.services import issue_key
from payments.models import EventType, PaymentEvent, PaymentSession, Status, UpiAccount, new_session_id
from webhooks import bulk, services, tasks
from webhooks.models import Attempt, Delivery, DeliveryState

pytestmark = pytest.mark.django_db(transaction=True)

EVENTS = 100_000
ENDPOINTS = 20
# Dispatchers end by themselves after a while; far more turns than a slow machine needs.
TURNS = 200


@pytest.fixture
def sink() -> Iterator[subprocess.Popen]:
    program = Path(__file__).with_name("sink.py")
    process = subprocess.Popen([sys.executable, str(program)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    yield process
    process.kill()
    process.communicate()


def queue(url: str) -> None:
    """Write down events of as many sessions, of keys with a webhook each, nobody has announced yet."""
    account = UpiAccount.objects.create(upi_id="asha@okhdfcbank", payee_name="ASHA")
    keys = [issue_key(label=f"Shop {number}")[0] for number in range(ENDPOINTS)]
    for key in keys:
        services.add_endpoint(api_key=key, url=f"{url}?{key.pk}")
    now = timezone.now()
    sessions = (
        (new_session_id(), keys[n % ENDPOINTS].pk, account.pk, 10000, 9901, Status.EXPIRED, False, now, now, now)
        for n in range(EVENTS)
    )
    bulk.insert(
        PaymentSession,
        ("session_id", "api_key", "upi_account", "requested_paise", "payable_paise", "status", "holds_amount")
        + ("hold_until", "created_at", "expires_at"),
        sessions,
    )
    rows = PaymentSession.objects.values_list("pk", "api_key").iterator()
    events = (
        (uuid.uuid4(), pk, key, EventType.EXPIRED, 1, now - timedelta(hours=1), '{"event":"payment.expired"}')
        for pk, key in rows
    )
    bulk.insert(PaymentEvent, ("id", "session", "api_key", "type", "sequence", "occurred_at", "body"), list(events))


def test_a_hundred_thousand_waiting_events_are_all_delivered_once(sink):
    port = int(sink.stdout.readline())
    queue(f"http://127.0.0.1:{port}/webhook")
    assert PaymentEvent.objects.waiting().count() == EVENTS

    for _ in range(TURNS):
        tasks.dispatch()
        if not PaymentEvent.objects.waiting().exists() and not Delivery.objects.waiting().exists():
            break

    requests, different = map(int, sink.communicate("stop\n")[0].split())
    assert (requests, different) == (EVENTS, EVENTS)
    assert Delivery.objects.filter(state=DeliveryState.DONE).count() == EVENTS
    assert Attempt.objects.filter(status=200, number=1).count() == EVENTS
