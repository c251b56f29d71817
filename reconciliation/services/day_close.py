"""The close of a day: what PayGate holds for paid beside what the bank says came in, both ways."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Sum

from payments.models import PaymentSession, Status, UpiAccount
from reconciliation.models import Credit, CreditState, RowOutcome, StatementImport, StatementRow
from reconciliation.services.statements import STARTED, accounts_of, possible_accounts
from reconciliation.times import INDIA

MOST = 500
TO_DO = (CreditState.REVIEW, CreditState.REFUND)


@dataclass(frozen=True, kw_only=True)
class DayClose:
    """One day of India's clock, live money only, of one account or of all. Of each list at most `MOST`.

    `without_credit`: successes with no money known (staff marked them). `not_in_statement`: successes that no row of a
    statement covers, where a statement of that day was worked through. `without_payment`: money that paid nothing and
    waits for staff; `settled`: what they have set aside or paid back. `rows_open`: rows of statements that wait for
    staff, and whose money is not in `without_payment`: the bank may book it on another day. `credited_*`: money that
    paid; `statement_*`: that part of it which statements tell of too. `by_account`: what succeeded, where not one
    account was asked for. Totals in paise.
    """

    day: date
    account: UpiAccount | None
    by_account: list[tuple[UpiAccount, int, int]]
    has_statement: bool
    paid_count: int
    paid_paise: int
    credited_count: int
    credited_paise: int
    statement_count: int
    statement_paise: int
    without_credit: list[PaymentSession]
    not_in_statement: list[PaymentSession]
    without_payment: list[Credit]
    settled: list[Credit]
    rows_open: list[StatementRow]


def close_of(day: date, account: UpiAccount | None = None) -> DayClose:
    """Compare payments, credits and statements of one day. Money whose account is unknown may be of each account."""
    begin = datetime.combine(day, time(), INDIA)
    within = (begin, begin + timedelta(days=1) - timedelta(microseconds=1))
    paid = PaymentSession.objects.filter(test=False, status=Status.SUCCESS, paid_at__range=within)
    credits_ = Credit.objects.filter(test=False, credited_at__range=within)
    matched = Credit.objects.filter(session=OuterRef("pk"), state=CreditState.MATCHED)
    rows = StatementRow.objects.filter(statement__state__in=STARTED)
    of_day = rows.filter(day=day)
    if account:
        paid = paid.filter(upi_account=account)
        credits_ = credits_.filter(Q(upi_account=account) | Q(upi_account=None))
        of_day = of_day.filter(statement__in=_statements_of(account, day))
    credited = credits_.filter(state=CreditState.MATCHED)
    in_statement = credited.filter(Exists(rows.filter(credit=OuterRef("pk"))))
    paid_nothing = credits_.exclude(state=CreditState.MATCHED).order_by("credited_at")
    without_payment = list(paid_nothing.filter(state__in=TO_DO)[:MOST])
    rows_open = of_day.with_outcome_now().filter(outcome_now=RowOutcome.REVIEW).exclude(credit__in=without_payment)
    covered = Q(Exists(rows.filter(credit__session=OuterRef("pk")))) | Q(
        Exists(rows.filter(rrn=OuterRef("utr"), amount_paise=OuterRef("payable_paise")).exclude(rrn=""))
    )
    has_statement = of_day.exists()
    paid_count, paid_paise = _total(paid, "payable_paise")
    credited_count, credited_paise = _total(credited, "amount_paise")
    statement_count, statement_paise = _total(in_statement, "amount_paise")
    return DayClose(
        day=day,
        account=account,
        by_account=[] if account else _by_account(paid),
        has_statement=has_statement,
        paid_count=paid_count,
        paid_paise=paid_paise,
        credited_count=credited_count,
        credited_paise=credited_paise,
        statement_count=statement_count,
        statement_paise=statement_paise,
        without_credit=list(paid.filter(~Exists(matched)).order_by("paid_at")[:MOST]),
        not_in_statement=list(paid.filter(~covered).order_by("paid_at")[:MOST]) if has_statement else [],
        without_payment=without_payment,
        settled=list(paid_nothing.exclude(state__in=TO_DO)[:MOST]),
        rows_open=list(rows_open.select_related("credit").order_by("pk")[:MOST]),
    )


def _statements_of(account: UpiAccount, day: date) -> list[StatementImport]:
    """Return the statements with this day in them that may be about this account."""
    of_day = StatementImport.objects.filter(first_day__lte=day, last_day__gte=day).select_related("channel")
    return [
        job
        for job in of_day
        if account in possible_accounts(accounts_of(job.channel), bank=job.bank, tail=job.account_tail)
    ]


def _by_account(paid: QuerySet[PaymentSession]) -> list[tuple[UpiAccount, int, int]]:
    sums = paid.order_by().values_list("upi_account").annotate(Count("pk"), Sum("payable_paise"))
    accounts = UpiAccount.objects.in_bulk([pk for pk, _, _ in sums])
    return [(accounts[pk], count, paise) for pk, count, paise in sorted(sums)]


def _total(rows: QuerySet[Any], field: str) -> tuple[int, int]:
    return rows.count(), rows.aggregate(sum=Sum(field))["sum"] or 0
