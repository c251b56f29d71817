"""One payment told twice, without a UTR and with one that another customer claims: it pays one session."""

from datetime import timedelta
from itertools import permutations

import pytest
from django.db import transaction
from django.utils import timezone

from payments import services as payments
from payments.models import PaymentSession, UpiAccount
from reconciliation import crediting
from reconciliation.crediting import Facts
from reconciliation.forwarders import Alert
from reconciliation.models import AlertChannel, Credit, CreditSource, StatementImport
from reconciliation.services import alerts, received
from reconciliation.services.channels import add_channel, add_phone
from reconciliation.services.claims import claim_utr
from reconciliation.times import INDIA, CreditTime, Precision
from tests.reconciliation.conftest import RRN, seconds
from tests.reconciliation.statements.test_import import read, state_of, work

OTHER_RRN = "624412345679"
HOUR = 3600


@pytest.fixture
def bank_says(db, account):
    """IDFC FIRST, whose texts name no UTR, tells of an amount at a time."""
    UpiAccount.objects.update(bank="idfc", account_tail="1234")
    phone, _ = add_phone(label="Counter", senders=["IDFCFB"])

    def bank_says(paise: int, at, *, balance: str = "10000.00") -> None:
        at = at.astimezone(INDIA)
        text = (
            f"Your A/C XXXXXXX1234 is credited by INR {paise // 100}.{paise % 100:02d} on {at:%d/%m/%y} {at:%H:%M}. "
            f"New Bal :INR {balance}"
        )
        alert = Alert(sender="VM-IDFCFB-S", text=text, sent_at=at, seen_at=None)
        alerts.process_evidence(evidence_id=alerts.record_evidence(channel=phone, alert=alert).pk)

    return bank_says


@pytest.fixture
def load_rows(db):
    """The bank's statement tells of a UTR, an amount and a day each."""
    channel = add_channel(kind=AlertChannel.Kind.STATEMENT, label="Current account")

    def load_rows(*rows: tuple[str, int, str]) -> StatementImport:
        lines = [f"{day},UPI-A KUMAR-{rrn}-ORDER,{rrn.zfill(16)},,{paise / 100:.2f}\n" for rrn, paise, day in rows]
        return work(read(("Date,Description,Reference,Debit,Credit\n" + "".join(lines)).encode(), channel))

    return load_rows


@pytest.fixture
def statement_says(bank_says, load_rows):
    return load_rows


@pytest.fixture
def again(open_session, clock):
    """Hours later another customer is asked for a session's amount."""

    def again(session: PaymentSession) -> PaymentSession:
        clock.shift(3 * HOUR)
        payments.expire_due_sessions()
        payments.release_amounts()
        return open_session(payable=session.payable_paise)

    return again


def statuses(*sessions: PaymentSession) -> list[str]:
    return [state_of(session)[0] for session in sessions]


def claim(session: PaymentSession) -> None:
    claim_utr(session_id=session.pk, text=RRN, client=None)


def test_a_row_booked_the_next_day_pays_no_claimant(bank_says, statement_says, open_session, again, clock):
    clock.shift(12 * HOUR - 120)
    paid = open_session()
    bank_says(paid.payable_paise, timezone.now())
    claimed = again(paid)
    claim(claimed)
    clock.shift(26 * HOUR)

    statement_says((RRN, paid.payable_paise, "02/09/26"))

    assert statuses(paid, claimed) == ["success", "pending"]
    credit = Credit.objects.get(rrn=RRN)
    assert (credit.state, credit.reason) == ("review", "uncertain_time")
    assert credit.explanation.startswith(
        f"It fits {claimed.session_id}, but it may be the money of {paid.session_id}, told again."
    )


def test_rows_of_two_payments_pay_no_third_session(bank_says, statement_says, open_session, again, clock):
    first = open_session()
    bank_says(first.payable_paise, timezone.now())
    second = again(first)
    bank_says(first.payable_paise, timezone.now(), balance="10099.00")
    third = again(first)
    claim(third)
    clock.shift(26 * HOUR)

    statement_says((RRN, first.payable_paise, "01/09/26"), (OTHER_RRN, first.payable_paise, "01/09/26"))

    assert statuses(first, second, third) == ["success", "success", "pending"]


def test_an_alert_behind_the_statement_pays_nobody(bank_says, statement_says, open_session, again):
    first = open_session()
    claimed = again(first)
    claim(claimed)
    statement_says((RRN, first.payable_paise, "01/09/26"))
    assert statuses(first, claimed) == ["expired", "success"]

    bank_says(first.payable_paise, seconds(60))

    assert statuses(first, claimed) == ["expired", "success"]
    assert "may be the money of" in Credit.objects.get(state="review").explanation


