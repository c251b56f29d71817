"""Money that goes back to its payer: marked, paid with a phone, closed with that payment's UTR, or called off."""

import re

import pytest

from backoffice.models import StaffAction
from payments.exceptions import CannotMark
from payments.models import PaymentSession
from payments.services import mark_session_paid
from reconciliation.models import Credit
from reconciliation.services import received
from reconciliation.services.received import record_credit
from tests.backoffice.pages import column, links, rows, says

pytestmark = pytest.mark.django_db
CREDITS = "/admin/reconciliation/credit/"
REFUND = {"upi_id": " Priya@OKAXIS ", "reason": "Paid twice"}


@pytest.fixture
def page(credit) -> str:
    return f"{CREDITS}{credit.pk}/change/"


@pytest.fixture
def to_refund(omar, credit) -> Credit:
    assert omar.post(f"{CREDITS}{credit.pk}/refund/", REFUND).status_code == 302
    credit.refresh_from_db()
    return credit


def test_money_is_paid_back_with_a_phone(omar, to_refund, page):
    assert (to_refund.state, to_refund.refund_upi_id, to_refund.settled_by) == ("refund", "priya@okaxis", "omar")

    answer = omar.get(page)

    assert "Pay ₹1,234.56 back to priya@okaxis now, with the QR below." in says(answer)
    assert "It pays ₹1,234.56 to priya@okaxis" in says(answer)
    link = links(answer)["Open a UPI app"]
    assert link.startswith("upi://pay?pa=priya@okaxis&pn=Refund&tr=REFUND")
    assert link.endswith("&tn=Refund%20of%20512345678901&am=1234.56&cu=INR")
    assert re.search(r'src="data:image/png;base64,iVBOR', answer.content.decode())
    assert column(omar.get(f"{CREDITS}?state=refund"), "UTR") == ["512345678901"]


def test_what_was_set_aside_is_refunded_too(omar, credit, page):
    received.set_credit_aside(credit_id=credit.pk, reason="Told twice", actor="meera")
    assert "Refund" in links(omar.get(page))

    omar.post(f"{CREDITS}{credit.pk}/refund/", REFUND)

    credit.refresh_from_db()
    assert (credit.state, credit.refund_upi_id, credit.settled_by) == ("refund", "priya@okaxis", "omar")


@pytest.mark.parametrize(
    ("state", "said"), [("matched", "belongs to a payment"), ("refunded", "is back there already")]
)
def test_what_is_settled_is_not_refunded(omar, credit, session, state, said):
    Credit.objects.update(state=state, session=session, refund_utr="624412345678")

    answer = omar.post(f"{CREDITS}{credit.pk}/refund/", REFUND)

    assert (answer.status_code, Credit.objects.get().state) == (409, state)
    assert said in says(answer)
    assert not received.mark_for_refund(credit_id=credit.pk, upi_id="priya@okaxis", reason="Paid twice", actor="omar")


def test_the_refund_is_closed_with_its_own_utr(omar, to_refund, page):
    omar.post(f"{CREDITS}{to_refund.pk}/refunded/", {"utr": "6244 1234 5678"})

    to_refund.refresh_from_db()
    assert (to_refund.state, to_refund.refund_utr) == ("refunded", "624412345678")
    assert StaffAction.objects.latest("pk").details == "priya@okaxis, UTR 624412345678"
    assert omar.post(f"{CREDITS}{to_refund.pk}/keep/", {"reason": "Too late"}).status_code == 409
    assert "Decision Refunded with UTR 624412345678" in says(omar.get(page))


def test_an_admin_reads_on_the_credits_page_which_utr_closed_it(meera, omar, to_refund, page):
    omar.post(f"{CREDITS}{to_refund.pk}/refunded/", {"utr": "624412345678"})

    assert "priya@okaxis, UTR 624412345678" in [row[4] for row in rows(meera.get(page)) if len(row) == 6]


