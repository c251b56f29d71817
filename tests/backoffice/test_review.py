from datetime import UTC, datetime

import pytest

from backoffice.models import StaffAction
from reconciliation.forwarders import Alert
from reconciliation.models import Credit, Evidence
from reconciliation.services import received
from reconciliation.services.alerts import process_evidence, record_evidence
from reconciliation.services.banks import add_template
from reconciliation.services.received import record_credit
from tests.backoffice.pages import column, links, rows, says

pytestmark = pytest.mark.django_db
CREDITS = "/admin/reconciliation/credit/"
ALERTS = "/admin/reconciliation/evidence/"
LINE = "Dear Member, your {account} is credited with {amount} on {date} by UPI Ref {rrn}"
EXAMPLE = "Dear Member, your A/c XX1234 is credited with Rs 7.41 on 14-04-26 by UPI Ref 512345678907"


def test_the_queue_shows_what_waits_and_why(vikram, credit):
    (row,) = rows(vikram.get(CREDITS))

    assert row[:3] == ["₹1,234.56", "512345678901", "—"]
    assert row[4:6] == ["To be looked at", credit.explanation]
    assert credit.explanation


def test_test_money_waits_apart(vikram, credit):
    Credit.objects.update(test=True)

    assert rows(vikram.get(CREDITS))[0][0].startswith("Nothing to look at")
    assert column(vikram.get(CREDITS + "?mode=test"), "UTR") == ["512345678901"]
    assert column(vikram.get(CREDITS, {"q": "512345678901"}), "State") == ["To be looked at Test"]


def test_the_nearest_payments_stand_on_the_credits_own_page(vikram, credit):
    Credit.objects.update(explanation="No payment waited. Nearest: A1B2 (₹99.37, pending).")

    assert column(vikram.get(CREDITS), "Explanation") == ["No payment waited."]
    assert "Nearest: A1B2 (₹99.37, pending)." in says(vikram.get(f"{CREDITS}{credit.pk}/change/"))


def test_an_empty_queue_says_so(vikram):
    assert rows(vikram.get(CREDITS))[0][0].startswith("Nothing to look at")
    assert rows(vikram.get(ALERTS))[0][0].startswith("Nothing to look at")


def test_a_credit_is_found_by_its_utr_whatever_became_of_it(vikram, credit):
    Credit.objects.update(state="set_aside")

    assert rows(vikram.get(CREDITS))[0][0].startswith("Nothing to look at")
    assert column(vikram.get(CREDITS, {"q": "5123 4567 8901"}), "State") == ["Set aside"]
    assert column(vikram.get(CREDITS + "?state=all"), "State") == ["Set aside"]


def test_an_operator_says_whose_money_it_is(omar, credit, session):
    form = {"session_id": f" {session.session_id.lower()} ", "reason": "The customer rounded up"}
    answer = omar.post(f"{CREDITS}{credit.pk}/attach/", form, follow=True)

    credit.refresh_from_db()
    session.refresh_from_db()
    assert (session.status, session.exception, session.utr) == ("success", "marked", "512345678901")
    assert (credit.state, credit.session, credit.settled_by) == ("matched", session, "omar")
    assert (session.events.get().actor, session.events.get().reason) == ("omar", "The customer rounded up")
    assert "Credit of ₹1,234.56, UTR 512345678901" in says(answer)


@pytest.mark.parametrize(
    ("form", "status", "said"),
    [
        ({"session_id": "A1B2", "reason": "Mine"}, 409, "There is no session with this ID."),
        ({"session_id": "", "reason": "Mine"}, 400, "This field is required."),
        ({"session_id": "A1B2", "reason": ""}, 400, "Say why."),
    ],
)
def test_an_attachment_that_cannot_be_changes_nothing(omar, credit, form, status, said):
    answer = omar.post(f"{CREDITS}{credit.pk}/attach/", form)

    assert answer.status_code == status
    assert said in says(answer)
    credit.refresh_from_db()
    assert credit.state == "review"
    assert not StaffAction.objects.exists()


def test_a_credit_is_set_aside_once(omar, credit):
    omar.post(f"{CREDITS}{credit.pk}/set-aside/", {"reason": "My own transfer"})

    credit.refresh_from_db()
    assert (credit.state, credit.settled_by) == ("set_aside", "omar")
    assert omar.post(f"{CREDITS}{credit.pk}/set-aside/", {"reason": "Again"}).status_code == 409
    assert StaffAction.objects.count() == 1


def test_what_was_set_aside_is_looked_at_again(omar, credit):
    page = f"{CREDITS}{credit.pk}"
    omar.post(f"{page}/set-aside/", {"reason": "My own transfer"})
    assert "Look at again" in links(omar.get(f"{page}/change/"))

    assert omar.post(f"{page}/look-again/", {"reason": ""}).status_code == 400
    answer = omar.post(f"{page}/look-again/", {"reason": "It was Priya’s"}, follow=True)

    credit.refresh_from_db()
    assert (credit.state, credit.settled_by) == ("review", "")
    assert credit.explanation == "No payment fits. omar wants it looked at again: It was Priya’s"
    done = StaffAction.objects.latest("pk")
    assert (done.actor, done.action, done.reason) == ("omar", "look-again", "It was Priya’s")
    assert "Decision To be looked at again: It was Priya’s" in says(answer)
    assert column(omar.get(CREDITS), "UTR") == ["512345678901"]


