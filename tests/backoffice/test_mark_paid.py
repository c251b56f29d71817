import re

import pytest
import time_machine

from backoffice.models import StaffAction
from payments.models import PaymentEvent
from payments.services import confirm_session
from reconciliation.models import Credit
from reconciliation.services.received import record_credit
from tests.backoffice.pages import links, says

pytestmark = pytest.mark.django_db
UTR = "412345678901"


def path(session) -> str:
    return f"/admin/payments/paymentsession/{session.pk}/mark-paid/"


def unchanged(session) -> bool:
    session.refresh_from_db()
    return session.status == "pending" and not PaymentEvent.objects.exists() and not StaffAction.objects.exists()


@pytest.mark.parametrize(
    "typed", [UTR, " 4123 4567 8901 ", "4123-4567-8901", "４１２３４５６７８９０１", "4123\u00a04567\u200b8901"]
)
def test_an_operator_marks_a_payment_paid(omar, session, typed):
    with time_machine.travel("2026-04-14 01:05:00+00:00", tick=False):
        answer = omar.post(path(session), {"utr": typed, "reason": "Seen in the bank's app"}, REMOTE_ADDR="203.0.113.7")

    assert answer.status_code == 302
    assert answer["Location"] == f"/admin/payments/paymentsession/{session.pk}/change/"
    session.refresh_from_db()
    assert (session.status, session.exception, session.utr) == ("success", "marked", UTR)
    event = session.events.get()
    assert (event.type, event.actor, event.reason) == ("payment.success", "omar", "Seen in the bank's app")
    done = StaffAction.objects.get()
    assert (done.actor, done.action, done.reason) == ("omar", "mark-paid", "Seen in the bank's app")
    assert (done.object_type, done.object_id, done.object_name) == (
        "payments.paymentsession",
        str(session.pk),
        session.session_id,
    )
    assert (done.details, done.ip) == (f"UTR {UTR}", "203.0.113.7")
    assert done.at.isoformat() == "2026-04-14T01:05:00+00:00"


def test_the_page_says_what_happened(omar, session):
    answer = omar.post(path(session), {"utr": UTR, "reason": "Seen in the bank's app"}, follow=True)

    assert f"{session.session_id} is marked as paid." in says(answer)


@pytest.mark.parametrize("reason", ["", "   "])
def test_without_a_reason_nothing_happens(omar, session, reason):
    answer = omar.post(path(session), {"utr": UTR, "reason": reason})

    assert answer.status_code == 400
    assert "Say why." in says(answer)
    assert unchanged(session)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "Give the UTR"),
        ("41234567890", "A UTR has 12 digits; one is missing here."),
        ("4123456789012", "A UTR has 12 digits; here is one too many."),
        ("T2604140105000000000000", "This is PhonePe’s Transaction ID."),
        ("four one two", "A UTR is 12 digits and nothing else"),
    ],
)
def test_what_is_no_utr_is_refused_with_help(omar, session, typed, said):
    answer = omar.post(path(session), {"utr": typed, "reason": "Seen in the bank's app"})

    assert answer.status_code == 400
    assert said in says(answer)
    assert unchanged(session)


def test_a_utr_of_another_payment_is_refused(omar, session, paid):
    answer = omar.post(path(session), {"utr": paid.utr, "reason": "Seen in the bank's app"})

    assert answer.status_code == 409
    assert "This UTR belongs to another payment." in says(answer)
    session.refresh_from_db()
    assert session.status == "pending"
    assert not StaffAction.objects.exists()


def test_whoever_comes_late_learns_what_happened(omar, session):
    opened = omar.get(path(session))
    confirm_session(session_id=session.pk, credited_at=session.created_at, utr="512345678901")

    answer = omar.post(path(session), {"utr": UTR, "reason": "Seen in the bank's app"})

    assert opened.status_code == 200
    assert answer.status_code == 409
    assert "This payment is a success already." in says(answer)
    session.refresh_from_db()
    assert (session.utr, session.exception) == ("512345678901", "")
    assert not StaffAction.objects.exists()


def test_money_that_waited_under_this_utr_becomes_the_payments(omar, session):
    record_credit(amount_paise=1234_56, rrn=UTR)

    omar.post(path(session), {"utr": UTR, "reason": "The customer paid a rounded amount"})

    credit = Credit.objects.get()
    assert (credit.state, credit.session, credit.settled_by) == ("matched", session, "omar")


def test_the_page_says_what_it_will_do(omar, session):
    text = says(omar.get(path(session)))

    assert "this cannot be undone" in text
    assert session.session_id in text
    assert "Priya Nair" in text


@pytest.mark.parametrize(
    ("named", "filled_in"),
    [("4123-4567 8901", f' value="{UTR}"'), ("41234567890", ""), ("T2604140105000000000000", ""), ("", "")],
)
def test_a_link_fills_in_a_utr_and_nothing_that_is_none(omar, session, named, filled_in):
    page = omar.get(path(session), {"utr": named, "reason": "Mine"})

    (asked,) = re.findall(r'<input type="text" name="utr"( value="[^"]*")?', page.content.decode())
    assert asked == filled_in
    assert "Mine" not in page.content.decode()


def test_a_success_is_not_offered_again(omar, paid):
    page = omar.get(path(paid))

    assert "This payment is a success already." in says(page)
    assert b"<textarea" not in page.content
    assert "Mark paid" not in links(omar.get(f"/admin/payments/paymentsession/{paid.pk}/change/"))


def test_a_payment_that_does_not_exist_is_not_found(omar, session):
    for unknown in ("999999", "x", "1 OR 1=1"):
        assert omar.get(f"/admin/payments/paymentsession/{unknown}/mark-paid/").status_code == 404
