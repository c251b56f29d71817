from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from payments.models import Notice
from payments.tasks import mail_notices
from tests.postbox import postbox
from tests.receivers import Answering
from webhooks import schedule, services
from webhooks.models import Attempt, Delivery, DeliveryState, Health, WebhookEndpoint

__all__ = ["postbox"]

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
    assert services.enable_endpoint(endpoint_id=endpoint.pk) == 0
    dispatch()
    endpoint.refresh_from_db()
    assert (endpoint.health, endpoint.disabled_reason, endpoint.failing_since) == (Health.HEALTHY, "", None)
    assert len(receiver.requests) == 3
    assert Attempt.objects.count() == 3


def test_enabling_sends_what_is_inside_its_window_and_gives_up_the_rest(asha, endpoint, receiver, pay, dispatch):
    failing(health=Health.DISABLED)
    for _ in range(3):
        pay(asha)
    services.fan_out_events()
    older, younger, repeated = Delivery.objects.order_by("created_at")
    now = timezone.now()
    Delivery.objects.filter(pk=older.pk).update(created_at=now - schedule.WINDOW, attempt_count=4)
    Delivery.objects.filter(pk=younger.pk).update(created_at=now - schedule.WINDOW + timedelta(minutes=1))
    # Asked for again after it had ended: its age says nothing.
    Delivery.objects.filter(pk=repeated.pk).update(created_at=now - timedelta(days=30), closed_at=now)

    assert services.enable_endpoint(endpoint_id=endpoint.pk) == 1
    dispatch()

    older.refresh_from_db()
    assert (older.state, older.closed_because, older.attempt_count) == (DeliveryState.DEAD, "too_old", 4)
    assert older.closed_at >= now
    assert Delivery.objects.filter(state=DeliveryState.DONE).count() == len(receiver.requests) == 2


def test_enabling_sends_what_a_410_ended_and_its_retries_go_on(asha, endpoint, receiver, pay, dispatch):
    receiver.answer(Answering(410))
    pay(asha)
    dispatch()
    services.send_test(endpoint_id=endpoint.pk, actor="meera")
    dispatch()

    services.enable_endpoint(endpoint_id=endpoint.pk)
    receiver.answer(Answering(500), Answering(200))
    dispatch()

    delivery = Delivery.objects.get(event__isnull=False)
    assert (delivery.state, delivery.attempt_count, delivery.closed_at) == (DeliveryState.DUE, 2, None)
    with after(timedelta(minutes=1)):
        dispatch()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.closed_because) == (DeliveryState.DONE, "")
    # The test was tried once, and nothing else was sent with it.
    assert len(receiver.requests) == 4


def test_what_a_410_ended_long_ago_is_left_to_staff(asha, endpoint, receiver, pay, dispatch):
    receiver.answer(Answering(410))
    pay(asha)
    dispatch()
    Delivery.objects.update(created_at=timezone.now() - schedule.WINDOW)

    services.enable_endpoint(endpoint_id=endpoint.pk)
    dispatch()

    assert Delivery.objects.get().state == DeliveryState.DEAD
    assert len(receiver.requests) == 1


def test_another_url_gives_up_what_is_too_old_as_well(asha, endpoint, pay):
    failing(health=Health.DISABLED)
    pay(asha)
    services.fan_out_events()
    Delivery.objects.update(created_at=timezone.now() - schedule.WINDOW)
    services.change_endpoint(endpoint_id=endpoint.pk, url="https://shop.example.in/new")
    assert Delivery.objects.get().closed_because == "too_old"


def test_a_pause_and_a_degraded_endpoint_give_up_nothing(asha, endpoint, receiver, pay, dispatch):
    failing(paused=True, health=Health.DEGRADED)
    pay(asha)
    services.fan_out_events()
    Delivery.objects.update(created_at=timezone.now() - timedelta(days=30))
    services.enable_endpoint(endpoint_id=endpoint.pk)
    services.resume_endpoint(endpoint_id=endpoint.pk)
    dispatch()
    assert Delivery.objects.get().state == DeliveryState.DONE


