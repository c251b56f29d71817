"""What tells of one payment and what of two; each small history in every order it may come in."""

from collections import Counter
from contextlib import contextmanager
from itertools import permutations

import pytest
from django.db import transaction

from payments.models import Notice, PaymentSession, UpiAccount
from reconciliation import crediting
from reconciliation.crediting import Facts
from reconciliation.models import Credit, CreditSource, Evidence
from reconciliation.services import received
from reconciliation.times import CreditTime, Precision, read_printed
from tests.reconciliation.conftest import NOON, RRN, seconds

pytestmark = pytest.mark.django_db
OTHER_RRN = "624412345679"


@pytest.fixture
def tell(phone, account):
    """Let one witness speak: an alert at `at` seconds after noon, or with `day` a statement's row."""
    UpiAccount.objects.update(bank="hdfc", account_tail="1234")

    def tell(paise=99_37, *, at=0.0, rrn="", day=False, bank="hdfc", tail="1234", payer="", sender="HDFCBK", text=""):
        evidence = None
        if not day:
            evidence = Evidence.objects.create(
                channel=phone,
                digest=str(Evidence.objects.count()),
                sender=sender,
                text=text or f"{at} {rrn}",
                arrived_at=seconds(4000),
                received_at=seconds(4000),
            )
        facts = Facts(
            amount_paise=paise,
            when=read_printed(f"{NOON:%d-%m-%Y}") if day else CreditTime.starting(seconds(at), Precision.CENTRE),
            arrived_at=seconds(4000),
            source=CreditSource.ALERT,
            rrn=rrn,
            bank=bank,
            account_tail=tail,
            payer=payer,
        )
        taken = crediting.take(facts, evidence)
        if evidence:
            Evidence.objects.filter(pk=evidence.pk).update(credit=taken.credit)
        return taken.credit

    return tell


@pytest.fixture
def in_every_order(tell, clock):
    """Return the different ends of a history, given as arguments of `tell`, over all orders it may come in."""

    @contextmanager
    def rolled_back():
        with transaction.atomic():
            yield
            transaction.set_rollback(True)

    def in_every_order(*told):
        clock.shift(4000)
        ends = []
        for order in permutations(told):
            with rolled_back():
                for witness in order:
                    tell(**witness)
                if (end := (paid(), credits_())) not in ends:
                    ends.append(end)
        return ends

    return in_every_order


def paid() -> list[tuple[str, str]]:
    return list(PaymentSession.objects.order_by("pk").values_list("status", "utr"))


def credits_() -> Counter[tuple[int, str, str, str]]:
    return Counter(Credit.objects.values_list("amount_paise", "rrn", "state", "reason"))


def test_a_statements_row_names_what_an_alert_had_confirmed_and_an_alert_times_a_row(open_session, in_every_order):
    open_session(payable=99_37)

    ends = in_every_order({"at": 30}, {"rrn": RRN, "day": True})

    assert ends == [([("success", RRN)], Counter({(99_37, RRN, "matched", ""): 1}))]


def test_a_row_alone_confirms_nothing(open_session, in_every_order):
    open_session(payable=99_37)

    ends = in_every_order({"rrn": RRN, "day": True})

    assert ends == [([("pending", "")], Counter({(99_37, RRN, "review", "uncertain_time"): 1}))]


def test_rows_of_a_day_with_two_such_payments_are_nobodys(open_session, in_every_order):
    open_session(payable=99_37)
    rows = ({"rrn": RRN, "day": True}, {"rrn": OTHER_RRN, "day": True})

    ends = in_every_order({"at": 30}, {"at": 900}, *rows)

    expected = Counter(
        {
            (99_37, "", "matched", ""): 1,
            (99_37, "", "review", "already_paid"): 1,
            (99_37, RRN, "review", "uncertain_time"): 1,
            (99_37, OTHER_RRN, "review", "uncertain_time"): 1,
        }
    )
    assert ends == [([("success", "")], expected)]


