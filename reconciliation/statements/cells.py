"""The cells of a statement: amounts and days, as banks and spreadsheets write them."""

import re
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from reconciliation import wording
from reconciliation.times import CreditTime, NoSuchTime, read_printed

_AMOUNT = re.compile(
    r"(?P<minus>[-(])?(?:INR|RS|₹)?\.?(?P<number>[0-9][0-9,]{0,14}(?:\.[0-9]{0,3})?|\.[0-9]{1,3})\)?(?P<flag>\(?(?:CR|DR)\.?\)?)?",
    re.ASCII,
)
_MOMENT = re.compile(r"(?P<day>.+?)(?:[ T,]+(?P<clock>[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?(?: ?[AP]M)?))?", re.IGNORECASE)


def text_of(cell: Any) -> str:
    """Return a cell as text on one line. A spreadsheet keeps every number as a double, references too."""
    if isinstance(cell, bool) or cell is None:
        return ""
    if isinstance(cell, float):
        exact = Decimal(repr(cell))
        return f"{exact.quantize(Decimal(1)):f}" if exact == exact.to_integral_value() else f"{exact:f}"
    if isinstance(cell, datetime):
        return cell.isoformat(" ") if cell.time() != time() else cell.date().isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    return " ".join(str(cell).replace("\x00", "�").split())


def read_amount(text: str) -> tuple[int, str] | None:
    """Return the paise of a cell and its flag ("CR", "DR", or "" where it has none); None if it is no amount."""
    match = _AMOUNT.fullmatch(text.upper().replace(" ", "").replace("\u00a0", ""))
    paise = wording.read_paise(match["number"]) if match else None
    if match is None or paise is None:
        return None
    flag = re.sub(r"[^CDR]", "", match["flag"] or "")
    return paise, flag or ("DR" if match["minus"] else "")


def read_when(text: str) -> CreditTime | None:
    """Return the day of a cell, with its time where there is one; None if it is no day."""
    match = _MOMENT.fullmatch(text.strip())
    if match is None:
        return None
    try:
        return read_printed(match["day"], match["clock"] or "")
    except NoSuchTime:
        return None
