"""What did not pay by itself reaches staff with a clear reason, and with the payments that may be meant."""

import pytest

from reconciliation.models import Credit
from reconciliation.services.claims import claim_utr
from reconciliation.services.nearest import near
from reconciliation.services.received import record_credit
from tests.reconciliation.conftest import RRN, sbi_text, seconds

pytestmark = pytest.mark.django_db
OTHER_RRN = "624412345679"


@pytest.mark.parametrize(
    ("paise", "why", "hint"),
    [
        (99_36, "₹0.01 less than it asked for, at its time.", False),
        (99_38, "₹0.01 more than it asked for, at its time.", False),
        (99_00, "₹0.37 less than it asked for, at its time.", True),
        (100_00, "₹0.63 more than it asked for, at its time.", True),
    ],
)
def test_a_mistyped_amount_names_the_payment_it_was_meant_for(open_session, sms, paise, why, hint):
    session = open_session(payable=99_37)

    sms(sbi_text(paise), sent_at=seconds(0))

    credit = Credit.objects.get()
    assert (credit.state, credit.reason) == ("review", "no_session")
    assert ("is a whole amount: the payer may have typed it by hand." in credit.explanation) is hint
    (nearest,) = near(credit)
    assert (nearest.session, nearest.why, nearest.lacks_money) == (session, why, True)
    session.refresh_from_db()
    assert session.status == "pending"


def test_a_payment_made_twice_names_the_payment_that_has_its_money(open_session, sms):
    session = open_session(payable=99_37)
    sms(sbi_text(99_37), sent_at=seconds(0))
    sms(sbi_text(99_37, rrn=OTHER_RRN), sent_at=seconds(0))

    credit = Credit.objects.get(rrn=OTHER_RRN)
    assert (credit.state, credit.reason, credit.session) == ("review", "already_paid", session)
    assert [(each.session, each.lacks_money) for each in near(credit)] == [(session, False)]


def test_a_strangers_money_names_nobody(open_session, sms):
    open_session(payable=99_37)

    sms(sbi_text(55_500_00), sent_at=seconds(0))

    credit = Credit.objects.get()
    assert (credit.state, credit.reason) == ("review", "no_session")
    assert near(credit) == []


def test_money_after_the_hold_names_the_payment_that_asked_for_it(open_session, sms, clock):
    session = open_session(payable=99_37)
    clock.shift(7200)

    sms(sbi_text(99_37), sent_at=seconds(7000))

    credit = Credit.objects.get()
    assert (credit.state, credit.reason) == ("review", "no_session")
    assert [(each.session, each.why) for each in near(credit)] == [(session, "Its amount, at another time.")]


def test_a_late_payment_waits_with_its_session_where_the_shop_wants_it(open_session, sms, clock, settings):
    settings.LATE_POLICY = "review"
    session = open_session(payable=99_37)
    clock.shift(700)

    sms(sbi_text(99_37), sent_at=seconds(650))

    credit = Credit.objects.get()
    assert (credit.state, credit.reason, credit.session) == ("review", "late", session)
    assert [(each.session, each.lacks_money) for each in near(credit)] == [(session, True)]


def test_who_names_the_utr_comes_first(open_session):
    open_session(payable=99_37)
    claimant = open_session(paise=600_00, payable=500_00)
    claim_utr(session_id=claimant.pk, text=RRN, client=None)

    credit = record_credit(amount_paise=99_38, rrn=RRN, credited_at=seconds(0)).credit

    assert near(credit)[0].session == claimant
    assert near(credit)[0].why == "It names this UTR. ₹400.62 less than it asked for."
    assert len(near(credit)) == 2


def test_a_credit_keeps_what_its_decision_followed_from(open_session, sms):
    session = open_session(payable=99_37)

    sms(sbi_text(99_37), sent_at=seconds(0))

    credit = Credit.objects.get()
    decision = credit.decision
    assert (decision["by"], decision["rule"]) == ("PayGate", "Matched by exact amount and time")
    assert [each["session"] for each in decision["candidates"]] == [session.session_id]
    assert decision["candidates"][0]["status"] == "pending"
    assert (credit.seen[0]["rule"], credit.seen[0]["evidence"]) == ("sbi: UPI", credit.evidences.get().pk)


def test_a_conflict_keeps_why_both_wait(phone, account):
    for paise in (99_37, 99_38):
        record_credit(amount_paise=paise, rrn=RRN, credited_at=seconds(0))

    decisions = Credit.objects.order_by("pk").values_list("decision", flat=True)
    assert [(each["amount_paise"], each["rule"]) for each in decisions] == [
        (99_37, "Left to staff: UTR seen with other facts"),
        (99_38, "Left to staff: UTR seen with other facts"),
    ]