def test_a_row_that_was_taken_for_another_payment_is_given_back(open_session, in_every_order):
    """The row of the second payment comes while only the first is known; then the second's own alert comes."""
    open_session(payable=99_37)

    ends = in_every_order({"at": 30}, {"rrn": OTHER_RRN, "day": True}, {"rrn": OTHER_RRN, "at": 2500})

    expected = Counter({(99_37, "", "matched", ""): 1, (99_37, OTHER_RRN, "review", "no_session"): 1})
    assert ends == [([("success", "")], expected)]


def test_a_given_back_row_takes_its_utr_with_it(open_session, tell, clock):
    session = open_session(payable=99_37)
    clock.shift(4000)
    tell(at=30)
    tell(rrn=OTHER_RRN, day=True)
    session.refresh_from_db()
    assert (session.status, session.utr) == ("success", OTHER_RRN)

    tell(rrn=RRN, at=31)

    session.refresh_from_db()
    assert (session.status, session.utr) == ("success", RRN)
    row = Credit.objects.get(rrn=OTHER_RRN)
    assert (row.state, row.reason, row.precision) == ("review", "uncertain_time", "date")


def test_a_third_alert_proves_what_a_row_had_guessed(open_session, tell, clock):
    session = open_session(payable=99_37)
    clock.shift(4000)
    tell(at=30)
    tell(rrn=RRN, day=True)
    assert Credit.objects.get().rrn_presumed

    tell(rrn=RRN, at=31)

    session.refresh_from_db()
    assert (Credit.objects.get().rrn_presumed, session.utr) == (False, RRN)


def test_another_amount_under_a_known_utr_is_a_conflict_whatever_comes_first(open_session, in_every_order):
    open_session(payable=99_41)

    ends = in_every_order({"rrn": RRN}, {"rrn": RRN, "paise": 99_38}, {"rrn": RRN, "paise": 99_38, "at": 1})

    assert {tuple(end[0]) for end in ends} == {(("pending", ""),)}
    for _, kept in ends:
        assert sorted((paise, state, reason) for paise, _, state, reason in kept.elements()) == [
            (99_37, "review", "rrn_conflict"),
            (99_38, "review", "rrn_conflict"),
        ]


def test_what_came_before_the_conflict_stays_paid(open_session, tell, clock):
    session = open_session(payable=99_37)
    clock.shift(4000)
    tell(rrn=RRN)

    tell(rrn=RRN, paise=99_38)

    session.refresh_from_db()
    assert (session.status, session.utr) == ("success", RRN)
    conflict = Credit.objects.get(reason="rrn_conflict")
    assert (conflict.amount_paise, conflict.bank_ref) == (99_38, RRN)


@pytest.mark.parametrize("echo", [{"rrn": RRN}, {"rrn": OTHER_RRN}, {}])
def test_the_echo_of_another_bank_never_pays_and_never_hinders(open_session, in_every_order, echo):
    """State Bank writes about credits to any @oksbi ID, though the account is at another bank."""
    open_session(payable=99_37)

    ends = in_every_order({"rrn": RRN, "at": 30}, {"bank": "sbi", "tail": "9999", "at": 31, "sender": "SBIUPI", **echo})

    assert len(ends) == 1
    assert ends[0][0] == [("success", RRN)]
    same = echo == {"rrn": RRN}
    assert ends[0][1][(99_37, RRN, "matched", "")] == 1
    assert sum(ends[0][1].values()) == (1 if same else 2)


def test_the_echo_lends_its_reference_to_no_alert_of_ours(open_session, in_every_order):
    open_session(payable=99_37)

    ends = in_every_order({"at": 30}, {"rrn": RRN, "bank": "sbi", "tail": "9999", "at": 31, "sender": "SBIUPI"})

    assert [end[0] for end in ends] == [[("success", "")]]
    assert ends[0][1][(99_37, "", "matched", "")] == 1


def test_a_notification_that_names_no_account_joins_ours_and_not_the_echo(open_session, in_every_order):
    open_session(payable=99_37)

    ends = in_every_order(
        {"bank": "", "tail": "", "at": 30, "sender": "phonepe"}, {"bank": "sbi", "at": 31, "sender": "SBIUPI"}
    )

    expected = Counter({(99_37, "", "matched", ""): 1, (99_37, "", "review", "other_account"): 1})
    assert ends == [([("success", "")], expected)]


