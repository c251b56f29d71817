"""One payment told twice, without a UTR and with one that another customer claims: it pays one session."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from payments import services as payments
from payments.models import PaymentSession, UpiAccount
from reconciliation import crediting
from reconciliation.crediting import Facts
from reconciliation.forwarders import Alert
from reconciliation.models import AlertChannel, Credit, CreditSource, StatementImport
from reconciliation.services import alerts
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
def statement_says(bank_says):
    """The bank's statement tells of a UTR, an amount and a day each."""
    channel = add_channel(kind=AlertChannel.Kind.STATEMENT, label="Current account")

    def statement_says(*rows: tuple[str, int, str]) -> StatementImport:
        lines = [f"{day},UPI-A KUMAR-{rrn}-ORDER,{rrn.zfill(16)},,{paise / 100:.2f}\n" for rrn, paise, day in rows]
        return work(read(("Date,Description,Reference,Debit,Credit\n" + "".join(lines)).encode(), channel))

    return statement_says


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
        f"It fits {claimed.session_id}, but it may be the money that has paid {paid.session_id}."
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
    assert "may be the money that has paid" in Credit.objects.get(state="review").explanation


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
