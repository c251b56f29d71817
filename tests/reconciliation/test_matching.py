"""Whose money a credit is, decided from facts alone."""

from dataclasses import replace
from datetime import timedelta

import pytest

from reconciliation.matching import Account, Candidate, decide, possible_accounts, tails_agree
from reconciliation.times import CreditTime, Precision
from tests.reconciliation.conftest import NOON, RRN, seconds

SESSION = Candidate(
    pk=1, session_id="A1", account_id=1, payable_paise=99_37, status="pending", marked=False, utr="", has_credit=False,
    created_at=NOON, hold_until=seconds(2400),
)  # fmt: skip
SHARED = Account(pk=1, bank="", tail="", own_space=False)
SBI_OWN = Account(pk=2, bank="sbi", tail="1234", own_space=True)
SBI_LIVE = Account(pk=3, bank="sbi", tail="5678", own_space=False)
HDFC = Account(pk=4, bank="hdfc", tail="1234", own_space=False)


def judge(
    sessions=(SESSION,), *, at=30.0, precision=Precision.CENTRE, rrn=RRN, arrived=None, amount=99_37, claimants=()
):
    when = CreditTime.starting(seconds(at), precision)
    decision = decide(
        amount_paise=amount,
        rrn=rrn,
        when=when,
        arrived_at=seconds(at if arrived is None else arrived),
        sessions=sessions,
        claimants=claimants,
        account_ids={1},
    )
    return decision.action.value, decision.reason, decision.session and decision.session.session_id


@pytest.mark.parametrize(
    ("one", "other", "agree"),
    [("1234", "1234", True), ("234", "1234", True), ("991234", "1234", True), ("1234", "5678", False), ("34", "1234", True),
     ("1234", "34", None), ("34", "34", True), ("", "1234", None), ("1234", "", None), ("35", "1234", False), ("1234", "4", None)],
)  # fmt: skip
def test_tails_are_compared_by_their_common_end(one, other, agree):
    assert tails_agree(one, other) is agree


@pytest.mark.parametrize(
    ("accounts", "bank", "tail", "possible"),
    [
        # An account that names its bank and tail and has its own amounts, named by the alert, is the only one.
        ([SHARED, SBI_OWN, SBI_LIVE], "sbi", "1234", [SBI_OWN]),
        # A named account without amounts of its own may still be one that staff named less.
        ([SHARED, SBI_OWN, SBI_LIVE], "sbi", "5678", [SHARED, SBI_LIVE]),
        # A tail that belongs to nobody, while all accounts of that bank name theirs.
        ([SBI_OWN, SBI_LIVE], "sbi", "9999", []),
        # No tail: any account of that bank.
        ([SBI_OWN, SBI_LIVE, HDFC], "sbi", "", [SBI_OWN, SBI_LIVE]),
        # A bank that none of the accounts is at: an alert of the payer's app's bank.
        ([SBI_OWN, SBI_LIVE], "hdfc", "1234", []),
        ([SHARED], "hdfc", "1234", [SHARED]),
        # Nothing is known about the alert.
        ([SHARED, SBI_OWN, HDFC], "", "", [SHARED, SBI_OWN, HDFC]),
    ],
)
def test_which_accounts_an_alert_may_be_about(accounts, bank, tail, possible):
    assert possible_accounts(accounts, bank=bank, tail=tail) == possible


@pytest.mark.parametrize("status", ["pending", "expired"])
def test_a_credit_in_time_confirms_its_session(status):
    assert judge([replace(SESSION, status=status)]) == ("confirm", None, "A1")


def test_a_cancelled_or_paid_session_is_for_staff():
    assert judge([replace(SESSION, status="cancelled")]) == ("review", "cancelled", "A1")
    assert judge([replace(SESSION, status="success", has_credit=True)]) == ("review", "already_paid", "A1")


@pytest.mark.parametrize(("utr", "rrn"), [("", RRN), (RRN, RRN), (RRN, ""), ("", "")])
def test_a_marked_session_gets_its_money(utr, rrn):
    marked = replace(SESSION, status="success", marked=True, utr=utr)

    assert judge([marked], rrn=rrn) == ("attach", None, "A1")
    assert judge([replace(marked, has_credit=True)], rrn=rrn)[0] == "review"