def test_money_that_came_after_the_statement_pays(bank_says, statement_says, open_session, again, clock):
    claimed = open_session()
    claim(claimed)
    statement_says((RRN, claimed.payable_paise, "01/09/26"))
    clock.shift(24 * HOUR)  # a claim keeps its amount for a day
    later = again(claimed)
    clock.shift(60)

    bank_says(later.payable_paise, timezone.now())

    assert statuses(claimed, later) == ["success", "success"]


def test_a_row_that_is_let_go_pays_no_claimant(bank_says, statement_says, open_session, again, clock):
    first = open_session()
    bank_says(first.payable_paise, timezone.now())
    second = again(first)
    statement_says((RRN, first.payable_paise, "01/09/26"))
    third = again(first)
    claim(third)

    bank_says(first.payable_paise, second.created_at + timedelta(seconds=60), balance="10099.00")

    assert statuses(first, second, third)[2] == "pending"


def test_a_late_alert_of_unknown_time_pays_no_claimant(bank_says, open_session, again, clock):
    paid = open_session()
    bank_says(paid.payable_paise, timezone.now())
    claimed = again(paid)
    claim(claimed)
    now = timezone.now()
    facts = Facts(
        amount_paise=paid.payable_paise,
        when=CreditTime.starting(now, Precision.ARRIVAL),
        arrived_at=now,
        source=CreditSource.ALERT,
        rrn=RRN,
        bank="idfc",
        account_tail="1234",
    )

    with transaction.atomic():
        crediting.take(facts)

    assert statuses(paid, claimed) == ["success", "pending"]


def test_a_row_told_before_money_came_is_not_its_row(bank_says, statement_says, open_session, clock):
    clock.shift(HOUR)
    session = open_session()
    statement_says((RRN, session.payable_paise, "01/09/26"))
    clock.shift(600)

    bank_says(session.payable_paise, timezone.now())

    assert state_of(session) == ("success", "")
    assert Credit.objects.get(rrn=RRN).state == "review"


def test_money_that_staff_marked_without_its_utr_pays_no_claimant(bank_says, statement_says, open_session, again):
    marked = open_session()
    received.mark_paid(session_id=marked.pk, utr="", reason="He showed it to me", actor="meera")
    claimed = again(marked)
    claim(claimed)

    statement_says((RRN, marked.payable_paise, "01/09/26"))

    assert statuses(marked, claimed) == ["success", "pending"]


def test_money_recorded_without_a_time_pays_once(bank_says, open_session, again):
    first = open_session()
    claimed = again(first)
    claim(claimed)
    received.record_credit(amount_paise=first.payable_paise, rrn=RRN)

    bank_says(first.payable_paise, seconds(60))

    assert statuses(first, claimed) == ["expired", "success"]


@pytest.fixture
def cancelled(bank_says, open_session):
    """A cancelled payment whose money came all the same, told without its UTR."""
    session = open_session()
    payments.cancel_session(session_id=session.pk, actor="customer")
    bank_says(session.payable_paise, seconds(60))
    assert Credit.objects.get().reason == "cancelled"
    return session


def set_aside(credit: Credit) -> None:
    received.set_credit_aside(credit_id=credit.pk, reason="Ours", actor="omar")


def send_back(credit: Credit) -> None:
    received.mark_for_refund(credit_id=credit.pk, upi_id="payer@ybl", reason="Cancelled", actor="omar")


def refund(credit: Credit) -> None:
    send_back(credit)
    received.close_refund(credit_id=credit.pk, utr="712345678901", actor="omar")


@pytest.mark.parametrize("settle", [set_aside, send_back, refund])
@pytest.mark.parametrize("steps", ["settle claim row", "claim settle row", "settle row claim"])
def test_money_that_staff_settled_pays_no_claimant(cancelled, statement_says, again, settle, steps):
    credit, claimed = Credit.objects.get(), again(cancelled)
    verbs = {
        "settle": lambda: settle(credit),
        "claim": lambda: claim(claimed),
        "row": lambda: statement_says((RRN, cancelled.payable_paise, "01/09/26")),
    }
    for step in steps.split():
        verbs[step]()

    assert statuses(claimed) == ["pending"]
    if not steps.endswith("claim"):
        explanation = Credit.objects.get(rrn=RRN).explanation
        assert explanation.startswith(f"It fits {claimed.session_id}, but it may be the money of credit {credit.pk}")