@pytest.mark.parametrize(
    ("utr", "status", "said"),
    [
        ("512345678901", 409, "This is the UTR of money that came in."),
        ("", 400, "Give the UTR"),
        ("12345", 400, ""),
    ],
)
def test_a_refund_is_not_closed_with_another_number(omar, to_refund, utr, status, said):
    answer = omar.post(f"{CREDITS}{to_refund.pk}/refunded/", {"utr": utr})

    assert answer.status_code == status
    assert said.replace("’", "'") in says(answer).replace("’", "'")
    to_refund.refresh_from_db()
    assert (to_refund.state, to_refund.refund_utr) == ("refund", "")


def test_a_refund_is_not_closed_with_the_utr_of_other_money(omar, to_refund):
    record_credit(amount_paise=77_00, rrn="512345678902")
    answer = omar.post(f"{CREDITS}{to_refund.pk}/refunded/", {"utr": "512345678902"})

    assert answer.status_code == 409
    assert "This is the UTR of money that came in." in says(answer)


def test_one_utr_closes_one_refund(omar, to_refund, account):
    omar.post(f"{CREDITS}{to_refund.pk}/refunded/", {"utr": "624412345678"})
    other = record_credit(amount_paise=77_00, rrn="512345678902").credit
    received.mark_for_refund(credit_id=other.pk, upi_id="ravi@okaxis", reason="Paid twice", actor="omar")

    answer = omar.post(f"{CREDITS}{other.pk}/refunded/", {"utr": "624412345678"})

    assert (answer.status_code, Credit.objects.get(pk=other.pk).state) == (409, "refund")
    assert "This UTR closed another refund already." in says(answer)


def test_a_refund_can_be_called_off(omar, to_refund, session):
    omar.post(f"{CREDITS}{to_refund.pk}/keep/", {"reason": "It was Priya's order"})

    to_refund.refresh_from_db()
    assert (to_refund.state, to_refund.refund_upi_id, to_refund.settled_by) == ("review", "", "")
    assert received.attach_credit(credit_id=to_refund.pk, session_id=session.pk, reason="Priya's order", actor="omar")


def test_the_explanation_says_what_is_true_now(omar, to_refund):
    def explanation() -> str:
        to_refund.refresh_from_db()
        return to_refund.explanation

    assert explanation() == "omar: to be refunded: Paid twice"
    omar.post(f"{CREDITS}{to_refund.pk}/keep/", {"reason": "It was Priya’s order"})
    assert explanation() == "No payment fits. omar called its refund off: It was Priya’s order"
    omar.post(f"{CREDITS}{to_refund.pk}/refund/", REFUND)
    omar.post(f"{CREDITS}{to_refund.pk}/refunded/", {"utr": "624412345678"})
    assert explanation() == "omar: refunded with UTR 624412345678"


def test_money_that_goes_back_pays_nothing(to_refund, session):
    with pytest.raises(CannotMark, match="goes back to its payer"):
        received.attach_credit(credit_id=to_refund.pk, session_id=session.pk, reason="Mine", actor="omar")
    with pytest.raises(CannotMark, match="goes back to its payer"):
        received.mark_paid(session_id=session.pk, utr=to_refund.rrn, reason="Mine", actor="omar")

    session.refresh_from_db()
    to_refund.refresh_from_db()
    assert (session.status, to_refund.state) == ("pending", "refund")


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"upi_id": "priya@gmail.com", "reason": "Paid twice"}, "This is no UPI ID."),
        ({"upi_id": "", "reason": "Paid twice"}, "This field is required."),
        ({"upi_id": "priya@okaxis", "reason": ""}, "Say why."),
    ],
)
def test_a_refund_needs_a_upi_id_and_a_reason(omar, credit, form, said):
    answer = omar.post(f"{CREDITS}{credit.pk}/refund/", form)

    assert answer.status_code == 400
    assert said in says(answer)
    credit.refresh_from_db()
    assert credit.state == "review"


def test_the_payers_upi_id_is_filled_in_if_the_bank_told_it(omar, credit):
    Credit.objects.update(payer="Priya@okaxis")

    assert 'value="priya@okaxis"' in omar.get(f"{CREDITS}{credit.pk}/refund/").content.decode()