def test_a_marked_session_takes_no_other_utr():
    marked = replace(SESSION, status="success", marked=True, utr="000000000009")

    assert judge([marked]) == ("review", "already_paid", "A1")


def test_the_utr_of_a_marked_session_is_its_money_whenever_it_comes():
    marked = replace(SESSION, status="success", marked=True, utr=RRN)

    assert judge([marked], at=10 * 86400) == ("attach", None, "A1")
    assert judge([replace(marked, payable_paise=99_38)]) == ("review", "utr_used", None)


@pytest.mark.parametrize(
    ("at", "fits"), [(-2.1, False), (-2, True), (0, True), (600, True), (2400, True), (2400.1, False)]
)
def test_the_session_must_have_held_the_amount_at_that_time(at, fits):
    assert judge(at=at)[:2] == (("confirm", None) if fits else ("review", "no_session"))


@pytest.mark.parametrize(
    ("precision", "at", "fits"),
    [(Precision.MINUTE, -59, True), (Precision.MINUTE, -63, False), (Precision.HOUR, -3599, True), (Precision.HOUR, -3603, False)],
)  # fmt: skip
def test_a_coarse_time_fits_if_any_moment_of_it_does(precision, at, fits):
    assert (judge(at=at, precision=precision, arrived=60)[0] == "confirm") is fits


def test_two_that_fit_are_for_staff():
    earlier = replace(
        SESSION, pk=2, session_id="B2", created_at=seconds(-3000), hold_until=seconds(-20), status="expired"
    )

    assert judge([earlier, SESSION], at=-40, precision=Precision.MINUTE, arrived=60) == ("review", "several", None)
    assert judge([earlier, SESSION], at=10) == ("confirm", None, "A1")


def test_an_arrival_is_a_time_only_if_nobody_else_held_the_amount():
    earlier = replace(
        SESSION, pk=2, session_id="B2", created_at=seconds(-9000), hold_until=seconds(-6000), status="expired"
    )

    assert judge(precision=Precision.ARRIVAL) == ("confirm", None, "A1")
    assert judge([earlier, SESSION], precision=Precision.ARRIVAL) == ("review", "uncertain_time", None)


def test_a_day_is_no_time():
    assert judge(precision=Precision.DATE, arrived=3600) == ("review", "uncertain_time", None)


def test_after_three_days_only_staff_decide():
    late = timedelta(hours=72).total_seconds() + 30

    assert judge(arrived=late) == ("confirm", None, "A1")
    assert judge(arrived=late + 1) == ("review", "stale", None)


def test_a_claim_says_whose_money_it_is_whatever_else_fits():
    late = replace(SESSION, pk=2, session_id="B2", status="expired", hold_until=seconds(10))

    assert judge([SESSION], claimants=[late]) == ("confirm", None, "B2")
    assert judge([], claimants=[late], precision=Precision.DATE, arrived=9 * 86_400) == ("confirm", None, "B2")
    assert judge([], claimants=[replace(late, status="cancelled")]) == ("review", "cancelled", "B2")


@pytest.mark.parametrize(
    "claimant",
    [
        replace(SESSION, pk=2, session_id="B2", payable_paise=99_38),
        replace(SESSION, pk=2, session_id="B2", created_at=seconds(33)),
        replace(SESSION, pk=2, session_id="B2", account_id=2),
    ],
    ids=["another amount", "asked later", "another account"],
)
def test_a_claim_that_cannot_be_changes_no_decision(claimant):
    assert judge([SESSION], claimants=[claimant]) == ("confirm", None, "A1")
    assert judge([], claimants=[claimant]) == ("review", "no_session", None)


def test_two_claims_are_for_staff_but_for_what_staff_have_decided():
    marked = replace(SESSION, status="success", marked=True, utr=RRN)
    other = replace(SESSION, pk=2, session_id="B2")

    assert judge([SESSION], claimants=[SESSION, other]) == ("review", "disputed", None)
    assert judge([marked], claimants=[marked, other]) == ("attach", None, "A1")
