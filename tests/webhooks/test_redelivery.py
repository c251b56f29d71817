"""Sending many again: a selection, or all that failed since a moment."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError
from django.utils import timezone

from tests.receivers import Answering
from webhooks import redelivery, services
from webhooks.models import Attempt, Delivery, DeliveryState, Health, Redelivery, WebhookEndpoint
from webhooks.tasks import redeliver

pytestmark = pytest.mark.django_db(transaction=True)
BY_MEERA = {"actor": "meera", "reason": "The shop was down"}


@pytest.fixture
def yesterday():
    return timezone.now() - timedelta(days=1)


@pytest.fixture
def failed(asha, pay):
    """Make deliveries to a key's endpoints that have failed for good just now."""

    def failed(number: int, key=asha) -> list[Delivery]:
        before = set(Delivery.objects.values_list("pk", flat=True))
        for _ in range(number):
            pay(key)
        services.fan_out_events()
        made = Delivery.objects.exclude(pk__in=before)
        now = timezone.now()
        for place, delivery in enumerate(made.order_by("created_at", "event__occurred_at")):
            at = now + timedelta(milliseconds=place - number)
            Delivery.objects.filter(pk=delivery.pk).update(state="dead", attempt_count=12, closed_at=at)
        return list(Delivery.objects.exclude(pk__in=before).order_by("closed_at"))

    return failed


def test_all_that_failed_since_a_moment_are_sent_again(asha, ravi, endpoint, receiver, failed, dispatch, yesterday):
    services.add_endpoint(api_key=ravi, url=receiver.url)
    old, *_ = [*failed(3), *failed(1, ravi)]
    Delivery.objects.filter(pk=old.pk).update(closed_at=yesterday - timedelta(seconds=1))

    job = redelivery.redeliver_failed(since=yesterday, **BY_MEERA)
    assert (job.asked, job.done, job.finished_at) == (3, 0, None)
    redeliver()
    dispatch()

    job.refresh_from_db()
    assert (job.done, job.finished_at is not None) == (3, True)
    assert set(job.deliveries.values_list("state", flat=True)) == {DeliveryState.DONE}
    assert len(receiver.requests) == 3
    old.refresh_from_db()
    assert (old.state, old.redelivery) == (DeliveryState.DEAD, None)
    assert set(Attempt.objects.values_list("number", "actor")) == {(13, "meera")}


def test_those_of_one_endpoint_alone(asha, ravi, endpoint, receiver, failed, yesterday):
    other, _ = services.add_endpoint(api_key=ravi, url=receiver.url)
    failed(2)
    failed(1, ravi)
    job = redelivery.redeliver_failed(since=yesterday, endpoint_id=endpoint.pk, **BY_MEERA)
    redeliver()
    assert job.asked == job.deliveries.count() == 2
    assert other.deliveries.get().state == DeliveryState.DEAD


def test_one_that_fails_again_is_tried_once(asha, endpoint, receiver, failed, dispatch, yesterday):
    receiver.answer(Answering(500))
    failed(1)
    redelivery.redeliver_failed(since=yesterday, **BY_MEERA)
    redeliver()
    dispatch()
    redeliver()
    dispatch()
    assert len(receiver.requests) == 1
    assert Delivery.objects.get().state == DeliveryState.DEAD


def test_it_waits_for_a_paused_endpoint_and_is_not_too_old_when_it_comes_back(
    asha, endpoint, receiver, failed, dispatch, yesterday
):
    failed(1)
    Delivery.objects.update(created_at=timezone.now() - timedelta(days=30))
    WebhookEndpoint.objects.update(paused=True, health=Health.DISABLED)
    redelivery.redeliver_failed(since=yesterday, **BY_MEERA)
    redeliver()
    dispatch()
    assert receiver.requests == []

    services.resume_endpoint(endpoint_id=endpoint.pk)
    services.enable_endpoint(endpoint_id=endpoint.pk)
    dispatch()
    assert Delivery.objects.get().state == DeliveryState.DONE


