"""Staff's word, with a reason."""

import pytest

from payments import services
from payments.exceptions import CannotMark
from payments.models import PaymentEvent, PaymentSession
from tests.payments.test_confirm_session import during, put_into

UTR = "103100084802"


@pytest.mark.parametrize("status", ["pending", "expired", "cancelled"])
def test_staff_may_mark_what_is_not_a_success(open_session, status):
    session = open_session()
    put_into(session, status)

    services.mark_session_paid(session_id=session.pk, utr=UTR, actor="meera", reason="Seen in the statement")

    session.refresh_from_db()
    assert (session.status, session.exception, session.utr) == ("success", "marked", UTR)
    event = PaymentEvent.objects.get(type="payment.success")
    assert (event.actor, event.reason) == ("meera", "Seen in the statement")


def test_a_success_is_never_marked(open_session):
    session = open_session()
    services.confirm_session(session_id=session.pk, credited_at=during(session), utr="000000000001")

    with pytest.raises(CannotMark, match=r"^This payment is a success already, with UTR 000000000001\.$"):
        services.mark_session_paid(session_id=session.pk, utr=UTR, actor="meera", reason="Again")

    session.refresh_from_db()
    assert (session.exception, session.utr) == ("", "000000000001")
    assert PaymentEvent.objects.count() == 1


def test_a_reason_is_needed(open_session):
    session = open_session()

    with pytest.raises(CannotMark, match="Say why"):
        services.mark_session_paid(session_id=session.pk, utr=UTR, actor="meera", reason="  ")

    assert PaymentSession.objects.get().status == "pending"


def test_another_payments_utr_is_refused(open_session):
    first, second = open_session(), open_session()
    services.confirm_session(session_id=first.pk, credited_at=during(first), utr=UTR)

    with pytest.raises(CannotMark, match="another payment"):
        services.mark_session_paid(session_id=second.pk, utr=UTR, actor="meera", reason="Claimed")

    second.refresh_from_db()
    assert second.status == "pending"
