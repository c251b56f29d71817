"""Tables of statements: which column is which, found by the names in their header. Layouts are data."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from reconciliation.statements.cells import read_amount, read_when, text_of
from reconciliation.statements.rows import MAX_NARRATION, MAX_ROWS, BadStatement, Row, Statement, find_rrns, finish

HEADER_WITHIN = 60
TOO_LONG = f"The file has more than {MAX_ROWS:,} rows. Download a shorter span of days."

_COLUMNS: dict[str, str] = {
    **dict.fromkeys(("txn date", "transaction date", "tran date", "date", "post date", "trans date"), "day"),
    **dict.fromkeys(("value date", "value dt", "value dat"), "value_day"),
    **dict.fromkeys(
        (
            *("narration", "description", "particulars", "transaction particulars", "transaction remarks", "remarks"),
            *("details", "transaction details", "transaction description"),
        ),
        "narration",
    ),
    **dict.fromkeys(
        (
            *("chq ref no", "chq ref number", "ref no cheque no", "cheque number", "cheque no", "chqno", "chq no"),
            *("ref no", "reference no", "reference number", "utr", "utr number", "utr no", "instrument id", "tran id"),
            "inst no",
        ),
        "reference",
    ),
    **dict.fromkeys(
        (
            *("withdrawal amt", "debit", "debit amount", "withdrawal amount", "withdrawals", "withdrawal", "dr"),
            # As banks write it: "Withdrawl".
            *("debits", "dr amount", "withdrawal dr", "withdrawl"),
        ),
        "debit",
    ),
    **dict.fromkeys(
        (
            *("deposit amt", "credit", "credit amount", "deposit amount", "deposits", "deposit", "cr"),
            *("credits", "cr amount", "deposit cr"),
        ),
        "credit",
    ),
    **dict.fromkeys(("amount", "transaction amount", "txn amount"), "amount"),
    **dict.fromkeys(("dr cr", "cr dr", "type", "transaction type"), "flag"),
    **dict.fromkeys(("closing balance", "balance", "bal", "running balance", "available balance"), "balance"),
}
# The exact header of banks whose statements name no bank elsewhere.
_BANKS: dict[tuple[str, ...], str] = {
    ("txn date", "value date", "description", "ref no cheque no", "debit", "credit", "balance"): "sbi",
    ("txn date", "value date", "description", "ref no cheque no", "branch code", "debit", "credit", "balance"): "sbi",
    ("date", "narration", "chq ref no", "value dt", "withdrawal amt", "deposit amt", "closing balance"): "hdfc",
    ("date", "narration", "value dat", "debit amount", "credit amount", "chq ref number", "closing balance"): "hdfc",
    (
        *("s no", "value date", "transaction date", "cheque number", "transaction remarks", "withdrawal amount"),
        *("deposit amount", "balance"),
    ): "icici",
    ("tran date", "chqno", "particulars", "dr", "cr", "bal", "sol"): "axis",
    ("tran date", "value date", "chqno", "transaction particulars", "amount", "dr cr", "balance", "branch"): "axis",
    (
        *("sl no", "transaction date", "value date", "description", "chq ref no", "amount", "dr cr", "balance"),
        "dr cr",
    ): "kotak",
    ("txn date", "value date", "cheque no", "description", "branch code", "debit", "credit", "balance"): "canara",
    (
        *("txn no", "txn date", "description", "branch name", "cheque no", "dr amount", "cr amount"),
        "balance",
    ): "pnb",
}
_NAMES = {
    "sbi": "State Bank of India",
    "hdfc": "HDFC Bank",
    "icici": "ICICI Bank",
    "axis": "Axis Bank",
    "kotak": "Kotak",
    "canara": "Canara Bank",
    "pnb": "Punjab National Bank",
}
_TAIL = re.compile(
    r"(?:a/?c|account)\.?\s*(?:no|number|num)?\.?\s*[-:.]*\s*([x*0-9]{0,20}[0-9]{3,6})(?![0-9])",
    re.IGNORECASE | re.ASCII,
)


_MONEY = ("credit", "debit", "amount")
_LIKE_A_DAY = re.compile(r"[0-9]{1,4}[-/. ][0-9A-Za-z]{1,9}[-/. ,]+[0-9]{2,4}(?![0-9.])", re.ASCII)
SHOWN_UNREAD = 5


@dataclass(frozen=True)
class Unread:
    """A movement that cannot be read: `text` is not what its column should hold."""

    line: int
    text: str
    problem: str

    def __str__(self) -> str:
        return f"Row {self.line} of the file is left out, for “{self.text[:40]}” is {self.problem}."


@dataclass(frozen=True)
class _Header:
    at: int
    names: tuple[str, ...]
    columns: Mapping[str, int]

    @property
    def is_complete(self) -> bool:
        has_money = "credit" in self.columns or "amount" in self.columns
        return has_money and "narration" in self.columns and bool({"day", "value_day"} & set(self.columns))


def read_table(table: Sequence[Sequence[Any]], *, form: str) -> Statement:
    """Read the cells of a statement. `form`: what kind of file it was, in words. Raises BadStatement."""
    if len(table) > MAX_ROWS + HEADER_WITHIN:
        raise BadStatement(TOO_LONG)
    header = find_header(table)
    if header is None:
        raise BadStatement(
            "No heading was found that names a date, a narration and a deposit or amount. Download the statement again "
            "as Excel or CSV, and leave it as it is."
        )
    read = list(_rows(table, header))
    rows, warnings = finish(each for each in read if isinstance(each, Row))
    unread = [str(each) for each in read if isinstance(each, Unread)]
    bank = _BANKS.get(header.names, "")
    return Statement(
        layout=f"{_NAMES[bank]}, {form}" if bank else form,
        bank=bank,
        account_tail=_tail(table[: header.at]),
        rows=rows,
        warnings=[*_first(unread), *warnings],
    )


def _first(unread: Sequence[str]) -> list[str]:
    more = [f"{len(unread) - SHOWN_UNREAD} more rows could not be read."] if len(unread) > SHOWN_UNREAD else []
    return [*unread[:SHOWN_UNREAD], *more]


def find_header(table: Sequence[Sequence[Any]]) -> _Header | None:
    """Return the row that names most of the columns."""
    found = [_read_header(at, row) for at, row in enumerate(islice(table, HEADER_WITHIN))]
    return max((each for each in found if each.is_complete), key=lambda each: len(each.columns), default=None)


def _read_header(at: int, row: Sequence[Any]) -> _Header:
    names = tuple(_plain_name(text_of(cell)) for cell in row)
    columns: dict[str, int] = {}
    for index, name in enumerate(names):
        # Of two columns of one name the first counts: Kotak flags the amount, then the balance.
        if kind := _COLUMNS.get(name):
            columns.setdefault(kind, index)
    while names and not names[-1]:
        names = names[:-1]
    return _Header(at, names, columns)


def _plain_name(text: str) -> str:
    without_unit = re.sub(r"\((?:inr|rs|₹|in rs)\.? ?\)", "", text.lower())
    return " ".join(re.findall(r"[a-z]+", without_unit))


def _rows(table: Sequence[Sequence[Any]], header: _Header) -> Iterator[Row | Unread]:
    for line, cells in enumerate(table[header.at + 1 :], header.at + 2):
        # A page's repeated heading has no day, no more than a footer or a total.
        if row := _row(line, cells, header.columns):
            yield row


def _row(line: int, cells: Sequence[Any], columns: Mapping[str, int]) -> Row | Unread | None:
    def cell(kind: str) -> str:
        index = columns.get(kind)
        return text_of(cells[index]) if index is not None and index < len(cells) else ""

    day = cell("day") or cell("value_day")
    when = read_when(day)
    credit, debit = _money(cell)
    if when is None:
        return Unread(line, day, "no day") if (credit or debit) and _LIKE_A_DAY.match(day) else None
    if not (credit or debit):
        unread = next((text for text in map(cell, _MONEY) if re.search("[0-9]", text) and not read_amount(text)), "")
        return Unread(line, unread, "no amount") if unread else None
    narration, reference = cell("narration")[:MAX_NARRATION], cell("reference")[:60]
    balance = read_amount(cell("balance"))
    return Row(
        line=line,
        when=when,
        narration=narration,
        reference=reference,
        credit_paise=credit,
        debit_paise=debit,
        balance_paise=None if balance is None else -balance[0] if balance[1] == "DR" else balance[0],
        rrns=find_rrns(narration, reference),
    )


def _money(cell: Any) -> tuple[int, int]:
    """Return (credit, debit) of a row: two columns, or one with a flag beside it or behind the number."""
    credit, debit, amount = (read_amount(cell(kind)) for kind in ("credit", "debit", "amount"))
    if amount is None:
        return (credit[0] if credit and credit[1] != "DR" else 0), (debit[0] if debit else 0)
    flag = amount[1] or re.sub(r"[^CDR]", "", cell("flag").upper())[:2]
    if flag.startswith("C"):
        return amount[0], 0
    return (0, amount[0]) if flag.startswith("D") else (0, 0)


def _tail(preamble: Sequence[Sequence[Any]]) -> str:
    for row in preamble:
        if match := _TAIL.search(" ".join(text_of(cell) for cell in row)):
            return re.sub(r"[^0-9]", "", match[1])[-4:]
    return ""
