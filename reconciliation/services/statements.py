"""Bank statements: loaded and looked at first, then worked through in the background, row by row.

A statement confirms by UTR and amount, never by amount alone: its rows tell only a day, and an amount may have been
somebody else's on the same day. Of a shop's whole account only what may concern a payment here becomes a credit; the
rest is counted as other money.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from payments.models import NoticeKind, PaymentSession, UpiAccount
from payments.money import in_words_of_rupees
from payments.notices import raise_notice
from reconciliation import crediting, matching
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
from reconciliation.statements import BadStatement, Row, Statement, read_statement
from reconciliation.times import INDIA, CreditTime, Precision

BATCH = 1000
STARTED = (ImportState.RUNNING, ImportState.DONE)
# Two workers at one import would only do the same twice.
BUSY_FOR = timedelta(seconds=60)
# A bank may book a payment on the day before or after.
BOOKED_WITHIN = timedelta(days=1)


@dataclass
class Plan:
    """What is to be done with some rows: `settled` without another look, `to_take` one by one."""

    settled: dict[int, tuple[RowOutcome, int | None]] = field(default_factory=dict)
    to_take: list[StatementRow] = field(default_factory=list)
    taken_back: list[StatementRow] = field(default_factory=list)


# Loading


@transaction.atomic
def load_statement(*, channel: AlertChannel, file_name: str, data: bytes, actor: str) -> StatementImport:
    """Read a bank's file and keep its rows for a look; nothing follows from them yet.

    Raises ValidationError, with a sentence for staff: what cannot be read, the same file again, another account's.
    """
    sha256 = hashlib.sha256(data).hexdigest()
    earlier = channel.imports.filter(sha256=sha256).exclude(state=ImportState.DISCARDED).first()
    if earlier:
        raise ValidationError({"file": f"This very file was loaded already, on {_day(earlier.created_at)}."})
    try:
        statement = read_statement(data)
    except BadStatement as error:
        raise ValidationError({"file": str(error)}) from None
    bank = _check_account(channel, statement)
    days = [row.day for row in statement.rows]
    job = StatementImport(
        channel=channel,
        file_name=file_name[-120:],
        sha256=sha256,
        layout=statement.layout,
        bank=bank,
        account_tail=statement.account_tail,
        first_day=min(days),
        last_day=max(days),
        row_count=len(days),
        warnings=list(statement.warnings),
        loaded_by=actor,
    )
    try:
        with transaction.atomic():
            job.save(force_insert=True)
    except IntegrityError:
        raise ValidationError({"file": "This very file was loaded a moment ago."}) from None
    job.repeat_count, job.expected = _keep_rows(job, statement.rows)
    job.save(update_fields=("repeat_count", "expected"))
    return job


def discard_import(*, import_id: int) -> bool:
    """Forget a file that was only looked at. Returns whether it was still that."""
    with transaction.atomic():
        won = StatementImport.objects.filter(pk=import_id, state=ImportState.PREVIEW).update(
            state=ImportState.DISCARDED, finished_at=timezone.now()
        )
        if won:
            StatementRow.objects.filter(statement=import_id).delete()
    return bool(won)


def start_import(*, import_id: int, actor: str) -> bool:
    """Let the background work through the rows. Returns whether it was not begun before."""
    waiting = StatementImport.objects.filter(pk=import_id, state=ImportState.PREVIEW)
    return bool(waiting.update(state=ImportState.RUNNING, started_by=actor, started_at=timezone.now()))


def _check_account(channel: AlertChannel, statement: Statement) -> str:
    """Return the bank's code. Raises ValidationError if the statement is of no account of this channel."""
    accounts = _accounts(channel)
    if not accounts:
        raise ValidationError({"file": "There is no live UPI account yet that this statement could be about."})
    banks = {bank_code(account.bank) for account in accounts if account.bank}
    bank = statement.bank or (banks.pop() if len(banks) == 1 else "")
    possible = matching.possible_accounts(
        [
            matching.Account(pk=account.pk, bank=bank_code(account.bank), tail=account.account_tail, own_space=False)
            for account in accounts
        ],
        bank=bank,
        tail=statement.account_tail,
    )
    if not possible:
        about = f"{bank.upper()} {f'ending {statement.account_tail}' if statement.account_tail else ''}".strip()
        raise ValidationError({"file": f"This is the statement of another account ({about}) than this channel's."})
    return bank


def _accounts(channel: AlertChannel) -> list[UpiAccount]:
    chosen = list(channel.accounts.filter(test=False))
    return chosen or list(UpiAccount.objects.filter(test=False))