@pytest.mark.parametrize(
    "second",
    [
        {"sender": "HDFCBK", "text": "99.37 came in. Bal 599.37"},
        {"sender": "phonepe", "payer": "B SINGH", "bank": "", "tail": ""},
        {"sender": "hdfcbank.net", "payer": "B SINGH"},
    ],
)
def test_a_second_payment_within_minutes_is_not_swallowed(open_session, in_every_order, second):
    open_session(payable=99_37)
    first = {"sender": "HDFCBK", "text": "99.37 came in. Bal 500.00", "payer": "A KUMAR", "at": 30}

    ends = in_every_order(first, {"at": 60, **second})

    expected = Counter({(99_37, "", "matched", ""): 1, (99_37, "", "review", "already_paid"): 1})
    assert ends == [([("success", "")], expected)]


def test_two_upi_ids_are_two_payers(open_session, in_every_order):
    open_session(payable=99_37)

    ends = in_every_order({"payer": "asha@okaxis", "sender": "one"}, {"payer": "ravi@okaxis", "sender": "two", "at": 9})

    assert [sum(end[1].values()) for end in ends] == [2]


def test_an_alert_of_the_next_holder_of_an_amount_does_not_join_the_last_ones(open_session, in_every_order, clock):
    """The first pays in the last minute that its hold allows, the second at once."""
    first = open_session(payable=99_37)
    PaymentSession.objects.filter(pk=first.pk).update(holds_amount=False)
    clock.shift(2401)
    open_session(payable=99_37)

    ends = in_every_order({"at": 2395, "sender": "HDFCBN"}, {"at": 2410, "rrn": RRN}, {"at": 2411, "sender": "mail"})

    assert [end[0] for end in ends] == [[("success", ""), ("success", RRN)]]


def test_a_row_that_was_taken_for_the_last_holders_payment_is_given_to_the_next_ones(
    open_session, in_every_order, clock
):
    first = open_session(payable=99_37)
    PaymentSession.objects.filter(pk=first.pk).update(holds_amount=False)
    clock.shift(2401)
    open_session(payable=99_37)

    ends = in_every_order({"at": 2395, "sender": "HDFCBN"}, {"day": True, "rrn": RRN}, {"at": 2410, "rrn": RRN})

    assert [end[0] for end in ends] == [[("success", ""), ("success", RRN)]]


def test_a_better_time_that_contradicts_a_confirmation_is_told_and_undoes_nothing(open_session, tell, clock):
    clock.shift(60)
    session = open_session(payable=99_37)
    clock.shift(4000)
    tell(at=90)

    tell(at=0, rrn=RRN)

    session.refresh_from_db()
    assert (session.status, session.utr) == ("success", RRN)
    notice = Notice.objects.get()
    assert (notice.kind, notice.subject_key) == ("contradiction", session.session_id)
    assert notice.text.startswith("The money came at a moment when this payment did not ask for it.")


def test_a_merge_that_makes_a_late_payment_one_in_time_confirms(open_session, tell, clock, settings):
    settings.LATE_POLICY = "review"
    session = open_session(payable=99_37)
    clock.shift(4000)
    assert tell(at=630).reason == "late"

    tell(at=590, rrn=RRN)

    session.refresh_from_db()
    assert (session.status, session.exception, session.utr, session.paid_at) == ("success", "", RRN, seconds(590))


def test_a_payment_that_was_not_late_after_all_is_not_called_so(open_session, tell, clock):
    session = open_session(payable=99_37)
    clock.shift(4000)
    tell(at=610)
    session.refresh_from_db()
    assert session.exception == "paid_late"

    tell(at=590, rrn=RRN)

    session.refresh_from_db()
    assert (session.exception, session.paid_at) == ("", seconds(590))


def test_what_staff_closed_stays_closed_though_its_reference_is_told_again(tell, clock):
    clock.shift(4000)
    credit = tell(rrn=RRN)
    assert received.set_credit_aside(credit_id=credit.pk, reason="My own transfer", actor="meera")

    tell(rrn=RRN, at=7)

    credit.refresh_from_db()
    assert (credit.state, Credit.objects.count()) == ("set_aside", 1)
