from datetime import timedelta

import pytest

from payments.models import PaymentSession
from payments.services import cancel_session, confirm_session, expire_due_sessions, mark_session_paid
from tests.checkout.conftest import MORNING

UTR = "103100084802"


def pay(session: PaymentSession, after: int = 150) -> None:
    assert confirm_session(session_id=session.pk, credited_at=MORNING + timedelta(seconds=after), utr=UTR)


def assert_nothing_to_pay_with(page) -> None:
    assert page.all("img") == []
    assert "upi://" not in page.response.content.decode()
    assert page.attributes("data-copy") == []


def test_a_paid_one_says_how_much_when_and_with_which_utr(open_session, visit):
    session = open_session(merchant_ref="ORDER-123")
    pay(session)

    page = visit(session)

    assert page.response.status_code == 200
    assert "Payment received ₹99.37" in page.text
    assert f"UTR {UTR}" in page.text
    # 01:02:30 UTC
    assert "Paid 14 Apr 2026, 6:32 AM IST" in page.text
    assert "To ASHA SHARMA" in page.text
    assert "Order ORDER-123" in page.text
    assert "Paid ₹99.37" in page.text
    assert_nothing_to_pay_with(page)


def test_one_that_staff_confirmed_without_a_utr_shows_none(open_session, visit):
    session = open_session()
    mark_session_paid(session_id=session.pk, utr="", actor="meera", reason="Seen in the bank's app")

    page = visit(session)

    assert "Payment received" in page.text
    assert "UTR" not in page.text


def test_an_overdue_one_has_expired_before_the_sweep_writes_it(open_session, visit, clock):
    session = open_session()
    clock.shift(600)

    page = visit(session)

    assert "This payment has expired" in page.text
    assert "Do not pay again. Your payment is confirmed as soon as the bank reports it." in page.text
    assert {"http-equiv": "refresh", "content": "30"} in page.all("meta")
    assert_nothing_to_pay_with(page)
    session.refresh_from_db()
    assert session.status == "pending"


def test_after_the_hold_an_expired_one_sends_the_payer_to_the_shop(open_session, visit, clock):
    session = open_session()
    clock.shift(600 + 1800)
    expire_due_sessions()

    page = visit(session)

    assert "Do not pay again. Enter the UTR of your payment" in page.text
    assert "refresh" not in page.attributes("http-equiv")
    assert page.all("main")[0]["data-watch-for"] == "0"


def test_a_late_payment_still_turns_it_into_a_receipt(open_session, visit, clock):
    session = open_session()
    clock.shift(700)
    expire_due_sessions()
    pay(session, after=690)

    assert "Payment received ₹99.37" in visit(session).text


def test_a_cancelled_one_asks_not_to_pay(open_session, visit):
    session = open_session()
    cancel_session(session_id=session.pk, actor="asha")

    page = visit(session)

    assert "This payment was cancelled" in page.text
    assert "Please do not pay the ₹99.37 any more." in page.text
    assert "refresh" not in page.attributes("http-equiv")
    assert_nothing_to_pay_with(page)


@pytest.mark.parametrize(
    ("end", "status"),
    [
        (pay, "success"),
        (lambda session: cancel_session(session_id=session.pk, actor="asha"), "cancelled"),
        (lambda session: None, "expired"),
    ],
)
def test_every_ending_leads_back_to_the_shop(open_session, visit, clock, end, status):
    session = open_session(return_url="https://shop.example/thanks?cart=7#top")
    end(session)
    clock.shift(700)

    [link] = visit(session).all("a") if status != "expired" else visit(session).all("a")[-1:]

    assert link["href"] == f"https://shop.example/thanks?cart=7&session_id=A1B2C3D4E5F67890&status={status}#top"


def test_without_a_return_address_there_is_no_such_link(open_session, visit):
    session = open_session()
    pay(session)

    page = visit(session)

    assert page.all("a") == []
    assert "You can close this page." in page.text


def test_a_return_address_that_is_no_web_address_is_not_linked(open_session, visit):
    session = open_session(return_url="javascript:alert(1)")
    pay(session)

    assert visit(session).all("a") == []


def test_a_test_payment_stays_marked_when_paid(open_session, visit, testing):
    session = open_session(api_key=testing)
    pay(session)

    assert "Test payment — do not pay." in visit(session).text


@pytest.mark.parametrize("session_id", ["0000000000000000", "nope", "A1B2C3D4E5F6789"])
def test_an_unknown_one_is_explained(db, visit, session_id):
    page = visit(session_id)

    assert page.response.status_code == 404
    assert "We cannot find this payment" in page.text
    assert "do not pay again" in page.text
    assert page.response["X-Robots-Tag"] == "noindex, nofollow"


@pytest.mark.parametrize("address", ["/checkout/A%00B", "/checkout/" + "A" * 33, "/checkout/a b", "/checkout/é"])
def test_an_address_that_cannot_be_a_session_never_reaches_the_database(client, address):
    answer = client.get(address)

    assert answer.status_code == 404
    assert "There is no such page" in answer.content.decode()


def test_errors_say_what_to_do_in_the_same_dress(client, settings):
    answer = client.get("/nowhere")

    assert answer.status_code == 404
    assert "There is nothing at this address. Check the link." in answer.content.decode()
    assert "css/base.css" in answer.content.decode()