@pytest.fixture
def two_witnesses(db, account):
    """Bank of Baroda names the UTR, and an app on the same phone does not."""
    UpiAccount.objects.update(bank="bob", account_tail="1234")
    app = "com.phonepe.app.business"
    phone, _ = add_phone(label="Counter", senders=["BOBTXN", app])

    def process(alert: Alert) -> None:
        alerts.process_evidence(evidence_id=alerts.record_evidence(channel=phone, alert=alert).pk)

    def times(*, is_exact: bool) -> dict:
        now = timezone.now()
        return {"sent_at": now, "seen_at": None} if is_exact else {"sent_at": None, "seen_at": now}

    def bank(paise: int, *, rrn: str = RRN, is_exact: bool = True) -> None:
        text = f"Rs.{paise / 100:.2f} Credited to A/c ...1234 thru UPI/{rrn} by A KUMAR. Total Bal:Rs.1000.00CR."
        process(Alert(sender="VM-BOBTXN-S", text=text, **times(is_exact=is_exact)))

    def notification(paise: int, name: str = "A KUMAR", *, is_exact: bool = False) -> None:
        process(Alert(sender=app, text=f"Received Rs.{paise / 100:.2f} from {name}", **times(is_exact=is_exact)))

    return bank, notification


@pytest.mark.parametrize("is_exact", [True, False])
@pytest.mark.parametrize("hours", [0, 48])
@pytest.mark.parametrize("order", ["bank first", "another name", "minutes later"])
def test_a_payment_that_an_app_tells_of_too_pays_one(two_witnesses, open_session, again, clock, is_exact, hours, order):
    bank, notification = two_witnesses
    older = open_session()
    clock.shift(hours * HOUR)
    younger = again(older)
    clock.shift(20)
    if order == "bank first":
        claim(older)
        bank(older.payable_paise)
        clock.shift(3)
        notification(older.payable_paise, is_exact=is_exact)
    else:
        name = "ZED" if order == "another name" else "A KUMAR"
        notification(older.payable_paise, name, is_exact=is_exact)
        claim(older)
        clock.shift(900 if order == "minutes later" else 3)
        bank(older.payable_paise)

    assert statuses(older, younger).count("success") <= 1
    assert Credit.objects.filter(state="matched").count() <= 1


def test_a_claim_on_a_payment_that_its_time_proves_too_is_not_held_up(two_witnesses, open_session, again, clock):
    bank, notification = two_witnesses
    first = open_session()
    notification(first.payable_paise, is_exact=True)
    second = again(first)
    claim(second)
    clock.shift(20)

    bank(first.payable_paise)

    assert statuses(first, second) == ["success", "success"]


def test_money_marked_without_its_utr_and_told_exactly_pays_no_older_claimant(
    two_witnesses, open_session, again, clock
):
    bank, _ = two_witnesses
    older = open_session()
    younger = again(older)
    clock.shift(20)
    received.mark_paid(session_id=younger.pk, utr="", reason="He showed it to me", actor="meera")
    claim(older)

    bank(older.payable_paise)

    assert statuses(older, younger) == ["expired", "success"]


def test_money_days_behind_a_payments_hold_is_for_staff(two_witnesses, open_session, again, clock):
    bank, _ = two_witnesses
    older = open_session()
    claim(older)
    clock.shift(72 * HOUR)

    bank(older.payable_paise)

    assert statuses(older) == ["pending"]
    assert older.session_id in Credit.objects.get().explanation


def test_a_row_that_is_let_go_and_pays_keeps_its_credit(bank_says, statement_says, open_session, again, clock):
    stray = 99_55
    bank_says(stray, timezone.now())  # nobody asked for it
    clock.shift(HOUR)
    second = open_session(payable=stray)
    clock.shift(60)
    paid_at = timezone.now()
    clock.shift(60)
    statement_says((RRN, stray, "01/09/26"))
    third = again(second)
    claim(third)

    bank_says(stray, paid_at, balance="10099.00")

    assert statuses(second, third).count("success") == 1
    paid = third if statuses(third) == ["success"] else second
    assert paid.credits.filter(state="matched").exists()