@pytest.mark.parametrize("state", ["review", "matched", "refund", "refunded"])
def test_only_what_was_set_aside_is_looked_at_again(omar, credit, session, state):
    Credit.objects.update(state=state, session=session, refund_utr="624412345678")

    assert omar.post(f"{CREDITS}{credit.pk}/look-again/", {"reason": "Again"}).status_code == 409
    assert not received.look_again(credit_id=credit.pk, reason="Again", actor="omar")
    assert Credit.objects.get().state == state


@pytest.fixture
def rival(credit):
    """Other money with the UTR of `credit`."""
    return record_credit(amount_paise=99_00, rrn=credit.rrn).credit


def test_credits_with_one_utr_lead_to_each_other(omar, credit, rival):
    for each, other in ((credit, rival), (rival, credit)):
        page = omar.get(f"{CREDITS}{each.pk}/change/")

        (row,) = [row for row in rows(page) if len(row) == 6 and row[1] == credit.rrn]
        amount = f"₹{'99.00' if other == rival else '1,234.56'}"
        assert [row[0], row[4]] == [amount, "To be looked at"]
        assert links(page)[amount] == f"{CREDITS}{other.pk}/change/"
        assert "What to do Look the UTR up in the bank’s own books" in says(page)
        assert "Compare with what else came with its UTR." in says(page)


def test_a_rival_that_has_paid_is_shown_with_its_payment(omar, credit, rival, session):
    received.attach_credit(credit_id=credit.pk, session_id=session.pk, reason="In the books", actor="omar")

    (row,) = [row for row in rows(omar.get(f"{CREDITS}{rival.pk}/change/")) if len(row) == 6 and row[1] == credit.rrn]
    assert row[4:] == ["Matched", session.session_id]
    paid = omar.get(f"{CREDITS}{credit.pk}/change/")
    assert links(paid)["₹99.00"] == f"{CREDITS}{rival.pk}/change/"
    assert "What to do" not in says(paid)


def test_test_money_with_that_utr_is_no_rival(omar, credit, rival):
    Credit.objects.filter(pk=rival.pk).update(test=True)

    for each in (credit, rival):
        assert "What else came with this UTR" not in says(omar.get(f"{CREDITS}{each.pk}/change/"))


def test_an_alert_is_named_by_the_time_that_its_page_shows(omar, alert):
    Evidence.objects.update(received_at=datetime(2026, 4, 14, 20, 5, 9, tzinfo=UTC))

    page = omar.get(f"{ALERTS}{alert.pk}/change/")

    assert "SBIUPI, 15 Apr 2026, 01:35:09" in says(page)


def test_an_alert_is_set_aside_once(omar, alert):
    assert column(omar.get(ALERTS), "Explanation") == ["It is not clear."]

    omar.post(f"{ALERTS}{alert.pk}/set-aside/", {"reason": "Advertising"})

    alert.refresh_from_db()
    assert (alert.state, alert.explanation) == ("ignored", "omar: Advertising")
    assert omar.post(f"{ALERTS}{alert.pk}/set-aside/", {"reason": "Again"}).status_code == 409
    assert Evidence.objects.count() == 1


def test_an_alert_is_read_again_once_its_bank_is_known(omar, meera, channel, account, open_payment):
    session = open_payment(rupees=500)
    text = f"Dear Member, your A/c XX1234 is credited with Rs {session.payable_paise / 100:.2f} on 14-04-26 by UPI Ref 512345678901"
    alert = record_evidence(channel=channel, alert=Alert(sender="VM-SBIUPI-S", text=text, sent_at=session.created_at))
    assert process_evidence(evidence_id=alert.pk).state == "review"
    add_template(name="Asha Bank", code="sbi", headers=["SBIUPI"], lines=[LINE], examples=[EXAMPLE])

    omar.post(f"{ALERTS}{alert.pk}/again/")

    alert.refresh_from_db()
    assert (alert.state, alert.credit.rrn) == ("credit", "512345678901")
    assert omar.post(f"{ALERTS}{alert.pk}/again/").status_code == 409
    assert Credit.objects.count() == 1


def test_a_templates_alerts_are_read_again_together(meera, channel, account):
    texts = [
        f"Dear Member, your A/c XX1234 is credited with Rs {n}.41 on 14-04-26 by UPI Ref 51234567890{n}" for n in (1, 2)
    ]
    for text in [*texts, "Rs 500 credited to you perhaps"]:
        alert = record_evidence(channel=channel, alert=Alert(sender="VM-SBIUPI-S", text=text))
        process_evidence(evidence_id=alert.pk)
    template = add_template(name="Asha Bank", code="sbi", headers=["SBIUPI"], lines=[LINE], examples=[EXAMPLE])

    answer = meera.post(f"/admin/reconciliation/banktemplate/{template.pk}/read-again/", follow=True)

    assert "3 read again: 2 tell of money, 1 do not or still wait." in says(answer)
    assert Evidence.objects.filter(state="credit").count() == 2


def test_credits_are_filtered_by_why_they_wait(vikram, credit):
    assert column(vikram.get(CREDITS + "?reason=no_session"), "UTR") == ["512345678901"]
    assert rows(vikram.get(CREDITS + "?reason=late"))[0][0].startswith("Nothing matches")
