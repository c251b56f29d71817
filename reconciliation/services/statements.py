"""Bank statements: read and looked at first (`statement_files`), then worked through in the background, row by row.

A statement confirms by UTR and amount, never by amount alone: its rows tell only a day, and an amount may have been
somebody else's on the same day. Of a shop's whole account only what may concern a payment here becomes a credit; the
rest is counted as other money.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from payments.models import NoticeKind, PaymentSession, UpiAccount
from payments.money import in_words_of_rupees
from payments.notices import raise_notice
from reconciliation import candidates, crediting, matching
from reconciliation.banks import bank_code
from reconciliation.crediting import Facts
from reconciliation.models import (
    AlertChannel,
    Credit,
    CreditSource,
    CreditState,
    ImportState,
    RowOutcome,
    StatementImport,
    StatementRow,
    UtrClaim,
)
from reconciliation.statements.payers import read_payer
from reconciliation.times import INDIA, CreditTime, Precision

BATCH = 1000
STARTED = (ImportState.RUNNING, ImportState.DONE)
# Two workers at one import would only do the same twice.
BUSY_FOR = timedelta(seconds=60)


@dataclass
class Plan:
    """What is to be done with some rows: `settled` without another look, `to_take` one by one."""

    settled: dict[int, tuple[RowOutcome, int | None]] = field(default_factory=dict)
    to_take: list[StatementRow] = field(default_factory=list)
    taken_back: list[StatementRow] = field(default_factory=list)
    # The UTRs of these rows that customers have named.
    claimed: set[str] = field(default_factory=set)


def start_import(*, import_id: int, actor: str) -> bool:
    """Let the background work through the rows. Returns whether it was not begun before."""
    waiting = StatementImport.objects.filter(pk=import_id, state=ImportState.PREVIEW)
    return bool(waiting.update(state=ImportState.RUNNING, started_by=actor, started_at=timezone.now()))


def accounts_of(channel: AlertChannel) -> list[UpiAccount]:
    chosen = list(channel.accounts.filter(test=False))
    return chosen or list(UpiAccount.objects.filter(test=False))


def possible_accounts(accounts: Iterable[UpiAccount], *, bank: str, tail: str) -> list[UpiAccount]:
    """Return those of these accounts that a statement of this bank and account number may be about."""
    by_pk = {account.pk: account for account in accounts}
    possible = matching.possible_accounts(
        [
            matching.Account(pk=pk, bank=bank_code(account.bank), tail=account.account_tail, own_space=False)
            for pk, account in by_pk.items()
        ],
        bank=bank,
        tail=tail,
    )
    return [by_pk[account.pk] for account in possible]


def expected_of(job: StatementImport, rows: Sequence[StatementRow]) -> Counter[str]:
    """Count what would come of these rows, as things stand."""
    plan = _plan(job, rows)
    expected = Counter(outcome.value for outcome, _ in plan.settled.values())
    expected.update("claimed" if row.rrn in plan.claimed else "to_match" for row in plan.to_take)
    return expected


def span(job: StatementImport, rows: Sequence[StatementRow]) -> QuerySet[StatementRow]:
    """Return the stored rows from the first of these to the last, to ask the database about: lists are slow."""
    return job.rows.filter(number__gte=rows[0].number, number__lte=rows[-1].number).order_by()


def known_keys(job: StatementImport, rows: Sequence[StatementRow], *, done_only: bool = False) -> set[str]:
    """Return the keys of rows that started imports of this channel have; with `done_only` those they have done."""
    imports = StatementImport.objects.filter(channel=job.channel_id, state__in=STARTED).exclude(pk=job.pk)
    started = set(imports.values_list("pk", flat=True))
    if not started:
        return set()
    # By key alone: of a table that grew a moment ago a database may think that an import has few rows, and read all.
    same = StatementRow.objects.filter(key__in=span(job, rows).values("key")).order_by()
    return {
        key
        for key, statement_id, outcome in same.values_list("key", "statement_id", "outcome")
        if statement_id in started and not (done_only and outcome == RowOutcome.WAITING)
    }


# Working through the rows


def continue_import() -> bool:
    """Do one batch of the oldest import that was started. Returns whether it could.

    A killed worker leaves it where the last batch ended, and a row that is done is not done again.
    """
    job = _next_job()
    if job is None:
        return False
    # A span of numbers, not the next so many rows: for those a database may sort all that are left.
    reached = min(job.reached + BATCH, job.row_count)
    rows = job.rows.filter(number__gt=job.reached, number__lte=reached, outcome=RowOutcome.WAITING)
    plan = _plan(job, list(rows.order_by("number")))
    _settle(plan)
    for row in plan.taken_back:
        _tell_of_reversal(row)
    account_ids = tuple(job.channel.accounts.values_list("pk", flat=True))
    for row in plan.to_take:
        _take(job, row.pk, account_ids)
    running = StatementImport.objects.filter(pk=job.pk, state=ImportState.RUNNING)
    running.update(reached=reached, busy_until=None)
    if reached == job.row_count:
        running.update(state=ImportState.DONE, finished_at=timezone.now())
    return True


def _next_job() -> StatementImport | None:
    """Return the oldest import if nobody else is at it, ours for `BUSY_FOR`; the next one waits for its end.

    One after the other: of two at once each might take the row that both have.
    """
    running = StatementImport.objects.filter(state=ImportState.RUNNING)
    job = running.select_related("channel").order_by("id").first()
    if job is None or not nobody_at(running.filter(pk=job.pk)).update(busy_until=timezone.now() + BUSY_FOR):
        return None
    return job


def nobody_at(imports: QuerySet[StatementImport]) -> QuerySet[StatementImport]:
    """Leave out those that a worker is at; one that was killed counts for a while."""
    return imports.filter(Q(busy_until=None) | Q(busy_until__lte=timezone.now()))


def _plan(job: StatementImport, rows: Sequence[StatementRow]) -> Plan:
    """Say of each row what comes of it, with a few queries for all of them."""
    plan = Plan()
    if not rows:
        return plan
    # Two overlapping imports may both be under way: a row counts as repeated once the other import has done it.
    repeated = known_keys(job, rows, done_only=True)
    with_utr = span(job, rows).exclude(rrn="")
    rrns = with_utr.values("rrn")
    known = Credit.objects.filter(test__in=(False,), rrn__in=rrns).exclude(rrn="")
    credits_ = {credit.rrn: credit for credit in known}
    plan.claimed = set(UtrClaim.objects.filter(utr__in=rrns, session__test=False).values_list("utr", flat=True))
    paid = with_utr.filter(Exists(PaymentSession.objects.of_utr(OuterRef("rrn"), test=False)))
    relevant = _relevant(job, rows, plan.claimed | set(paid.values_list("rrn", flat=True)))
    for row in rows:
        credit = credits_.get(row.rrn)
        if row.amount_paise < 0 or row.is_reversal:
            plan.settled[row.pk] = (RowOutcome.OUT if row.amount_paise < 0 else RowOutcome.TAKEN_BACK, None)
            if credit and credit.state == CreditState.MATCHED:
                plan.taken_back.append(row)
        elif row.key in repeated:
            plan.settled[row.pk] = (RowOutcome.KNOWN, None)
        elif credit and _is_settled_already(job, row, credit):
            plan.settled[row.pk] = (RowOutcome.KNOWN, credit.pk)
        elif credit or row.pk in relevant:
            plan.to_take.append(row)
        else:
            plan.settled[row.pk] = (RowOutcome.OTHER, None)
    return plan


def _is_settled_already(job: StatementImport, row: StatementRow, credit: Credit) -> bool:
    """Say whether this is money that has paid, or of which staff have decided that it pays nothing."""
    same_bank = not (credit.bank and job.bank) or credit.bank == job.bank
    same_account = same_bank and matching.tails_agree(job.account_tail, credit.account_tail) is not False
    return credit.state != CreditState.REVIEW and credit.amount_paise == row.amount_paise and same_account


def _relevant(job: StatementImport, rows: Sequence[StatementRow], named: set[str]) -> set[int]:
    """Return the rows that may be about a payment: its UTR was named, or its amount asked for about that day."""
    coming = [row for row in rows if row.amount_paise > 0 and not row.is_reversal]
    windows: dict[int, list[tuple[datetime, datetime]]] = {}
    first, last = min(row.day for row in rows), max(row.day for row in rows)
    accounts = accounts_of(job.channel)
    asked = PaymentSession.objects.filter(
        amount_space__in=candidates.spaces(accounts, test=False),
        payable_paise__in=span(job, rows).filter(amount_paise__gt=0).values("amount_paise"),
        hold_until__gte=_begin(first) - matching.BOOKED_WITHIN,
        created_at__lt=_begin(last) + 2 * matching.BOOKED_WITHIN,
    )
    # Whose account it was is not asked for in the database: SQLite would read every session of the account.
    account_ids = {account.pk for account in accounts}
    for session in asked.only("payable_paise", "created_at", "hold_until", "upi_account_id").order_by():
        if session.upi_account_id in account_ids:
            windows.setdefault(session.payable_paise, []).append((session.created_at, session.hold_until))
    found = {row.pk for row in coming if row.rrn in named}
    waiting = [row for row in coming if _fits(row.day, windows.get(row.amount_paise, ()))]
    told = _told_without_utr(waiting)
    return found | {row.pk for row in waiting if row.rrn or row.pk not in told}


def _fits(day: date, windows: Iterable[tuple[datetime, datetime]]) -> bool:
    begin, end = _begin(day) - matching.BOOKED_WITHIN, _begin(day) + 2 * matching.BOOKED_WITHIN
    return any(created_at < end and hold_until >= begin for created_at, hold_until in windows)


def _told_without_utr(rows: Sequence[StatementRow]) -> set[int]:
    """Return the rows without a UTR whose money an alert has told of, as far as amount and day say."""
    nameless = [row for row in rows if not row.rrn]
    if not nameless:
        return set()
    near = Q()
    for row in nameless:
        within = (_begin(row.day) - matching.BOOKED_WITHIN, _begin(row.day) + 2 * matching.BOOKED_WITHIN)
        near |= Q(amount_paise=row.amount_paise, credited_at__range=within)
    credits_ = list(Credit.objects.filter(near, test=False).values_list("amount_paise", "credited_at"))
    return {
        row.pk
        for row in nameless
        if any(paise == row.amount_paise and _fits(row.day, [(at, at)]) for paise, at in credits_)
    }


@transaction.atomic
def _settle(plan: Plan) -> None:
    groups: dict[RowOutcome, list[int]] = {}
    known: list[StatementRow] = []
    for pk, (outcome, credit_id) in plan.settled.items():
        if credit_id is None:
            groups.setdefault(outcome, []).append(pk)
        else:
            known.append(StatementRow(pk=pk, outcome=outcome, credit_id=credit_id))
    for outcome, pks in groups.items():
        StatementRow.objects.filter(pk__in=pks, outcome=RowOutcome.WAITING).update(outcome=outcome)
    StatementRow.objects.bulk_update(known, ("outcome", "credit"))


@transaction.atomic
def _take(job: StatementImport, row_id: int, account_ids: tuple[int, ...]) -> None:
    """Take one row as money that came in. Done once, whoever else is at it."""
    row = StatementRow.objects.select_for_update(of=("self",)).get(pk=row_id)
    if row.outcome != RowOutcome.WAITING:
        return
    taken = crediting.take(_facts(job, row, account_ids))
    row.credit = taken.credit
    row.outcome = _outcome(taken)
    row.save(update_fields=("credit", "outcome"))


def _outcome(taken: crediting.Taken) -> RowOutcome:
    if taken.credit.state == CreditState.REVIEW:
        return RowOutcome.REVIEW
    is_paid_now = taken.credit.state == CreditState.MATCHED and not taken.known
    return RowOutcome.PAID if is_paid_now else RowOutcome.KNOWN


def _facts(job: StatementImport, row: StatementRow, account_ids: tuple[int, ...]) -> Facts:
    now = timezone.now()
    return Facts(
        amount_paise=row.amount_paise,
        when=CreditTime.starting(_begin(row.day), Precision.DATE).not_after(now),
        arrived_at=now,
        source=CreditSource.STATEMENT,
        rrn=row.rrn,
        bank_ref=row.rrn or row.reference[:40],
        payer=read_payer(row.narration),
        bank=job.bank,
        account_tail=job.account_tail,
        account_ids=account_ids,
    )


def _tell_of_reversal(row: StatementRow) -> None:
    credit = Credit.objects.select_related("session").get(test=False, rrn=row.rrn)
    session = credit.session.session_id if credit.session else "a payment"
    raise_notice(
        kind=NoticeKind.REVERSAL,
        key=row.rrn,
        subject=f"The money of {session} was taken back",
        text=f"On {row.day:%-d %B %Y} the statement takes back {in_words_of_rupees(abs(row.amount_paise))} with the "
        f"UTR {row.rrn}, which paid {session}. The payment stays a success here. Look at the statement, and settle it "
        "with the customer.",
    )


def _begin(day: date) -> datetime:
    return datetime.combine(day, time(), INDIA)