@pytest.mark.parametrize("order", list(permutations(("claim", "row", "alert"))), ids=" ".join)
@pytest.mark.parametrize("hours", [0, 48])
@pytest.mark.parametrize("is_cancelled", [False, True])
def test_in_every_order_one_payment_pays_one(
    bank_says, statement_says, open_session, again, clock, order, hours, is_cancelled
):
    older = open_session()
    clock.shift(hours * HOUR)
    younger = again(older)
    day = f"{timezone.localdate():%d/%m/%y}"
    clock.shift(30)
    paid_at = timezone.now()
    if is_cancelled:
        payments.cancel_session(session_id=younger.pk, actor="customer")
    verbs = {
        "claim": lambda: claim(older),
        "row": lambda: statement_says((RRN, older.payable_paise, day)),
        "alert": lambda: bank_says(older.payable_paise, paid_at),
    }
    for step in order:
        clock.shift(60)
        verbs[step]()

    assert statuses(older, younger).count("success") <= 1
    assert Credit.objects.filter(state="matched").count() <= 1


@pytest.mark.parametrize("is_claimed", [False, True])
@pytest.mark.parametrize("tell", ["bank", "record"])
def test_what_arrives_a_day_late_without_its_time_pays_nobody(
    two_witnesses, open_session, again, clock, is_claimed, tell
):
    bank, notification = two_witnesses
    first = open_session()
    clock.shift(30)
    notification(first.payable_paise)
    clock.shift(22 * HOUR)
    second = again(first)
    if is_claimed:
        claim(second)
    clock.shift(60)

    if tell == "bank":
        bank(first.payable_paise, is_exact=False)
    else:
        received.record_credit(amount_paise=first.payable_paise, rrn=RRN)

    assert statuses(first, second) == ["success", "pending"]


def test_a_notification_that_comes_hours_after_its_money_was_refunded_pays_nobody(
    two_witnesses, open_session, again, clock
):
    bank, notification = two_witnesses
    first = open_session()
    payments.cancel_session(session_id=first.pk, actor="customer")
    bank(first.payable_paise)
    refund(Credit.objects.get())
    second = again(first)
    clock.shift(60)

    notification(first.payable_paise)

    assert statuses(second) == ["pending"]


@pytest.mark.parametrize("hours", [0, 17])
def test_a_notification_that_comes_hours_after_its_money_paid_a_claimant_pays_nobody(
    two_witnesses, open_session, again, clock, hours
):
    bank, notification = two_witnesses
    first = open_session()
    clock.shift(24 * HOUR)
    payments.expire_due_sessions()
    payments.release_amounts()
    claim(first)
    bank(first.payable_paise)
    assert statuses(first) == ["success"]
    clock.shift(hours * HOUR)
    second = again(first)
    clock.shift(60)

    notification(first.payable_paise)

    assert statuses(second) == ["pending"]


@pytest.mark.parametrize("is_exact", [False, True])
@pytest.mark.parametrize("hours", [0, 22])
def test_an_alert_slower_than_the_statement_pays_no_other(
    two_witnesses, load_rows, open_session, again, clock, is_exact, hours
):
    bank, notification = two_witnesses
    first = open_session()
    clock.shift(30)
    notification(first.payable_paise)
    load_rows((RRN, first.payable_paise, "01/09/26"))
    assert state_of(first) == ("success", RRN)
    clock.shift(hours * HOUR)
    second = again(first)
    clock.shift(60)

    bank(first.payable_paise, is_exact=is_exact)

    assert statuses(first, second) == ["success", "pending"]


@pytest.mark.parametrize("is_told", [False, True])
def test_a_payment_that_has_its_own_row_holds_up_no_claim(
    bank_says, statement_says, open_session, again, clock, is_told
):
    first = open_session()
    bank_says(first.payable_paise, timezone.now())
    clock.shift(20 * HOUR)
    statement_says((RRN, first.payable_paise, "01/09/26"))
    second = again(first)
    if is_told:
        clock.shift(HOUR)
        bank_says(first.payable_paise, timezone.now(), balance="10099.00")
    claim_utr(session_id=second.pk, text=OTHER_RRN, client=None)
    clock.shift(20 * HOUR)

    statement_says((OTHER_RRN, first.payable_paise, f"{timezone.localdate() - timedelta(days=1):%d/%m/%y}"))

    assert statuses(first, second) == ["success", "success"]


def test_a_contradiction_that_staff_closed_holds_up_no_claim(two_witnesses, open_session, clock):
    bank, _ = two_witnesses
    first = open_session()
    bank(first.payable_paise)
    bank(first.payable_paise + 1)
    set_aside(Credit.objects.get(reason="rrn_conflict"))
    second = open_session(payable=first.payable_paise + 1)
    clock.shift(2 * HOUR)
    payments.expire_due_sessions()
    bank(second.payable_paise, rrn=OTHER_RRN)

    claim_utr(session_id=second.pk, text=OTHER_RRN, client=None)

    assert statuses(second) == ["success"]
