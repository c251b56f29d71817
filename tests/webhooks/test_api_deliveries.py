"""GET /api/v1/deliveries and POST /api/v1/deliveries/{id}/redeliver."""

import pytest

from apikeys.models import ApiKey
from webhooks import services
from webhooks.models import Attempt, Delivery, DeliveryState

URL = "/api/v1/deliveries"
NOBODY = "5a2b41f4-66bc-4988-807d-813450abb746"
HOOK = "https://shop.example.in/webhook"


@pytest.fixture
def developer(asha) -> ApiKey:
    """Asha's key, which may look after its webhooks, with an endpoint."""
    ApiKey.objects.filter(pk=asha.pk).update(permissions=[*asha.permissions, "webhooks"])
    services.add_endpoint(api_key=asha, url=HOOK)
    return asha


@pytest.fixture
def five(developer, pay) -> list[Delivery]:
    """Five deliveries, newest first."""
    for _ in range(5):
        pay(developer)
        services.fan_out_events()
    return list(Delivery.objects.all())


def test_a_key_sees_what_became_of_its_webhooks(developer, pay, call):
    session = pay(developer)
    services.fan_out_events()
    delivery = Delivery.objects.get()
    Attempt.objects.create(
        delivery=delivery, number=1, trigger="auto", started_at=delivery.created_at, duration_ms=5, error="timeout"
    )
    Attempt.objects.create(
        delivery=delivery,
        number=2,
        trigger="auto",
        started_at=delivery.created_at,
        duration_ms=5,
        status=500,
        answer="internal-host-7 is down",
    )
    Delivery.objects.update(attempt_count=2)

    answer = call(developer, "get", URL)
    assert answer.status_code == 200
    assert "internal-host-7" not in answer.content.decode()
    [shown] = answer.json()["deliveries"]
    assert shown == {
        "id": str(delivery.pk),
        "event_id": str(delivery.event_id),
        "type": "payment.success",
        "session_id": session.session_id,
        "url": HOOK,
        "state": "waiting",
        "attempts": 2,
        "last_status": 500,
        "last_error": "",
        "created_at": delivery.created_at.strftime("%Y-%m-%d %H:%M:%S"),
        "created_at_iso": delivery.created_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "delivered_at": None,
        "delivered_at_iso": None,
        "next_attempt_at": delivery.next_at.strftime("%Y-%m-%d %H:%M:%S"),
        "next_attempt_at_iso": delivery.next_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }


@pytest.mark.parametrize(
    ("state", "word"), [("due", "waiting"), ("done", "delivered"), ("dead", "failed")], ids=lambda each: each
)
def test_states_are_said_in_words(developer, five, call, state, word):
    Delivery.objects.update(state=state)
    assert {each["state"] for each in call(developer, "get", URL).json()["deliveries"]} == {word}


def test_the_cursor_leads_through_all(developer, five, call):
    seen, cursor = [], None
    for more in (True, True, False):
        page = call(developer, "get", f"{URL}?limit=2" + (f"&cursor={cursor}" if cursor else "")).json()
        seen += [each["id"] for each in page["deliveries"]]
        cursor = page["next_cursor"]
        assert (page["has_more"], cursor is not None) == (more, more)
    assert seen == [str(delivery.pk) for delivery in five]


@pytest.mark.parametrize("query", ["cursor=nonsense", f"cursor={NOBODY}", "limit=0", "limit=1000", "cursor=%00"])
def test_a_bad_page_is_refused(developer, five, call, query):
    answer = call(developer, "get", f"{URL}?{query}")
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "validation_error")


def test_another_key_s_deliveries_do_not_exist(ravi, five, call):
    ApiKey.objects.filter(pk=ravi.pk).update(permissions=["webhooks"])
    assert call(ravi, "get", URL).json()["deliveries"] == []
    assert call(ravi, "get", f"{URL}?cursor={five[0].pk}").status_code == 400
    foreign = call(ravi, "post", f"{URL}/{five[0].pk}/redeliver")
    unknown = call(ravi, "post", f"{URL}/{NOBODY}/redeliver")
    assert foreign.status_code == unknown.status_code == 404
    assert foreign.json()["message"] == unknown.json()["message"]
    assert not Delivery.objects.exclude(trigger="auto").exists()


def test_it_needs_the_permission_for_webhooks(asha, call):
    assert call(asha, "get", URL).json()["error"]["code"] == "permission_denied"
    assert call(asha, "post", f"{URL}/{NOBODY}/redeliver").status_code == 403


def test_a_delivery_is_sent_again(developer, five, call):
    Delivery.objects.filter(pk=five[0].pk).update(state=DeliveryState.DEAD)
    answer = call(developer, "post", f"{URL}/{five[0].pk}/redeliver")
    assert (answer.status_code, answer.json()["delivery"]["state"]) == (200, "waiting")
    five[0].refresh_from_db()
    assert (five[0].trigger, five[0].actor, five[0].state) == ("manual", "API key Asha Traders", "due")


@pytest.mark.parametrize("bad", ["1", "nonsense", "%00", "0" * 400])
def test_what_is_no_id_is_not_found(developer, call, bad):
    assert call(developer, "post", f"{URL}/{bad}/redeliver").status_code == 404
