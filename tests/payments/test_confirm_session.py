"""The bank's word: which sessions it makes a success, and which it leaves alone."""

from datetime import timedelta

import pytest
from django.utils import timezone

from payments import services
from payments.models import PaymentEvent, PaymentSession

UTR = "103100084802"


def during(session):
    return session.created_at + timedelta(seconds=30)


def after(session):
    return session.expires_at + timedelta(seconds=30)


def put_into(session, status):
    if status == "expired":
        PaymentSession.objects.filter(pk=session.pk).update(expires_at=session.created_at + timedelta(seconds=60))
        PaymentSession.objects.filter(pk=session.pk).update(status="expired")
    elif status == "cancelled":
        services.cancel_session(session_id=session.pk, actor="asha")
    elif status == "success":
        services.confirm_session(session_id=session.pk, credited_at=during(session), utr="000000000001")
    session.refresh_from_db()


@pytest.mark.parametrize(
    ("status", "credited", "confirmed", "exception"),
    [
        ("pending", during, True, ""),
        ("pending", after, True, "paid_late"),
        ("expired", during, True, ""),
        ("expired", after, True, "paid_late"),
        ("cancelled", during, False, ""),
        ("success", during, False, ""),
    ],
)
def test_the_table_of_states(open_session, status, credited, confirmed, exception):
    session = open_session()
    put_into(session, status)
    events = list(PaymentEvent.objects.all())

    assert services.confirm_session(session_id=session.pk, credited_at=credited(session), utr=UTR) is confirmed

    session.refresh_from_db()
    assert (session.status, session.exception) == ("success" if confirmed else status, exception)
    assert (session.utr == UTR) is confirmed
    assert len(PaymentEvent.objects.all()) == len(events) + confirmed


def test_the_event_says_what_the_merchant_will_read(open_session):
    session = open_session(merchant_ref="ORDER-123", customer_name="John Doe", metadata_json='{"order_id":"ORD-456"}')
    services.confirm_session(session_id=session.pk, credited_at=during(session), utr=UTR)

    event = PaymentEvent.objects.get()
    payable = f"{session.payable_paise / 100:.2f}".rstrip("0").rstrip(".")
    moment = event.occurred_at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{event.occurred_at.microsecond // 1000:03d}Z"
    assert event.body == (
        f'{{"event":"payment.success","session_id":"{session.session_id}","requested_amount":100,'
        f'"payable_amount":{payable},"status":"success","customer_name":"John Doe","merchant_ref":"ORDER-123",'
        f'"utr":"{UTR}","metadata":{{"order_id":"ORD-456"}},"timestamp":"{moment}","exception":"",'
        f'"event_id":"{event.id}","sequence":1,"test":false,"currency":"INR"}}'
    )
    assert (event.sequence, event.actor, event.fanned_out_at) == (1, "bank", None)


def test_the_time_of_payment_is_the_banks(open_session):
    session = open_session()
    services.confirm_session(session_id=session.pk, credited_at=during(session), utr=UTR)

    session.refresh_from_db()
    assert session.paid_at == during(session)


def test_an_expired_payment_that_is_paid_has_both_events_in_order(open_session, make_overdue):
    session = make_overdue(open_session())
    services.expire_due_sessions()
    services.confirm_session(session_id=session.pk, credited_at=timezone.now(), utr=UTR)

    assert [(event.type, event.sequence) for event in session.events.all()] == [
        ("payment.expired", 1),
        ("payment.success", 2),
    ]


def test_late_money_waits_for_staff_where_the_operator_wants_it(open_session, settings):
    settings.LATE_POLICY = "review"
    session = open_session()

    assert services.confirm_session(session_id=session.pk, credited_at=after(session), utr=UTR) is False
    assert services.confirm_session(session_id=session.pk, credited_at=during(session), utr=UTR) is True


def test_a_utr_confirms_one_session_only(open_session):
    first, second = open_session(), open_session()
    services.confirm_session(session_id=first.pk, credited_at=during(first), utr=UTR)

    assert services.confirm_session(session_id=second.pk, credited_at=during(second), utr=UTR) is False
    second.refresh_from_db()
    assert (second.status, second.utr) == ("pending", "")


def test_money_without_a_utr_confirms_too(open_session):
    first, second = open_session(), open_session()

    assert services.confirm_session(session_id=first.pk, credited_at=during(first))
    assert services.confirm_session(session_id=second.pk, credited_at=during(second))