def _keep_rows(job: StatementImport, rows: Sequence[Row]) -> tuple[int, dict[str, int]]:
    """Store the rows that no started import of this channel has. Returns how many it has, and what to expect."""
    seen: Counter[str] = Counter()
    kept: list[StatementRow] = []
    for row in rows:
        kept.append(_stored(job, row, len(kept) + 1, seen))
    known = _known_keys(job, kept)
    kept = [row for row in kept if row.key not in known]
    expected: Counter[str] = Counter()
    for start in range(0, len(kept), BATCH):
        batch = StatementRow.objects.bulk_create(kept[start : start + BATCH])
        plan = _plan(job, batch)
        expected.update(outcome.value for outcome, _ in plan.settled.values())
        claimed = _claimed(plan.to_take)
        expected.update("claimed" if row.rrn in claimed else "to_match" for row in plan.to_take)
    return len(rows) - len(kept), dict(expected)


def _stored(job: StatementImport, row: Row, number: int, seen: Counter[str]) -> StatementRow:
    amount = row.credit_paise or -row.debit_paise
    same = f"{job.channel_id}|{row.day}|{amount}|{row.narration}|{row.reference}|{row.balance_paise}"
    seen[same] += 1
    return StatementRow(
        statement=job,
        number=number,
        key=hashlib.sha256(f"{same}|{seen[same]}".encode()).hexdigest(),
        day=row.day,
        narration=row.narration,
        reference=row.reference,
        rrn=row.rrn,
        amount_paise=amount,
        is_reversal=row.is_reversal,
    )


def _known_keys(job: StatementImport, rows: Sequence[StatementRow], *, done_only: bool = False) -> set[str]:
    """Return the keys of rows that started imports of this channel have; with `done_only` those they have done."""
    imports = StatementImport.objects.filter(channel=job.channel_id, state__in=STARTED).exclude(pk=job.pk)
    started = list(imports.values_list("pk", flat=True))
    if not started:
        return set()
    others = StatementRow.objects.filter(statement__in=started)
    if done_only:
        others = others.exclude(outcome=RowOutcome.WAITING)
    keys = [row.key for row in rows]
    return {
        key
        for start in range(0, len(keys), BATCH)
        for key in others.filter(key__in=keys[start : start + BATCH]).values_list("key", flat=True)
    }


# Working through the rows


def continue_import() -> bool:
    """Do one batch of the oldest import that was started. Returns whether it could.

    A killed worker leaves it where the last batch ended, and a row that is done is not done again.
    """
    job = _next_job()
    if job is None:
        return False
    rows = list(job.rows.filter(number__gt=job.reached).order_by("number")[:BATCH])
    plan = _plan(job, [row for row in rows if row.outcome == RowOutcome.WAITING])
    _settle(plan)
    for row in plan.taken_back:
        _tell_of_reversal(row)
    for row in plan.to_take:
        _take(job, row.pk)
    running = StatementImport.objects.filter(pk=job.pk, state=ImportState.RUNNING)
    if rows:
        running.update(reached=rows[-1].number)
    running.update(busy_until=None)
    if len(rows) < BATCH:
        running.update(state=ImportState.DONE, finished_at=timezone.now())
    return True


def _next_job() -> StatementImport | None:
    """Return the oldest import if nobody else is at it, ours for `BUSY_FOR`; the next one waits for its end.

    One after the other: of two at once each might take the row that both have.
    """
    now = timezone.now()
    running = StatementImport.objects.filter(state=ImportState.RUNNING)
    free = running.filter(Q(busy_until=None) | Q(busy_until__lte=now))
    job = running.select_related("channel").order_by("id").first()
    if job is None or not free.filter(pk=job.pk).update(busy_until=now + BUSY_FOR):
        return None
    return job


def _plan(job: StatementImport, rows: Sequence[StatementRow]) -> Plan:
    """Say of each row what comes of it, with a few queries for all of them."""
    plan = Plan()
    # Two overlapping imports may both be under way: a row counts as repeated once the other import has done it.
    repeated = _known_keys(job, rows, done_only=True)
    credits_ = _credits(rows)
    relevant = _relevant(job, [row for row in rows if row.amount_paise > 0 and not row.is_reversal])
    for row in rows:
        credit = credits_.get(row.rrn)
        if row.amount_paise < 0 or row.is_reversal:
            plan.settled[row.pk] = (RowOutcome.OUT if row.amount_paise < 0 else RowOutcome.TAKEN_BACK, None)
            if credit and credit.state == CreditState.MATCHED:
                plan.taken_back.append(row)
        elif row.key in repeated:
            plan.settled[row.pk] = (RowOutcome.KNOWN, None)
        elif credit and _is_told_already(job, row, credit):
            plan.settled[row.pk] = (RowOutcome.KNOWN, credit.pk)
        elif credit or row.pk in relevant:
            plan.to_take.append(row)
        else:
            plan.settled[row.pk] = (RowOutcome.OTHER, None)
    return plan


