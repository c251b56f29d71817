"""OFX 1 (SGML) and 2 (XML): both are read as tags with values, so nothing is ever expanded."""

import html
import re
from collections.abc import Iterator

from reconciliation.statements.cells import read_amount, read_when
from reconciliation.statements.rows import MAX_NARRATION, MAX_ROWS, BadStatement, Row, Statement, find_rrns, finish

_TRANSACTION = re.compile(r"<STMTTRN>(.*?)(?=</STMTTRN>|<STMTTRN>|</BANKTRANLIST>|\Z)", re.IGNORECASE | re.DOTALL)
_FIELD = re.compile(r"<([A-Z0-9.]{3,12})>([^<\r\n]{0,1000})", re.IGNORECASE)


def read(text: str) -> Statement:
    """Read an OFX file. Raises BadStatement."""
    if text.upper().count("<STMTTRN>") > MAX_ROWS:
        raise BadStatement(f"The file has more than {MAX_ROWS:,} rows. Download a shorter span of days.")
    account = re.search(r"<ACCTID>\s*[^<\r\n]*?([0-9]{3,6})\s*(?:<|\r|\n|$)", text, re.IGNORECASE)
    rows, warnings = finish(_rows(text))
    return Statement(layout="OFX", rows=rows, account_tail=account[1][-4:] if account else "", warnings=warnings)


def _rows(text: str) -> Iterator[Row]:
    for number, match in enumerate(_TRANSACTION.finditer(text), 1):
        fields = {name.upper(): html.unescape(value.strip()) for name, value in _FIELD.findall(match[1])}
        posted = fields.get("DTPOSTED", "")[:8]
        when = read_when(f"{posted[:4]}-{posted[4:6]}-{posted[6:]}")
        amount = read_amount(fields.get("TRNAMT", "").replace("+", ""))
        if when is None or not amount or not amount[0]:
            continue
        # FITID is no reference: some exporters number their rows with it.
        narration = " ".join(filter(None, (fields.get("NAME"), fields.get("MEMO"))))[:MAX_NARRATION]
        reference = fields.get("CHECKNUM") or fields.get("REFNUM", "")
        went_out = amount[1] == "DR"
        yield Row(
            line=number,
            when=when,
            narration=narration,
            reference=reference[:60],
            credit_paise=0 if went_out else amount[0],
            debit_paise=amount[0] if went_out else 0,
            rrns=find_rrns(narration, reference),
        )
