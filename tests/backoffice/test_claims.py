"""What staff see of the UTRs that customers typed."""

import pytest

from payments.models import Notice, PaymentSession
from reconciliation.models import Credit, Evidence
from reconciliation.services.claims import claim_utr
from reconciliation.services.received import mark_paid, record_credit
from tests.backoffice.pages import column, links, rows, says

pytestmark = pytest.mark.django_db
CLAIMS = "/admin/reconciliation/utrclaim/"
UTR = "624412345678"


@pytest.fixture
def claim(session):
    """Priya says that her payment has this UTR."""
    return claim_utr(session_id=session.pk, text=UTR, client="203.0.113.0")


@pytest.fixture
def rival(open_payment, claim):
    """Another customer says the same."""
    return claim_utr(session_id=open_payment(rupees=250).pk, text=UTR, client=None)


def test_the_list_tells_what_became_of_each(vikram, claim, session):
    ((utr, of_session, payable, _, outcome),) = rows(vikram.get(CLAIMS))

    assert (utr, of_session, outcome) == (UTR, session.session_id, "No such money yet")
    assert payable.startswith("₹99.")


def test_an_empty_list_says_what_comes_here(vikram):
    assert rows(vikram.get(CLAIMS))[0][0].startswith("No claims")


@pytest.mark.parametrize(
    ("outcome", "found"), [("disputed", [UTR, UTR]), ("waiting", ["624412345679"]), ("paid", []), ("nonsense", [])]
)
def test_the_list_is_narrowed_by_what_became_of_them(vikram, claim, rival, session, outcome, found):
    claim_utr(session_id=session.pk, text="624412345679", client=None)

    shown = rows(vikram.get(f"{CLAIMS}?outcome={outcome}"))

    assert [row[0] for row in shown if row[0].isdigit()] == found


def test_a_claim_is_found_by_its_utr_as_it_is_typed(vikram, claim):
    assert column(vikram.get(CLAIMS, {"q": "6244-1234 5678"}), "UTR") == [UTR]


def test_its_page_says_what_to_do_and_who_else_names_it(omar, vikram, claim, rival, session):
    page = omar.get(f"{CLAIMS}{claim.pk}/change/")

    text = says(page)
    assert "From the network 203.0.113.0" in text
    assert "Ask each customer what their app shows" in text
    named = {row[0]: row[4:] for row in rows(page)}
    assert named[session.session_id] == named[rival.session.session_id]
    assert named[session.session_id] == ["Another payment names it too", "Mark paid"]
    assert links(page)["Mark paid"] == f"/admin/payments/paymentsession/{session.pk}/mark-paid/?utr={UTR}"
    assert "Mark paid" not in links(vikram.get(f"{CLAIMS}{claim.pk}/change/"))


@pytest.mark.parametrize("state", ["review", "failed"])
def test_an_alert_that_waits_with_this_utr_is_named(vikram, claim, alert, state):
    Evidence.objects.update(text=f"Rs 500 may have come in, ref {UTR}", state=state)

    page = vikram.get(f"{CLAIMS}{claim.pk}/change/")

    assert "The money An alert with this UTR waits for you What to do Read the alert." in says(page)
    assert links(page)["An alert with this UTR"] == f"/admin/reconciliation/evidence/{alert.pk}/change/"


@pytest.mark.parametrize(("state", "text"), [("ignored", UTR), ("review", "624412345679")])
def test_no_other_alert_is(vikram, claim, alert, state, text):
    Evidence.objects.update(text=text, state=state)

    assert "The money the bank has reported no such UTR" in says(vikram.get(f"{CLAIMS}{claim.pk}/change/"))


def test_a_disputed_utr_stays_disputed_whatever_alert_waits(vikram, claim, rival, alert):
    Evidence.objects.update(text=UTR)

    text = says(vikram.get(f"{CLAIMS}{claim.pk}/change/"))

    assert "An alert with this UTR waits for you What to do Ask each customer" in text


def test_a_test_payments_money_is_in_no_alert(vikram, claim, alert):
    Evidence.objects.update(text=UTR)
    PaymentSession.objects.update(test=True)

    assert "The money the bank has reported no such UTR" in says(vikram.get(f"{CLAIMS}{claim.pk}/change/"))


def test_its_utr_is_filled_in_where_the_payment_is_marked(omar, claim):
    form = omar.get(links(omar.get(f"{CLAIMS}{claim.pk}/change/"))["Mark paid"])

    assert f'value="{UTR}"' in form.content.decode()


def test_a_payment_is_not_marked_with_the_utr_that_paid_another(omar, claim, rival, session):
    mark_paid(session_id=rival.session_id, utr=UTR, reason="Seen in the bank’s app", actor="omar")

    page = omar.get(f"{CLAIMS}{claim.pk}/change/")

    assert [row[4:] for row in rows(page) if row[0] == session.session_id] == [["It paid another payment", ""]]
    assert "Mark paid" not in links(page)


def test_the_payments_timeline_tells_of_it(vikram, claim, session):
    page = vikram.get(f"/admin/payments/paymentsession/{session.pk}/change/")

    assert rows(page)[1][1:] == [f"Says that UTR {UTR} is theirs", "Customer", "No such money yet"]
    assert links(page)[f"Says that UTR {UTR} is theirs"] == f"{CLAIMS}{claim.pk}/change/"


def test_the_credits_page_tells_who_says_it_is_theirs(vikram, claim, session):
    credit = record_credit(amount_paise=1234_56, rrn=UTR).credit

    page = vikram.get(f"/admin/reconciliation/credit/{credit.pk}/change/")

    assert [session.session_id, "The money is here and waits for you"] == [rows(page)[-1][0], rows(page)[-1][4]]
    assert f"The customer of {session.session_id}" in says(page)


def test_a_disputed_credit_says_why_it_waits(vikram, claim, rival, session):
    credit = record_credit(amount_paise=session.payable_paise, rrn=UTR).credit

    assert credit.reason == "disputed"
    page = vikram.get(f"/admin/reconciliation/credit/{credit.pk}/change/")
    assert f"The customers of {session.session_id} and {rival.session.session_id} all say" in says(page)


def test_the_overview_counts_disputes_until_staff_decide(omar, claim, rival, session):
    assert "Disputed UTRs 1" in says(omar.get("/admin/"))
    assert f"{CLAIMS}?outcome=disputed" in omar.get("/admin/").content.decode()
    credit = record_credit(amount_paise=session.payable_paise, rrn=UTR).credit

    form = {"session_id": session.session_id, "reason": "Priya's screenshot and the bank's app"}
    omar.post(f"/admin/reconciliation/credit/{credit.pk}/attach/", form)

    session.refresh_from_db()
    assert (session.status, session.exception, Credit.objects.get().session) == ("success", "marked", session)
    assert not Notice.objects.filter(resolved_at=None).exists()
    assert "Disputed UTRs 0" in says(omar.get("/admin/"))


def test_a_session_is_found_by_the_utr_its_customer_typed(vikram, claim, session):
    assert column(vikram.get("/admin/payments/paymentsession/", {"q": UTR}), "Session ID") == [session.session_id]
