"""SWIFT's MT940: `:61:` is a movement, `:86:` what the bank says of it, in words of its own."""

import re
from collections.abc import Iterator

from reconciliation.statements.cells import read_amount, read_when
from reconciliation.statements.rows import MAX_NARRATION, MAX_ROWS, BadStatement, Row, Statement, find_rrns, finish

_FIELD = re.compile(r"^:(\d{2}[A-Z]?):(.*?)(?=^:\d{2}[A-Z]?:|^-\}?\s*$|\Z)", re.MULTILINE | re.DOTALL)
# YYMMDD [MMDD] [R]C or [R]D, a letter of the currency, the amount with a comma, N and the kind, references.
_MOVEMENT = re.compile(
    r"(?P<day>\d{6})(?:\d{4})?(?P<mark>R?[CD])[A-Z]?(?P<amount>\d{1,12},\d{0,2})[NSF](?:.{3})(?P<own>[^/\n]*)(?://(?P<bank>[^\n]*))?"
)


def read(text: str) -> Statement:
    """Read an MT940 file. Raises BadStatement."""
    fields = [(match[1], match[2].strip()) for match in _FIELD.finditer(text.replace("\r\n", "\n"))]
    if sum(tag == "61" for tag, _ in fields) > MAX_ROWS:
        raise BadStatement(f"The file has more than {MAX_ROWS:,} rows. Download a shorter span of days.")
    account = next((value for tag, value in fields if tag == "25"), "")
    tail = re.search(r"([0-9]{3,6})\D*$", account)
    rows, warnings = finish(_rows(fields))
    return Statement(layout="MT940", rows=rows, account_tail=tail[1][-4:] if tail else "", warnings=warnings)


def _rows(fields: list[tuple[str, str]]) -> Iterator[Row]:
    for number, (tag, value) in enumerate(fields):
        movement = _MOVEMENT.match(value) if tag == "61" else None
        if movement is None:
            continue
        day = movement["day"]
        when = read_when(f"20{day[:2]}-{day[2:4]}-{day[4:]}")
        amount = read_amount(movement["amount"].replace(",", "."))
        if when is None or not amount or not amount[0]:
            continue
        told = fields[number + 1][1] if number + 1 < len(fields) and fields[number + 1][0] == "86" else ""
        narration = " ".join(re.sub(r"^/(?:INF|TXT)/", "", told).split())[:MAX_NARRATION]
        reference = (movement["bank"] or movement["own"] or "").strip()
        # RD takes back a debit: money came in, but nobody paid.
        came_in = movement["mark"] in ("C", "RD")
        yield Row(
            line=number + 1,
            when=when,
            narration=f"REVERSAL {narration}" if movement["mark"].startswith("R") else narration,
            reference=reference[:60],
            credit_paise=amount[0] if came_in else 0,
            debit_paise=0 if came_in else amount[0],
            rrns=find_rrns(narration, reference),
        )
