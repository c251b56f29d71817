import pytest

from payments.models import PaymentEvent
from payments.services import SessionDetails, cancel_session, confirm_session, create_session
from webhooks import services
from webhooks.models import Delivery, Health, WebhookEndpoint

URL = "https://shop.example.in/webhook"


@pytest.fixture
def add(db):
    def add(key, url=URL, **options):
        return services.add_endpoint(api_key=key, url=url, **options)[0]

    return add


def test_every_subscribed_endpoint_of_the_key_gets_a_delivery(asha, ravi, add, pay):
    first, second, _ = add(asha), add(asha, f"{URL}/2"), add(ravi)
    pay(asha)
    assert services.fan_out_events() == 1
    assert {each.endpoint for each in Delivery.objects.all()} == {first, second}


def test_a_type_nobody_subscribed_to_makes_no_delivery(asha, add, open_session):
    endpoint = add(asha, events=["payment.success"])
    cancel_session(session_id=open_session(asha).pk, actor="asha")
    services.fan_out_events()

    assert not Delivery.objects.exists()
    assert PaymentEvent.objects.get().fanned_out_at is not None
    services.change_endpoint(endpoint_id=endpoint.pk, events=["payment.cancelled"])
    assert services.fan_out_events() == 0
    assert not Delivery.objects.exists()


def test_cancellations_are_told_only_on_request(asha, add, open_session):
    add(asha)
    asked = add(asha, f"{URL}/2", events=["payment.cancelled", "payment.success"])
    cancel_session(session_id=open_session(asha).pk, actor="asha")
    services.fan_out_events()
    assert Delivery.objects.get().endpoint == asked


@pytest.mark.parametrize(
    "state", [{"paused": True}, {"health": Health.DEGRADED}, {"health": Health.DISABLED}], ids=lambda state: str(state)
)
def test_an_endpoint_that_gets_nothing_now_still_gets_its_delivery_written(asha, add, pay, state):
    WebhookEndpoint.objects.filter(pk=add(asha).pk).update(**state)
    pay(asha)
    services.fan_out_events()
    assert Delivery.objects.count() == 1


def test_a_removed_endpoint_gets_no_delivery_and_another_of_the_key_does(asha, add, pay):
    removed, other = add(asha), add(asha, f"{URL}/2")
    services.remove_endpoint(endpoint_id=removed.pk)
    pay(asha)
    services.fan_out_events()
    assert Delivery.objects.get().endpoint == other


def test_a_session_made_by_staff_is_numbered_and_told_to_nobody(asha, add, account):
    add(asha)
    session = create_session(api_key=None, requested_paise=100_00, details=SessionDetails()).session
    confirm_session(session_id=session.pk, credited_at=session.created_at, utr="103100084802")
    assert services.fan_out_events() == 1

    event = PaymentEvent.objects.get()
    assert (event.feed_position, event.fanned_out_at is None) == (1, False)
    assert not Delivery.objects.exists()


def test_events_are_numbered_in_order_and_each_once(asha, pay, monkeypatch):
    monkeypatch.setattr(services, "BATCH", 2)
    sessions = [pay(asha) for _ in range(5)]
    assert [services.fan_out_events() for _ in range(4)] == [2, 2, 1, 0]
    numbered = PaymentEvent.objects.order_by("feed_position")
    assert [event.session_id for event in numbered] == [session.pk for session in sessions]
    assert [event.feed_position for event in numbered] == [1, 2, 3, 4, 5]


def test_an_event_that_appears_late_gets_a_later_number(asha, pay):
    early, late = pay(asha), pay(asha)
    PaymentEvent.objects.filter(session=early).update(fanned_out_at=None)
    # The transaction of the older event has not committed yet: nobody sees it.
    hidden = PaymentEvent.objects.get(session=early)
    PaymentEvent.objects.filter(pk=hidden.pk).delete()
    services.fan_out_events()
    hidden.save(force_insert=True)
    services.fan_out_events()

    assert PaymentEvent.objects.get(session=late).feed_position == 1
    assert PaymentEvent.objects.get(session=early).feed_position == 2


def test_a_run_that_is_repeated_makes_nothing_twice(asha, add, pay):
    add(asha)
    pay(asha)
    services.fan_out_events()
    assert services.fan_out_events() == 0
    assert Delivery.objects.count() == 1


def test_nothing_is_half_done_when_it_fails(asha, add, pay, monkeypatch):
    add(asha)
    pay(asha)
    monkeypatch.setattr(services, "_number", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        services.fan_out_events()
    assert not Delivery.objects.exists()
    assert PaymentEvent.objects.waiting().count() == 1
