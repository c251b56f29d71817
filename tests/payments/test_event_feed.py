"""GET /api/v1/events."""

import pytest

from payments import services
from payments.models import PaymentEvent

URL = "/api/v1/events"


@pytest.fixture
def five_events(open_session):
    """Five cancelled payments whose events have their positions."""
    events = []
    for position in range(1, 6):
        session = open_session()
        services.cancel_session(session_id=session.pk, actor="asha")
        PaymentEvent.objects.filter(session=session).update(feed_position=position)
        events.append(session.events.get())
    return events


def test_the_feed_is_oldest_first_with_the_exact_bodies(asha, five_events, call):
    body = call(asha, "get", f"{URL}?limit=2").json()

    event = five_events[0]
    assert body["events"][0] == {
        "id": str(event.id),
        "type": "payment.cancelled",
        "session_id": event.session.session_id,
        "occurred_at": event.occurred_at.strftime("%Y-%m-%d %H:%M:%S"),
        "occurred_at_iso": event.occurred_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "body": event.body,
    }
    assert (len(body["events"]), body["next_cursor"], body["has_more"]) == (2, "2", True)


def test_the_cursor_leads_through_all_and_stays_usable_at_the_end(asha, five_events, call):
    seen, cursor = [], "0"
    for _ in range(4):
        body = call(asha, "get", f"{URL}?limit=2&cursor={cursor}").json()
        seen += [event["id"] for event in body["events"]]
        cursor = body["next_cursor"]

    assert seen == [str(event.id) for event in five_events]
    assert (cursor, body["events"], body["has_more"]) == ("5", [], False)


def test_a_listener_can_begin_at_the_end(asha, five_events, call):
    body = call(asha, "get", f"{URL}?cursor=latest").json()

    assert (body["events"], body["next_cursor"]) == ([], "5")


def test_an_event_without_a_position_waits(asha, five_events, call, open_session):
    services.cancel_session(session_id=open_session().pk, actor="asha")

    assert len(call(asha, "get", URL).json()["events"]) == 5


def test_a_shop_sees_its_own_events_only(ravi, five_events, call):
    assert call(ravi, "get", URL).json()["events"] == []


@pytest.mark.parametrize("query", ["cursor=", "cursor=x", "cursor=-1", "cursor=1e3", "cursor=" + "9" * 19, "limit=0"])
def test_a_bad_cursor_is_refused(asha, call, query):
    assert call(asha, "get", f"{URL}?{query}").status_code == 400


def test_a_page_is_two_queries(asha, five_events, call, django_assert_num_queries):
    with django_assert_num_queries(2):
        call(asha, "get", URL)
