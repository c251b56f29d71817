"""The events feed while transactions commit late: whoever polls it sees every event once."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import transaction
from rest_framework.test import APIClient

from apikeys.services import issue_key
from payments import services
from payments.models import PaymentEvent, UpiAccount
from tests.races.conftest import PATIENCE, in_own_connection
from webhooks.services import fan_out_events

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def key(transactional_db):
    UpiAccount.objects.create(upi_id="asha@oksbi", payee_name="ASHA")
    key, key.text = issue_key(label="Asha Traders")
    return key


def open_session(key):
    return services.create_session(api_key=key, requested_paise=100_00, details=services.SessionDetails()).session


def cancel(session):
    services.cancel_session(session_id=session.pk, actor="asha")


def poll(key, cursor):
    path = f"/api/v1/events?cursor={cursor}"
    body = APIClient().get(path, headers={"X-API-Key": key.text}).json()
    return [event["session_id"] for event in body["events"]], body["next_cursor"]


def while_one_commits_late(key, early, late, between):
    """Cancel `early` without committing, cancel `late` and commit it, run `between`, then let `early` commit."""
    written, go = threading.Event(), threading.Event()

    def hold_open():
        with transaction.atomic():
            cancel(early)
            written.set()
            assert go.wait(PATIENCE)

    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(in_own_connection, hold_open)
        assert written.wait(PATIENCE)
        cancel(late)
        between()
        go.set()
        waiting.result()


def test_a_cursor_by_time_skips_the_event_that_commits_late(key):
    early, late = open_session(key), open_session(key)
    seen = []

    while_one_commits_late(key, early, late, lambda: seen.extend(PaymentEvent.objects.values_list("occurred_at")))
    (last_seen,) = seen[-1]

    assert PaymentEvent.objects.count() == 2
    assert not PaymentEvent.objects.filter(occurred_at__gt=last_seen).exists()


def test_the_feed_gives_it_later_and_once(key):
    early, late = open_session(key), open_session(key)
    pages = []

    def fan_out_and_poll():
        fan_out_events()
        pages.append(poll(key, "0"))

    while_one_commits_late(key, early, late, fan_out_and_poll)
    fan_out_events()
    (first, cursor) = pages[0]
    second, cursor = poll(key, cursor)

    assert (first, second) == ([late.session_id], [early.session_id])
    assert poll(key, cursor)[0] == []
