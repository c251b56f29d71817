"""A bank's file: stored by who uploads it, read in the background, and forgotten once its rows are kept.

It is stored in the database, for web and worker may be on different machines. Nothing follows from the rows yet.
"""

import hashlib
import logging
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from reconciliation.banks import bank_code
from reconciliation.models import AlertChannel, ImportState, StatementFile, StatementImport, StatementRow
from reconciliation.services.channels import hear_from
from reconciliation.services.statements import (
    BATCH,
    accounts_of,
    expected_of,
    known_keys,
    nobody_at,
    possible_accounts,
    span,
)
from reconciliation.statements import BadStatement, Row, Statement, read_statement
from reconciliation.statements.sniff import MAX_FILE
from reconciliation.times import INDIA

# A file may be read for that long before its first rows are kept; then whoever reads it is taken for dead.
READS_FOR = timedelta(seconds=60)
MOST_TRIES = 3
LOOKED_AT = (ImportState.READING, ImportState.PREVIEW)
UNUSED = (ImportState.DISCARDED, ImportState.FAILED)

logger = logging.getLogger(__name__)


class LoadedBefore(ValidationError):
    """This very file is known already, as `earlier`."""

    def __init__(self, earlier: StatementImport) -> None:
        day = earlier.created_at.astimezone(INDIA)
        super().__init__({"file": f"This very file was loaded already, on {day:%-d %B %Y}."})
        self.earlier = earlier


def load_statement(*, channel: AlertChannel, file_name: str, data: bytes, actor: str) -> StatementImport:
    """Keep a bank's file for the background to read.

    Raises ValidationError, with a sentence for staff: it is too large, or was loaded before (LoadedBefore).
    """
    if len(data) > MAX_FILE:
        raise ValidationError({"file": f"The file is larger than {MAX_FILE // 1024 // 1024} MB."})
    sha256 = hashlib.sha256(data).hexdigest()
    same = channel.imports.filter(sha256=sha256).exclude(state__in=UNUSED)
    if earlier := same.first():
        raise LoadedBefore(earlier)
    job = StatementImport(channel=channel, file_name=file_name[-120:], sha256=sha256, loaded_by=actor)
    try:
        with transaction.atomic():
            job.save(force_insert=True)
            StatementFile.objects.create(statement=job, data=data)
    except IntegrityError:
        raise LoadedBefore(same.get()) from None
    return job


def discard_import(*, import_id: int) -> bool:
    """Forget a file that was only looked at. Returns whether it was still that."""
    return _end(import_id, LOOKED_AT, ImportState.DISCARDED)


def read_next() -> bool:
    """Read the oldest file that nobody reads. Returns whether there was one.

    A killed worker leaves it with the rows it has kept, and whoever takes it up goes on behind them, a few times.
    """
    waiting = nobody_at(StatementImport.objects.filter(state=ImportState.READING))
    job = waiting.select_related("channel").order_by("id").first()
    taken = {"busy_until": timezone.now() + READS_FOR, "tries": F("tries") + 1}
    if job is None or not waiting.filter(pk=job.pk).update(**taken):
        return False
    try:
        if job.tries >= MOST_TRIES:
            raise BadStatement(f"Reading it was broken off {MOST_TRIES} times. Load fewer days at once.")
        statement = _read(job)
    except BadStatement as error:
        _end(job.pk, (ImportState.READING,), ImportState.FAILED, problem=str(error))
        return True
    if _keep_rows(job, statement.rows):
        _show(job)
    return True


def _end(import_id: int, states: Sequence[ImportState], state: ImportState, *, problem: str = "") -> bool:
    with transaction.atomic():
        won = StatementImport.objects.filter(pk=import_id, state__in=states).update(
            state=state, problem=problem[:500], finished_at=timezone.now(), busy_until=None
        )
        if won:
            StatementRow.objects.filter(statement=import_id).delete()
            StatementFile.objects.filter(statement=import_id).delete()
    return bool(won)


def _read(job: StatementImport) -> Statement:
    """Read the file and note what it says of itself. Raises BadStatement."""
    file = StatementFile.objects.filter(statement=job).first()
    try:
        statement = read_statement(bytes(file.data) if file else b"")
    except BadStatement:
        raise
    except Exception:
        logger.exception("statement %s cannot be read", job.pk)
        raise BadStatement("It is damaged, or of a kind that PayGate does not know. Download it again.") from None
    job.bank = _bank_of(job.channel, statement)
    days = [row.day for row in statement.rows]
    StatementImport.objects.filter(pk=job.pk, state=ImportState.READING).update(
        layout=statement.layout,
        bank=job.bank,
        account_tail=statement.account_tail,
        first_day=min(days),
        last_day=max(days),
        row_count=len(days),
        warnings=list(statement.warnings),
    )
    job.account_tail = statement.account_tail
    return statement


def _bank_of(channel: AlertChannel, statement: Statement) -> str:
    """Return the bank's code. Raises BadStatement if the statement is of no account of this channel."""
    accounts = accounts_of(channel)
    if not accounts:
        raise BadStatement("There is no live UPI account yet that this statement could be about.")
    banks = {bank_code(account.bank) for account in accounts if account.bank}
    bank = statement.bank or (banks.pop() if len(banks) == 1 else "")
    possible = possible_accounts(accounts, bank=bank, tail=statement.account_tail)
    if not possible:
        about = f"{bank.upper()} {f'ending {statement.account_tail}' if statement.account_tail else ''}".strip()
        raise BadStatement(f"This is the statement of another account ({about}) than this channel's.")
    return bank


def _keep_rows(job: StatementImport, rows: Sequence[Row]) -> bool:
    """Store the rows behind those that are kept already. Returns whether nobody else has come between."""
    seen: Counter[str] = Counter()
    for start in range(0, len(rows), BATCH):
        batch = [_stored(job, row, start + at, seen) for at, row in enumerate(rows[start : start + BATCH], 1)]
        if batch[-1].number > job.reached and not _keep(job, batch):
            return False
    return True


@transaction.atomic
def _keep(job: StatementImport, rows: list[StatementRow]) -> bool:
    """Store some rows but those that a started import of this channel has, and count what to expect of them."""
    mine = StatementImport.objects.filter(pk=job.pk, state=ImportState.READING, reached=rows[0].number - 1)
    if not mine.update(reached=rows[-1].number, busy_until=timezone.now() + READS_FOR, tries=0):
        return False
    StatementRow.objects.bulk_create(rows)
    known = known_keys(job, rows)
    span(job, rows).filter(key__in=known).delete()
    job.expected = Counter(job.expected) + expected_of(job, [row for row in rows if row.key not in known])
    StatementImport.objects.filter(pk=job.pk).update(
        repeat_count=F("repeat_count") + len(known), expected=dict(job.expected)
    )
    return True


@transaction.atomic
def _show(job: StatementImport) -> None:
    read = StatementImport.objects.filter(pk=job.pk, state=ImportState.READING)
    if read.update(state=ImportState.PREVIEW, reached=0, busy_until=None):
        hear_from(job.channel, took=1)
    StatementFile.objects.filter(statement=job.pk).delete()


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