def test_test_money_is_not_paid_back(omar, credit):
    Credit.objects.update(test=True)

    assert omar.post(f"{CREDITS}{credit.pk}/refund/", REFUND).status_code == 409
    assert Credit.objects.get().state == "review"


def test_the_overview_counts_what_goes_back(omar, to_refund):
    assert "To refund 1" in says(omar.get("/admin/"))


# Giving a credit to a payment


def test_the_nearest_payments_are_a_click_away(omar, session, page, credit):
    Credit.objects.update(amount_paise=session.payable_paise + 1)

    answer = omar.get(page)
    assert column_of(answer, session.session_id) == "₹0.01 more than it asked for, at its time."
    form = omar.get(links(answer)["It pays this"])

    assert f'value="{session.session_id}"' in form.content.decode()
    assert "The customer rounded the amount" in form.content.decode()


def column_of(answer, session_id: str) -> str:
    text = says(answer)
    found = re.search(rf"{session_id} .*?(₹[0-9.]+ (?:more|less) than it asked for, at [a-z ]+\.)", text)
    assert found, text
    return found[1]


def test_a_link_fills_in_nothing_but_the_session(omar, credit):
    page = omar.get(f"{CREDITS}{credit.pk}/attach/?session=A1B2&reason=Mine").content.decode()

    assert 'value="A1B2"' in page
    assert 'value="Mine"' not in page


def test_a_marked_payment_without_money_gets_it_and_nothing_is_told_again(omar, session, credit):
    mark_session_paid(session_id=session.pk, utr="", actor="meera", reason="Seen in the app")
    events = session.events.count()

    form = {"session_id": session.session_id, "reason": "This is its money"}
    omar.post(f"{CREDITS}{credit.pk}/attach/", form)

    credit.refresh_from_db()
    session.refresh_from_db()
    assert (credit.state, credit.session, session.utr) == ("matched", session, "512345678901")
    assert (session.events.count(), session.exception) == (events, "marked")


@pytest.mark.parametrize("utr", ["512345678999"])
def test_a_payment_marked_with_another_utr_does_not_get_it(omar, session, credit, utr):
    mark_session_paid(session_id=session.pk, utr=utr, actor="meera", reason="Seen in the app")

    answer = omar.post(f"{CREDITS}{credit.pk}/attach/", {"session_id": session.session_id, "reason": "Mine"})

    assert answer.status_code == 409
    assert "marked as paid with another UTR" in says(answer)
    credit.refresh_from_db()
    assert (credit.state, PaymentSession.objects.get().utr) == ("review", utr)


def test_a_payment_that_has_its_money_gets_no_more(omar, paid, credit):
    answer = omar.post(f"{CREDITS}{credit.pk}/attach/", {"session_id": paid.session_id, "reason": "Mine"})

    assert answer.status_code == 409
    assert f"{paid.session_id} has its money already, with UTR {paid.utr}. If its customer has paid twice" in says(
        answer
    )
    credit.refresh_from_db()
    assert credit.state == "review"


def test_a_credits_page_says_how_it_was_decided(omar, credit, page):
    said = says(omar.get(page))

    assert "Decision Left to staff: No payment fits" in said
    assert "₹1,234.56 credited" in said
    assert "(as of its arrival)" in said
    assert "Decided by PayGate" in said


def test_a_persons_decision_stands_over_paygates(omar, to_refund, page):
    said = says(omar.get(page))

    assert "Decision To be refunded: Paid twice" in said
    assert "Decided by omar" in said


def test_money_that_may_be_settled_already_is_told_before_it_goes(omar, credit, page):
    told_again = "It may be the money of credit"
    assert told_again not in says(omar.get(page))
    told = record_credit(amount_paise=credit.amount_paise, rrn="624412345699").credit
    Credit.objects.filter(pk=told.pk).update(rrn="")
    received.set_credit_aside(credit_id=told.pk, reason="Mine", actor="meera")

    for address in (page, f"{CREDITS}{credit.pk}/refund/", f"{CREDITS}{credit.pk}/attach/"):
        assert f"{told_again} {told.pk}. Count the lines" in says(omar.get(address))
