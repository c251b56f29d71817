"""What a statement says, whatever its format, and what follows from its rows together."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from reconciliation.times import INDIA, CreditTime

MAX_ROWS = 200_000
MAX_NARRATION = 300
# No statement with UPI is older, and one that is booked ahead is so by days.
FIRST_DAY = date(2000, 1, 1)
BOOKED_AHEAD = timedelta(days=366)

# Where a bank itself writes the number: right behind the rail or its own code, before any name or note.
_PLACED = re.compile(
    r"(?:UPI|IMPS)[/-](?:CR|DR|IN|P2[AM])/([0-9]{12})(?:/|$)"
    r"|UPI(?:A[BR]| IN)?/([0-9]{12})(?:/|$)|IMPS[/-]([0-9]{12})[/-]",
    re.ASCII,
)
# Alone: behind a bank's letters they are a part of a longer reference, as in SBIN226331234567, before @ of a UPI ID.
_TWELVE = re.compile(r"(?<![0-9A-Z])[0-9]{12}(?![0-9A-Z]|[\w.]*(?:-[0-9])?@)", re.ASCII)
_RAIL = re.compile(r"(?<![A-Z])(?:UPI|IMPS|NEFT|RTGS)", re.ASCII)
# Their references are the banks' own: none is the 12 digits that UPI and IMPS number a payment with.
_OTHER_RAILS = ("NEFT", "RTGS")
HDFC_WIDTH = 16
_PADDED = re.compile(r"0+([0-9]{12})|([0-9]{12})", re.ASCII)
# How a bank calls a reversal: in its narration's first words, or in place of a name. Elsewhere the payer writes.
_TAKEN_BACK = re.compile(
    r"^(?:BY TRANSFER[ -])?(?:REV(?:ERSAL|ERSED)?|RVSL|REFUND|RETURN(?:ED)?|CHARGEBACK)\b"
    r"|^(?:BY TRANSFER[ -])?(?:UPI|IMPS) (?:REV(?:ERSAL|ERSED)?|RVSL|REFUND|RETURN(?:ED)?)\b"
    r"|^(?:BY TRANSFER[ -])?(?:UPI|IMPS)[/-](?:REV|RVSL|REVERSAL)[/-]"
    r"|[0-9]{12}/REVERSAL\b",
    re.ASCII | re.IGNORECASE,
)


class BadStatement(ValueError):
    """The file cannot be used; the message is a sentence for staff."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One movement. `rrn` has 12 digits, or is empty where there is none or several might be it (`rrns`)."""

    line: int
    when: CreditTime
    narration: str
    reference: str = ""
    credit_paise: int = 0
    debit_paise: int = 0
    balance_paise: int | None = None
    rrns: tuple[str, ...] = ()
    is_reversal: bool = False

    @property
    def day(self) -> date:
        return self.when.earliest.astimezone(INDIA).date()

    @property
    def rrn(self) -> str:
        return self.rrns[0] if len(self.rrns) == 1 else ""


@dataclass(frozen=True, kw_only=True)
class Statement:
    """`layout` in words ("HDFC Bank, CSV"); `bank` its code, empty if the file does not tell; `warnings` for staff."""

    layout: str
    rows: Sequence[Row]
    bank: str = ""
    account_tail: str = ""
    warnings: Sequence[str] = field(default=())


def find_rrns(narration: str, reference: str) -> tuple[str, ...]:
    """Return what may be the UPI or IMPS reference of a row: what stands where only the bank writes, else every
    candidate, for the payer's name and note may hold any number. NEFT and RTGS have none.

    HDFC Bank pads the reference to 16 digits. Leading zeros are real.
    """
    narration = narration.upper()
    # The rail comes first; a name or a note behind it may speak of any other.
    rail = _RAIL.search(narration)
    if rail and rail[0] in _OTHER_RAILS:
        return ()
    placed = _PLACED.match(narration, rail.start()) if rail else None
    found = dict.fromkeys(_TWELVE.findall(narration))
    column = _PADDED.fullmatch(re.sub("^(?:UPI|IMPS)-", "", reference.strip().upper()))
    number = (column[1] or column[2]) if column else ""
    if number in found:
        return (number,)
    if placed:
        return (placed[placed.lastindex or 0],)
    if column and (not found or len(column[0]) == HDFC_WIDTH):
        return (number,)
    return tuple([*found, number] if number else found)


def finish(rows: Iterable[Row]) -> tuple[list[Row], list[str]]:
    """Mark what was taken back, and say what staff should know of the whole.

    Raises BadStatement if there is nothing, or a row of a day that no statement has.

    A credit whose reference a debit has too is a failed payment that came back, or a sale that was taken back.
    """
    rows = list(rows)
    if not rows:
        raise BadStatement("No movement was found in this file. Is it the statement, and of the days you wanted?")
    _check_days(rows)
    debited = {row.rrn for row in rows if row.debit_paise and row.rrn}
    rows = [
        replace(row, is_reversal=True)
        if row.credit_paise and ((row.rrn and row.rrn in debited) or _TAKEN_BACK.search(row.narration))
        else row
        for row in rows
    ]
    return rows, _doubts(rows)


def _check_days(rows: Iterable[Row]) -> None:
    last = datetime.now(INDIA).date() + BOOKED_AHEAD
    if bad := next((row for row in rows if not FIRST_DAY <= row.day <= last), None):
        raise BadStatement(
            f"Row {bad.line} of the file is dated {bad.day:%-d %B} {bad.day.year}, which cannot be. Download "
            "the statement again, and leave its dates as they are."
        )


def _doubts(rows: Sequence[Row]) -> list[str]:
    broken = min(_breaks(rows), _breaks(rows[::-1]))
    if not broken:
        return []
    return [
        f"The balance does not follow from the amounts at {broken} {'row' if broken == 1 else 'rows'}: rows may be "
        "missing, or columns be mistaken."
    ]


def _breaks(rows: Sequence[Row]) -> int:
    """Count where a balance is not the one before plus credit minus debit, read in this order."""
    broken, before = 0, None
    for row in rows:
        if row.balance_paise is not None and before is not None:
            broken += before + row.credit_paise - row.debit_paise != row.balance_paise
        before = row.balance_paise
    return broken