def test_it_goes_on_where_a_batch_failed(asha, endpoint, failed, yesterday, monkeypatch):
    monkeypatch.setattr(redelivery, "BATCH", 2)
    first, second, *others = failed(5)
    job = redelivery.redeliver_failed(since=yesterday, **BY_MEERA)
    assert redelivery.continue_redelivery()

    def die(*_: object, **__: object) -> None:
        raise DatabaseError("gone")

    with monkeypatch.context() as broken:
        broken.setattr(Redelivery, "save", die)
        with pytest.raises(DatabaseError):
            redelivery.continue_redelivery()
    job.refresh_from_db()
    assert (job.done, job.finished_at) == (2, None)
    assert set(job.deliveries.all()) == {first, second}

    # The first two have failed anew meanwhile; they are not asked for a second time.
    job.deliveries.update(state="dead")
    redeliver()
    job.refresh_from_db()
    assert (job.done, job.finished_at is not None) == (5, True)
    assert set(Delivery.objects.filter(state="due")) == set(others)


def test_failures_of_one_moment_are_all_asked_for(asha, endpoint, failed, yesterday, monkeypatch):
    monkeypatch.setattr(redelivery, "BATCH", 2)
    failed(5)
    Delivery.objects.update(closed_at=timezone.now())
    redelivery.redeliver_failed(since=yesterday, **BY_MEERA)
    redeliver()
    assert Delivery.objects.filter(state="due").count() == 5


def test_no_more_than_the_most_are_asked_for(asha, endpoint, failed, yesterday, monkeypatch):
    monkeypatch.setattr(redelivery, "BATCH", 2)
    monkeypatch.setattr(redelivery, "AT_MOST", 3)
    deliveries = failed(5)
    job = redelivery.redeliver_failed(since=yesterday, **BY_MEERA)
    redeliver()
    job.refresh_from_db()
    assert (job.asked, job.done, job.finished_at is not None) == (3, 3, True)
    assert set(job.deliveries.all()) == set(deliveries[:3])


def test_what_fails_after_it_was_asked_for_is_left_alone(asha, endpoint, failed, yesterday):
    failed(1)
    job = redelivery.redeliver_failed(since=yesterday, **BY_MEERA)
    failed(1)
    Delivery.objects.exclude(closed_at__lt=job.until).update(closed_at=timezone.now())
    redeliver()
    assert Delivery.objects.filter(state="due").count() == 1


def test_tests_and_removed_endpoints_are_left_out(asha, ravi, endpoint, receiver, failed, yesterday):
    other, _ = services.add_endpoint(api_key=ravi, url=receiver.url)
    failed(1)
    services.send_test(endpoint_id=other.pk, actor="meera")
    Delivery.objects.update(state="dead", closed_at=timezone.now())
    services.remove_endpoint(endpoint_id=endpoint.pk)

    with pytest.raises(ValidationError, match="Nothing has failed for good since then"):
        redelivery.redeliver_failed(since=yesterday, **BY_MEERA)
    assert not Redelivery.objects.exists()


def test_two_jobs_are_done_one_after_the_other(asha, endpoint, failed, yesterday):
    failed(2)
    one = redelivery.redeliver_failed(since=yesterday, **BY_MEERA)
    two = redelivery.redeliver_failed(since=yesterday, **BY_MEERA)
    redeliver()
    for job in (one, two):
        job.refresh_from_db()
    assert (one.done, two.done) == (2, 0)
    assert two.finished_at is not None


def test_a_selection_is_sent_at_once_whatever_the_endpoint_s_state(asha, endpoint, receiver, failed, dispatch):
    one, two, three = failed(3)
    WebhookEndpoint.objects.update(paused=True)
    job = redelivery.redeliver_selection(delivery_ids=[one.pk, three.pk], **BY_MEERA)
    dispatch()

    assert (job.asked, job.done, job.since, job.finished_at is not None) == (2, 2, None, True)
    assert set(job.deliveries.values_list("pk", "state")) == {(one.pk, "done"), (three.pk, "done")}
    two.refresh_from_db()
    assert two.state == DeliveryState.DEAD


def test_a_selection_of_nothing_that_can_be_sent_is_refused(asha, endpoint, failed):
    failed(2)
    services.remove_endpoint(endpoint_id=endpoint.pk)
    with pytest.raises(ValidationError, match="None of these can be sent"):
        redelivery.redeliver_selection(delivery_ids=[each.pk for each in Delivery.objects.all()], **BY_MEERA)
    assert not Redelivery.objects.exists()