def _is_told_already(job: StatementImport, row: StatementRow, credit: Credit) -> bool:
    same_bank = not (credit.bank and job.bank) or credit.bank == job.bank
    return credit.state == CreditState.MATCHED and credit.amount_paise == row.amount_paise and same_bank


def _credits(rows: Sequence[StatementRow]) -> dict[str, Credit]:
    rrns = {row.rrn for row in rows if row.rrn}
    return {credit.rrn: credit for credit in Credit.objects.filter(test=False, rrn__in=rrns)}


def _claimed(rows: Iterable[StatementRow]) -> set[str]:
    rrns = {row.rrn for row in rows if row.rrn}
    return set(UtrClaim.objects.filter(utr__in=rrns, session__test=False).values_list("utr", flat=True))


def _relevant(job: StatementImport, rows: Sequence[StatementRow]) -> set[int]:
    """Return the rows that may be about a payment: its UTR was named, or its amount asked for about that day."""
    if not rows:
        return set()
    named = _claimed(rows)
    rrns = {row.rrn for row in rows if row.rrn}
    named |= set(PaymentSession.objects.filter(test=False, utr__in=rrns).values_list("utr", flat=True))
    windows: dict[int, list[tuple[datetime, datetime]]] = {}
    first, last = min(row.day for row in rows), max(row.day for row in rows)
    asked = PaymentSession.objects.filter(
        upi_account__in=_accounts(job.channel),
        payable_paise__in={row.amount_paise for row in rows},
        hold_until__gte=_begin(first) - BOOKED_WITHIN,
        created_at__lt=_begin(last) + 2 * BOOKED_WITHIN,
    )
    for paise, created_at, hold_until in asked.values_list("payable_paise", "created_at", "hold_until"):
        windows.setdefault(paise, []).append((created_at, hold_until))
    found = {row.pk for row in rows if row.rrn in named}
    waiting = [row for row in rows if _fits(row.day, windows.get(row.amount_paise, ()))]
    told = _told_without_utr(waiting)
    return found | {row.pk for row in waiting if row.rrn or row.pk not in told}


def _fits(day: date, windows: Iterable[tuple[datetime, datetime]]) -> bool:
    begin, end = _begin(day) - BOOKED_WITHIN, _begin(day) + 2 * BOOKED_WITHIN
    return any(created_at < end and hold_until >= begin for created_at, hold_until in windows)


def _told_without_utr(rows: Sequence[StatementRow]) -> set[int]:
    """Return the rows without a UTR whose money an alert has told of, as far as amount and day say."""
    nameless = [row for row in rows if not row.rrn]
    if not nameless:
        return set()
    near = Q()
    for row in nameless:
        within = (_begin(row.day) - BOOKED_WITHIN, _begin(row.day) + 2 * BOOKED_WITHIN)
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
def _take(job: StatementImport, row_id: int) -> None:
    """Take one row as money that came in. Done once, whoever else is at it."""
    row = StatementRow.objects.select_for_update(of=("self",)).get(pk=row_id)
    if row.outcome != RowOutcome.WAITING:
        return
    taken = crediting.take(_facts(job, row))
    is_matched = taken.credit.state == CreditState.MATCHED
    row.credit = taken.credit
    row.outcome = (RowOutcome.KNOWN if taken.known else RowOutcome.PAID) if is_matched else RowOutcome.REVIEW
    row.save(update_fields=("credit", "outcome"))


def _facts(job: StatementImport, row: StatementRow) -> Facts:
    now = timezone.now()
    return Facts(
        amount_paise=row.amount_paise,
        when=CreditTime.starting(_begin(row.day), Precision.DATE).not_after(now),
        arrived_at=now,
        source=CreditSource.STATEMENT,
        rrn=row.rrn,
        bank_ref=row.rrn or row.reference[:40],
        payer=row.narration[:120],
        bank=job.bank,
        account_tail=job.account_tail,
        account_ids=tuple(job.channel.accounts.values_list("pk", flat=True)),
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


def _day(moment: datetime) -> str:
    return f"{moment.astimezone(INDIA):%-d %B %Y}"
