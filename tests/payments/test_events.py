"""The bell after a commit: nothing but a hint, and harmless when it fails."""

from datetime import timedelta

import pytest

from payments import bell, services
from payments.models import PaymentEvent


@pytest.fixture
def heard():
    calls = []

    def listener(**_):
        calls.append(1)

    bell.events_recorded.connect(listener)
    yield calls
    bell.events_recorded.disconnect(listener)


def test_a_state_change_rings_after_its_commit(open_session, heard, django_capture_on_commit_callbacks):
    session = open_session()
    with django_capture_on_commit_callbacks(execute=True):
        services.confirm_session(session_id=session.pk, credited_at=session.created_at)
        assert heard == []

    assert heard == [1]


def test_a_failing_listener_changes_nothing(open_session, django_capture_on_commit_callbacks):
    def broken(**_):
        raise RuntimeError("no worker here")

    bell.events_recorded.connect(broken)
    session = open_session()
    with django_capture_on_commit_callbacks(execute=True):
        assert services.cancel_session(session_id=session.pk, actor="asha").status == "cancelled"
    bell.events_recorded.disconnect(broken)


def test_an_event_and_its_change_are_one_transaction(open_session, monkeypatch):
    session = open_session()

    def crash(*_, **__):
        raise RuntimeError("the process dies here")

    monkeypatch.setattr("payments.snapshot.event_body", crash)
    with pytest.raises(RuntimeError):
        services.confirm_session(session_id=session.pk, credited_at=session.created_at + timedelta(seconds=1))

    session.refresh_from_db()
    assert session.status == "pending"
    assert not PaymentEvent.objects.exists()


def test_a_late_credit_is_announced_each_time(open_session):
    session = open_session()
    for _ in range(2):
        services.record_late_credit(session_id=session.pk, reason="Paid twice")

    assert [event.sequence for event in session.events.all()] == [1, 2]