@pytest.fixture
def disabled(asha, endpoint, receiver, pay, dispatch):
    failing(failing_since=timezone.now() - timedelta(days=5), health=Health.DEGRADED)
    receiver.answer(Answering(500))
    pay(asha)
    dispatch()
    return endpoint


def test_staff_are_told_once_which_endpoint_is_disabled_and_what_to_do(asha, disabled, pay, dispatch):
    services.redeliver(delivery_id=Delivery.objects.get().pk, actor="meera")
    dispatch()

    notice = Notice.objects.get()
    assert (notice.kind, notice.resolved_at) == ("webhook_disabled", None)
    assert notice.subject == f"Webhook of Asha Traders disabled: {disabled.url}"
    since = timezone.now() - timedelta(days=5)
    assert f"Nothing but failures for 5 days. It has failed since {since:%Y-%m-%d}" in notice.text
    assert f"enable the webhook again: what is younger than {schedule.WINDOW_IN_WORDS} is sent" in notice.text


def test_five_days_of_failures_end_in_one_letter_to_staff(
    asha, endpoint, receiver, pay, dispatch, time_machine, postbox, settings
):
    settings.STAFF_EMAILS = ["meera@shop.example.in", "omar@shop.example.in"]
    settings.BASE_URL = "https://pay.example.in"
    time_machine.move_to(timezone.now(), tick=True)
    receiver.answer(Answering(500))

    def fail_for(days: int) -> None:
        for _ in range(2 * days):
            pay(asha)
            dispatch()
            mail_notices()
            time_machine.shift(timedelta(hours=12))

    fail_for(days=5)
    assert postbox.letters == []
    fail_for(days=4)

    (letter,) = postbox.letters
    assert postbox.recipients == [["meera@shop.example.in", "omar@shop.example.in"]]
    assert letter["Subject"] == f"PayGate: Webhook of Asha Traders disabled: {endpoint.url}"
    text = " ".join(letter.get_content().split())
    assert text.startswith("Nothing but failures for 5 days. It has failed since ")
    assert f"Nothing is sent to {endpoint.url} by itself any more; new events of Asha Traders wait." in text
    assert "Ask the shop to repair its end, send it a test, and enable the webhook again" in text
    assert text.endswith("https://pay.example.in/admin/")


def test_a_410_is_told_too(asha, endpoint, receiver, pay, dispatch):
    receiver.answer(Answering(410))
    pay(asha)
    dispatch()
    assert Notice.objects.get().text.startswith("The endpoint answered 410 Gone. Nothing is sent to")


def test_a_degraded_endpoint_is_no_news(asha, endpoint, receiver, pay, dispatch):
    failing()
    receiver.answer(Answering(500))
    pay(asha)
    dispatch()
    endpoint.refresh_from_db()
    assert endpoint.health == Health.DEGRADED
    assert not Notice.objects.exists()


@pytest.mark.parametrize(
    "repair",
    [
        lambda pk: services.enable_endpoint(endpoint_id=pk),
        lambda pk: services.change_endpoint(endpoint_id=pk, url="https://shop.example.in/new"),
        lambda pk: services.remove_endpoint(endpoint_id=pk),
    ],
    ids=["enable", "another url", "remove"],
)
def test_the_notice_ends_with_its_cause(disabled, repair):
    repair(disabled.pk)
    assert Notice.objects.get().resolved_at is not None


def test_the_health_of_a_removed_endpoint_is_of_no_interest(asha, endpoint, receiver, pay, dispatch):
    receiver.answer(Answering(410))
    receiver.on_request = lambda: services.remove_endpoint(endpoint_id=endpoint.pk)
    pay(asha)
    dispatch()
    assert not Notice.objects.exists()


def test_a_test_that_arrives_does_not_enable_a_disabled_endpoint(endpoint, receiver, dispatch):
    failing(health=Health.DISABLED, disabled_reason="The endpoint answered 410 Gone.")
    services.send_test(endpoint_id=endpoint.pk, actor="meera")
    dispatch()
    endpoint.refresh_from_db()
    assert (endpoint.health, endpoint.failing_since) == (Health.DISABLED, None)
