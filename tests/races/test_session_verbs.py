"""Every pair of verbs on one session, the second starting while the first is not committed yet."""

from datetime import timedelta
from itertools import product

import pytest
from django.utils import timezone

from apikeys.services import issue_key
from payments import services
from payments.exceptions import CannotMark, NotCancellable
from payments.models import PaymentEvent, PaymentSession, UpiAccount

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def session(transactional_db) -> PaymentSession:
    UpiAccount.objects.create(upi_id="asha@oksbi", payee_name="ASHA")
    key, _ = issue_key(label="Asha Traders")
    return services.create_session(api_key=key, requested_paise=100_00, details=services.SessionDetails()).session


def make_overdue(session: PaymentSession) -> None:
    PaymentSession.objects.filter(pk=session.pk).update(expires_at=timezone.now() - timedelta(seconds=1))


def confirm(session):
    return services.confirm_session(session_id=session.pk, credited_at=session.created_at, utr="103100084802")


def confirm_by_another_credit(session):
    return services.confirm_session(session_id=session.pk, credited_at=session.created_at, utr="103100084803")


def expire(session):
    return services.expire_due_sessions() == 1


def mark(session):
    try:
        services.mark_session_paid(session_id=session.pk, utr="103100084804", actor="meera", reason="Seen")
    except CannotMark:
        return False
    return True


def cancel(session):
    before = PaymentSession.objects.get(pk=session.pk).status
    try:
        services.cancel_session(session_id=session.pk, actor="asha")
    except NotCancellable:
        return False
    return before != "cancelled" and PaymentEvent.objects.filter(actor="asha").exists()


def release(session):
    return services.release_amounts() == 1


def announce_late_money(session):
    services.record_late_credit(session_id=session.pk, reason="Credited after its end")
    return True


def naive_confirm(session):
    fresh = PaymentSession.objects.get(pk=session.pk)
    if fresh.status != "pending":
        return False
    fresh.status = "success"
    fresh.save()
    return True


def naive_expire(session):
    fresh = PaymentSession.objects.get(pk=session.pk)
    if fresh.status != "pending":
        return False
    fresh.status = "expired"
    fresh.save()
    return True


# What may follow what when both happen, one after the other.
LEGAL = {
    ("payment.expired", "payment.success"),
    ("payment.cancelled", "payment.success"),
}
VERBS = [confirm, confirm_by_another_credit, expire, mark, cancel, release, announce_late_money]


def test_reading_first_and_writing_then_loses_a_payment(session, overlap):
    make_overdue(session)

    both_won = overlap(lambda: naive_confirm(session), lambda: naive_expire(session))

    session.refresh_from_db()
    assert both_won == (True, True)
    assert session.status == "expired"


@pytest.mark.parametrize(("first", "second"), list(product(VERBS, VERBS)), ids=lambda verb: verb.__name__)
@pytest.mark.parametrize("moment", ["in time", "overdue", "hold over"])
def test_two_verbs_at_once_leave_one_story(session, overlap, first, second, moment):
    if moment != "in time":
        make_overdue(session)
    if moment == "hold over":
        PaymentSession.objects.update(hold_until=timezone.now() - timedelta(seconds=1))

    overlap(lambda: first(session), lambda: second(session))

    session.refresh_from_db()
    events = [event.type for event in session.events.order_by("sequence")]
    assert [event.sequence for event in session.events.order_by("sequence")] == list(range(1, len(events) + 1))
    changes = [event for event in events if event != "payment.late"]
    assert len(changes) == len(set(changes))
    assert len(changes) <= 1 or tuple(changes) in LEGAL
    assert session.status == (changes[-1].removeprefix("payment.") if changes else "pending")
    assert session.holds_amount or session.status != "pending"
    assert bool(session.utr) == (session.status == "success")


@pytest.mark.parametrize("other", [expire, cancel, mark, confirm_by_another_credit], ids=lambda verb: verb.__name__)
def test_a_confirmed_payment_stays_confirmed_whoever_comes_second(session, overlap, other):
    make_overdue(session)

    won, _ = overlap(lambda: confirm(session), lambda: other(session))

    session.refresh_from_db()
    assert (won, session.status, session.utr) == (True, "success", "103100084802")
    assert session.events.count() == 1


def test_one_utr_for_two_sessions_confirms_one(session, overlap):
    other = services.create_session(
        api_key=session.api_key, requested_paise=500_00, details=services.SessionDetails()
    ).session

    results = overlap(lambda: confirm(session), lambda: confirm(other))

    assert results == (True, False)
    assert PaymentSession.objects.filter(status="success").count() == PaymentEvent.objects.count() == 1


def test_two_sweeps_expire_each_session_once(session, together):
    for _ in range(60):
        services.create_session(api_key=session.api_key, requested_paise=700_00, details=services.SessionDetails())
    PaymentSession.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

    counts = together([lambda: services.expire_due_sessions(limit=20)] * 6)

    assert sum(counts) + services.expire_due_sessions() == 61
    assert PaymentEvent.objects.count() == 61
