"""Which format a file has, by its content; and its text or cells, within limits that no file can talk us out of."""

import csv
import io
import re
from collections.abc import Sequence
from itertools import islice

from selectolax.lexbor import LexborHTMLParser

from reconciliation.statements import camt, mt940, ofx
from reconciliation.statements.layouts import HEADER_WITHIN, TOO_LONG, find_header, read_table
from reconciliation.statements.rows import MAX_ROWS, BadStatement, Statement
from reconciliation.statements.workbooks import read_workbook

MAX_FILE = 25 * 1024 * 1024
DELIMITERS = (",", ";", "\t", "|")
# Canara Bank writes ="01-09-2026", so that spreadsheets keep it as it is.
_FORMULA_OF_TEXT = re.compile(r'((?:^|[,;\t|]) *)=(?=")', re.MULTILINE)


def read_statement(data: bytes) -> Statement:
    """Read a statement: CSV or other delimited text, XLS, XLSX, an HTML table, OFX, MT940 or CAMT.053.

    Raises BadStatement, with a sentence for staff.
    """
    if not data.strip():
        raise BadStatement("The file is empty.")
    if len(data) > MAX_FILE:
        raise BadStatement(f"The file is larger than {MAX_FILE // 1024 // 1024} MB. Download a shorter span of days.")
    if data.startswith(b"PK"):
        return read_table(read_workbook(data), form="Excel")
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        return read_table(read_workbook(data), form="old Excel")
    if data.startswith(b"%PDF"):
        raise BadStatement("This is a PDF, which cannot be read reliably. Download the statement as Excel or CSV.")
    return _read_text(_decode(data))


def _read_text(text: str) -> Statement:
    start = text[:4000].lstrip().lower()
    if "camt.053" in start:
        return camt.read(text)
    if start.startswith("ofxheader") or "<ofx>" in start:
        return ofx.read(text)
    if ":20:" in start and ":61:" in text:
        return mt940.read(text)
    if "<html" in start or "<table" in start:
        return read_table(_html_cells(text), form="HTML table")
    if start.startswith("<?xml"):
        raise BadStatement("This XML file is no CAMT.053 statement.")
    return read_table(_delimited(text), form="delimited text")


def _decode(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252", "replace")
    if "\x00" in text:
        raise BadStatement("This is no statement: the file holds binary data.")
    return text


def _html_cells(text: str) -> list[list[str]]:
    rows = LexborHTMLParser(text).css("tr")
    if len(rows) > MAX_ROWS + HEADER_WITHIN:
        raise BadStatement(TOO_LONG)
    return [[cell.text(separator=" ", strip=True) for cell in row.css("td, th")] for row in rows]


def _delimited(text: str) -> list[list[str]]:
    """Split by the delimiter that makes the best heading."""
    text = _FORMULA_OF_TEXT.sub(r"\1", text)

    def table(delimiter: str, most: int) -> list[list[str]]:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        try:
            return list(islice(reader, most))
        except csv.Error:
            raise BadStatement("This text cannot be read as a table. Download the statement again.") from None

    def quality(delimiter: str) -> int:
        header = find_header(table(delimiter, HEADER_WITHIN))
        return len(header.columns) if header else 0

    best: str = max(DELIMITERS, key=quality)
    return _within_limit(table(best, MAX_ROWS + HEADER_WITHIN + 1))


def _within_limit(table: Sequence[list[str]]) -> list[list[str]]:
    if len(table) > MAX_ROWS + HEADER_WITHIN:
        raise BadStatement(TOO_LONG)
    return list(table)
