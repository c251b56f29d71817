"""What staff decide about sessions and credits."""

import pytest

from payments.exceptions import CannotMark
from payments.models import PaymentEvent
from reconciliation.models import Credit
from reconciliation.services import received
from reconciliation.services.claims import claim_utr
from tests.reconciliation.conftest import RRN, sbi_text, seconds


def mark(session, utr=RRN, reason="Bank statement"):
    return received.mark_paid(session_id=session.pk, utr=utr, reason=reason, actor="meera")


@pytest.fixture
def short_credit(open_session, sms):
    """A session, and a credit of ten paise less."""
    session = open_session(payable=99_37)
    sms(sbi_text(99_27), sent_at=seconds(0))
    return session, Credit.objects.get()


def test_marking_takes_the_unmatched_credit_of_that_utr(short_credit):
    session, credit = short_credit
    marked = mark(session)

    credit.refresh_from_db()
    assert (marked.status, marked.exception, marked.utr) == ("success", "marked", RRN)
    assert (credit.state, credit.session, credit.settled_by) == ("matched", session, "meera")
    assert credit.explanation == f"meera marked {session.session_id} as paid with it: Bank statement"


def test_marking_without_a_credit_waits_for_it(open_session, sms):
    session = open_session()
    mark(session)
    sms(sbi_text(session.payable_paise), sent_at=seconds(0))

    assert (Credit.objects.get().state, Credit.objects.get().session) == ("matched", session)
    assert PaymentEvent.objects.count() == 1


def test_a_matched_credits_utr_pays_nothing_else(open_session, sms):
    first, second = open_session(payable=99_37), open_session(payable=99_38)
    sms(sbi_text(99_37), sent_at=seconds(0))

    with pytest.raises(CannotMark, match="belongs to another payment"):
        mark(second)

    second.refresh_from_db()
    assert second.status == "pending"
    assert Credit.objects.get().session == first


def test_a_refused_mark_changes_nothing(short_credit):
    session, credit = short_credit
    with pytest.raises(CannotMark, match="Say why"):
        mark(session, reason=" ")

    credit.refresh_from_db()
    session.refresh_from_db()
    assert (session.status, credit.state) == ("pending", "review")


def test_staff_give_a_credit_to_its_session(short_credit):
    session, credit = short_credit
    received.attach_credit(credit_id=credit.pk, session_id=session.pk, reason="Ten paise short", actor="meera")

    credit.refresh_from_db()
    session.refresh_from_db()
    assert (session.status, session.utr, credit.state) == ("success", RRN, "matched")
    with pytest.raises(CannotMark):
        received.attach_credit(credit_id=credit.pk, session_id=session.pk, reason="Again", actor="meera")


def test_live_money_is_not_given_to_a_test_session(short_credit, open_session, testing):
    _, credit = short_credit
    rehearsal = open_session(api_key=testing)

    with pytest.raises(CannotMark, match="Test money"):
        received.attach_credit(credit_id=credit.pk, session_id=rehearsal.pk, reason="x", actor="meera")


def test_staff_set_a_credit_aside_once(short_credit):
    session, credit = short_credit

    assert received.set_credit_aside(credit_id=credit.pk, reason="From my brother", actor="meera")
    assert not received.set_credit_aside(credit_id=credit.pk, reason="Again", actor="meera")
    credit.refresh_from_db()
    session.refresh_from_db()
    assert (credit.state, credit.explanation) == ("set_aside", "meera: From my brother")
    assert session.status == "pending"


def test_a_utr_of_exactly_another_claimants_amount_marks_nothing(open_session):
    session, other = open_session(), open_session()
    for each in (session, other):
        claim_utr(session_id=each.pk, text=RRN, client=None)
    received.record_credit(amount_paise=other.payable_paise, rrn=RRN)

    with pytest.raises(CannotMark, match=f"exactly what {other.session_id} asked for"):
        mark(session, utr=RRN)

    session.refresh_from_db()
    assert session.status == "pending"
    assert mark(other, utr=RRN).status == "success"
