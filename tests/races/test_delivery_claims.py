"""Two dispatchers at the same time."""

import uuid
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from apikeys.services import issue_key
from payments import services as payments
from payments.models import PaymentEvent, UpiAccount
from tests.receivers import Answering, receiver, start_receiver
from webhooks import claims, outcomes, services
from webhooks.claims import Room
from webhooks.client import Answer
from webhooks.models import Attempt, Delivery, DeliveryState
from webhooks.outcomes import Result

__all__ = ["receiver", "start_receiver"]

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def asha(transactional_db):
    UpiAccount.objects.create(upi_id="asha@oksbi", payee_name="ASHA")
    return issue_key(label="Asha Traders")[0]


def record_events(key, count: int) -> None:
    for number in range(count):
        created = payments.create_session(
            api_key=key, requested_paise=(100 + number) * 100, details=payments.SessionDetails()
        )
        assert payments.confirm_session(session_id=created.session.pk, credited_at=created.session.created_at)


def waiting_deliveries(key, url: str, count: int) -> None:
    services.add_endpoint(api_key=key, url=url)
    record_events(key, count)
    while services.fan_out_events():
        pass
    assert Delivery.objects.filter(state=DeliveryState.DUE).count() == count


def everything() -> list[uuid.UUID]:
    claims.take_back_abandoned()
    jobs = claims.claim_jobs(Room(free=1000, free_for_retries=1000, usual_share=1000))
    return [job.delivery_id for job in jobs]


def naive_claim() -> list[uuid.UUID]:
    """Look, then write: what `claim_jobs` must not be."""
    with transaction.atomic():
        ids = list(Delivery.objects.due(timezone.now()).values_list("pk", flat=True))
        Delivery.objects.filter(pk__in=ids).update(
            state=DeliveryState.LEASED, lease_token=uuid.uuid4(), lease_until=timezone.now() + claims.LEASE
        )
        return ids


def test_a_naive_claim_gives_one_delivery_to_both(asha, overlap):
    waiting_deliveries(asha, "https://shop.example.in/", 20)
    first, second = overlap(naive_claim, naive_claim)
    assert len(first) == len(second) == 20
    assert set(first) == set(second)


def test_a_claim_gives_each_delivery_to_one(asha, overlap):
    waiting_deliveries(asha, "https://shop.example.in/", 20)
    first, second = overlap(everything, everything)
    assert (len(first), len(second)) == (20, 0)


def test_claims_at_the_same_moment_share_out_everything_once(asha, together):
    waiting_deliveries(asha, "https://shop.example.in/", 60)
    taken = together([lambda: claims.claim_jobs(Room(free=7, free_for_retries=7, usual_share=7))] * 6)
    ids = [job.delivery_id for jobs in taken for job in jobs]
    assert len(ids) == len(set(ids))
    assert Delivery.objects.filter(state=DeliveryState.LEASED).count() == len(ids)
    assert len(ids) >= 7


def test_two_dispatchers_send_everything_once(asha, receiver, together):
    receiver.answer(Answering(after=0.01))
    waiting_deliveries(asha, receiver.url, 90)
    together([services.deliver_due] * 2)

    assert Delivery.objects.filter(state=DeliveryState.DONE).count() == 90
    ids = [request.headers["webhook-id"] for request in receiver.requests]
    assert len(ids) == len(set(ids)) == 90
    assert Attempt.objects.count() == 90


def answered(job: claims.Job, status: int) -> Result:
    return Result(job, timezone.now(), Answer(status=status))


def test_a_result_is_recorded_once_however_often_it_comes(asha, together):
    waiting_deliveries(asha, "https://shop.example.in/", 1)
    [job] = claims.claim_jobs(Room(free=1, free_for_retries=1, usual_share=1))
    assert together([lambda: outcomes.record([answered(job, 200)])] * 4) == [None] * 4
    assert Attempt.objects.count() == 1
    assert Delivery.objects.get().attempt_count == 1


def test_who_took_over_an_abandoned_delivery_keeps_it(asha, overlap):
    waiting_deliveries(asha, "https://shop.example.in/", 1)
    [late] = claims.claim_jobs(Room(free=1, free_for_retries=1, usual_share=1))
    Delivery.objects.update(lease_until=timezone.now() - timedelta(seconds=1))

    taken, _ = overlap(everything, lambda: outcomes.record([answered(late, 200)]))
    assert taken == [late.delivery_id]
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.attempt_count) == (DeliveryState.LEASED, 0)
    assert delivery.lease_token != late.lease_token


def test_one_of_many_takes_back_what_was_abandoned(asha, together):
    waiting_deliveries(asha, "https://shop.example.in/", 30)
    assert len(everything()) == 30
    Delivery.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    taken = together([everything] * 4)
    ids = [delivery_id for each in taken for delivery_id in each]
    assert len(ids) == len(set(ids)) == 30


def naive_fan_out() -> None:
    with transaction.atomic():
        events = list(PaymentEvent.objects.waiting())
        last = PaymentEvent.objects.exclude(feed_position=None).count()
        for position, event in enumerate(events, last + 1):
            Delivery.objects.create(event=event, endpoint=event.api_key.endpoints.get())
            PaymentEvent.objects.filter(pk=event.pk).update(feed_position=position, fanned_out_at=timezone.now())


def test_naive_fan_outs_get_into_each_other_s_way(asha, overlap):
    services.add_endpoint(api_key=asha, url="https://shop.example.in/")
    record_events(asha, 3)
    with pytest.raises(Exception, match=r"event_once_per_endpoint|feed_position"):
        overlap(naive_fan_out, naive_fan_out)


def test_fan_outs_at_the_same_moment_number_each_event_once(asha, together, monkeypatch):
    monkeypatch.setattr(services, "BATCH", 7)
    services.add_endpoint(api_key=asha, url="https://shop.example.in/")
    record_events(asha, 40)
    counts = together([services.fan_out_events] * 8)

    assert sum(counts) == 40
    assert sorted(PaymentEvent.objects.values_list("feed_position", flat=True)) == list(range(1, 41))
    assert Delivery.objects.count() == 40
