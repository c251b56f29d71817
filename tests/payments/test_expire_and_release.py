"""The sweep: overdue sessions expire with their event, amounts whose hold is over are free again."""

from datetime import timedelta

from django.utils import timezone

from payments import services, tasks
from payments.models import PaymentEvent, PaymentSession


def end_hold(session):
    now = timezone.now()
    PaymentSession.objects.filter(pk=session.pk).update(
        expires_at=now - timedelta(minutes=31), hold_until=now - timedelta(seconds=1)
    )


def test_overdue_sessions_expire_with_one_event_each(open_session, make_overdue):
    overdue = [make_overdue(open_session()) for _ in range(3)]
    waiting = open_session()

    assert services.expire_due_sessions() == 3
    assert services.expire_due_sessions() == 0

    waiting.refresh_from_db()
    assert waiting.status == "pending"
    assert set(PaymentSession.objects.filter(status="expired")) == set(overdue)
    assert sorted(PaymentEvent.objects.values_list("session", "type", "sequence")) == sorted(
        (session.pk, "payment.expired", 1) for session in overdue
    )
    assert '"status":"expired"' in PaymentEvent.objects.first().body


def test_expiry_works_in_bounded_batches(open_session, make_overdue):
    for _ in range(3):
        make_overdue(open_session())

    assert [services.expire_due_sessions(limit=2), services.expire_due_sessions(limit=2)] == [2, 1]


def test_a_batch_takes_the_same_number_of_queries_however_large(open_session, make_overdue, django_assert_num_queries):
    for _ in range(5):
        make_overdue(open_session())
    with django_assert_num_queries(6):
        services.expire_due_sessions()


def test_a_late_credit_that_was_announced_does_not_stop_the_expiry(open_session, make_overdue):
    session = make_overdue(open_session())
    services.record_late_credit(session_id=session.pk, reason="Credited after its end")

    assert services.expire_due_sessions() == 1
    assert [(event.type, event.sequence) for event in session.events.all()] == [
        ("payment.late", 1),
        ("payment.expired", 2),
    ]


def test_an_amount_stays_held_after_expiry_until_the_hold_is_over(open_session, make_overdue):
    session = make_overdue(open_session())
    services.expire_due_sessions()

    assert services.release_amounts() == 0
    end_hold(session)
    assert services.release_amounts() == 1
    session.refresh_from_db()
    assert session.holds_amount is False


def test_a_paid_sessions_amount_is_released_too(open_session):
    session = open_session()
    services.confirm_session(session_id=session.pk, credited_at=session.created_at)
    end_hold(session)

    assert services.release_amounts() == 1


def test_a_pending_session_is_never_released(open_session):
    end_hold(open_session())

    assert services.release_amounts() == 0


def test_the_sweep_does_both(open_session):
    end_hold(open_session())

    tasks.sweep()

    session = PaymentSession.objects.get()
    assert (session.status, session.holds_amount) == ("expired", False)
