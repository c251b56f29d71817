"""Every layout and format of statements, and files that are none."""

import contextlib
import random
from pathlib import Path

import pytest
import time_machine

from reconciliation.statements import BadStatement, read_statement, workbooks
from reconciliation.statements.rows import find_rrns
from reconciliation.statements.sniff import MAX_FILE
from tests.reconciliation.conftest import NOON
from tests.reconciliation.statements import files

HDFC_XLS = (Path(__file__).parents[1] / "fixtures" / "statements" / "hdfc.xls").read_bytes()
SALE = (9901, 0, ("624412345678",))
TEA = (0, 2000, ("624499999999",))
ASHA = (150000, 0, ("024412345670",))

STATEMENTS = {
    "HDFC, CSV": (files.HDFC_CSV, "hdfc", "1234", [SALE, ASHA, TEA]),
    "HDFC, delimited": (files.HDFC_DELIMITED, "hdfc", "", [SALE]),
    "HDFC, old Excel": (HDFC_XLS, "hdfc", "1234", [SALE, TEA, ASHA]),
    "SBI, tabs": (files.SBI_TABS, "sbi", "1234", [SALE, (0, 2000, ("624400000001",)), (2000, 0, ("624400000001",))]),
    "SBI, HTML": (files.SBI_HTML, "sbi", "1234", [SALE]),
    "ICICI, Excel": (files.xlsx(files.ICICI_ROWS), "icici", "1234", [SALE, (150000, 0, ("624412345679",))]),
    "Axis, newest first": (files.AXIS_CSV, "axis", "1234", [(150000, 0, ("624412345679",)), SALE]),
    "Axis, corporate": (files.AXIS_CORPORATE, "axis", "", [SALE]),
    "Kotak, header twice": (files.KOTAK_CSV, "kotak", "", [SALE, TEA]),
    "IDBI": (files.IDBI_CSV, "", "", [SALE]),
    "Union": (files.UNION_CSV, "", "", [SALE, TEA]),
    "Bank of Baroda": (files.BARODA_CSV, "", "1234", [SALE, TEA]),
    "Bank of India, Excel": (files.xlsx(files.BANK_OF_INDIA_ROWS), "", "1234", [SALE, TEA]),
    "Bank of India, personal": (files.BANK_OF_INDIA_PERSONAL, "", "", [SALE, TEA]),
    "Canara, cells as formulas": (files.CANARA_CSV, "canara", "1234", [SALE, ASHA, TEA]),
    "Federal, Excel": (files.xlsx(files.FEDERAL_ROWS), "", "1234", [SALE, TEA]),
    "IndusInd": (files.INDUSIND_CSV, "", "1234", [SALE, TEA]),
    "PNB, newest first": (files.PNB_CSV, "pnb", "1234", [TEA, SALE]),
    "OFX 1": (files.OFX_SGML, "", "1234", [SALE, TEA]),
    "OFX 2": (files.OFX_XML, "", "", [SALE]),
    "MT940": (files.MT940, "", "1234", [SALE, TEA]),
    "CAMT.053": (files.CAMT, "", "1234", [SALE, TEA]),
}


def as_bytes(content):
    return content if isinstance(content, bytes) else content.encode()


@pytest.mark.parametrize("name", STATEMENTS)
def test_a_statement_is_read_by_what_it_holds(name):
    content, bank, tail, rows = STATEMENTS[name]

    statement = read_statement(as_bytes(content))

    assert [(row.credit_paise, row.debit_paise, row.rrns) for row in statement.rows] == rows
    assert (statement.bank, statement.account_tail, statement.warnings) == (bank, tail, [])
    assert {row.day.isoformat()[:7] for row in statement.rows} == {"2026-09"}
    assert statement.rows[-1].day.isoformat() in ("2026-09-01", "2026-09-02")


def test_a_time_is_read_where_the_bank_prints_one():
    (row,) = read_statement(files.IDBI_CSV.encode()).rows

    assert (row.when.precision, row.when.earliest.isoformat()) == ("minute", "2026-09-01T06:33:00+00:00")


def test_other_encodings_are_read():
    for encoding in ("utf-8-sig", "utf-16", "cp1252"):
        assert len(read_statement(files.HDFC_CSV.encode(encoding)).rows) == 3


def test_what_was_taken_back_is_marked():
    failed = read_statement(files.SBI_TABS.encode()).rows

    assert [row.is_reversal for row in failed] == [False, False, True]
    assert not any(row.is_reversal for row in read_statement(files.HDFC_CSV.encode()).rows)


@pytest.mark.parametrize("word", ["REV-UPI", "UPI REVERSAL", "RVSL", "REFUND"])
def test_a_reversal_is_known_by_its_words_too(word):
    text = files.KOTAK_CSV.replace("UPI/A KUMAR", f"{word}/A KUMAR")

    assert read_statement(text.encode()).rows[0].is_reversal


def test_several_numbers_leave_the_reference_open():
    text = files.KOTAK_CSV.replace("UPI/A KUMAR/624412345678", "PAID 624412345678 111122223333").replace(
        "UPI-624412345678", ""
    )

    row = read_statement(text.encode()).rows[0]

    assert (row.rrns, row.rrn) == (("624412345678", "111122223333"), "")


@pytest.mark.parametrize(
    ("narration", "reference", "rrns"),
    [
        ("NEFT CR-SBIN0001234-ASHA TRADERS-SHOP-SBIN226331234567", "SBIN226331234567", ()),
        ("BY TRANSFER-NEFT*SBIN0001234*SBIN226331234567*ASHA", "", ()),
        ("NEFT/226331234567/ASHA", "226331234567", ()),
        ("RTGS-UTIBR52026090112345678-UPI TRADERS", "", ()),
        ("ASHA TRADERS SBIN226331234567", "", ()),
        ("ASHA TRADERS N226331234567", "N226331234567", ()),
        ("MMT/IMPS/624412345679/A KUMAR/SBI", "", ("624412345679",)),
        ("IMPS-624412345679-A KUMAR-HDFC-XXXX1234-RENT", "0000624412345679", ("624412345679",)),
        ("UPI-NEFT HOUSE-NEFT@YBL-HDFC0000001-624412345679-RENT", "0000624412345679", ("624412345679",)),
        ("UPI/RTGS STORES/624412345679/Payment", "UPI-624412345679", ("624412345679",)),
    ],
)
def test_only_the_references_of_upi_and_imps_are_utrs(narration, reference, rrns):
    assert find_rrns(narration, reference) == rrns


@pytest.mark.parametrize(
    ("narration", "reference", "rrns"),
    [
        ("UPI-A KUMAR-A@OKAXIS-SBIN0001234-624412345678-UPI 713112345678", "0000624412345678", ("624412345678",)),
        ("UPI-A KUMAR-A@OKAXIS-SBIN0001234-624412345678-REF 713112345678", "0000624412345678", ("624412345678",)),
        ("UPI-A KUMAR-REF.713112345678@OKAXIS-SBIN0001234-624412345678-X", "0000624412345678", ("624412345678",)),
        ("UPI/A KUMAR/624412345678/UPI 713112345678", "UPI-624412345678", ("624412345678",)),
        ("UPI/A KUMAR/a@ok/UPI 713112345678/SBI/624412345678/ICI01", "", ("713112345678", "624412345678")),
        ("BY TRANSFER-UPI/CR/624412345678/UPI IN/713112345678/UTIB/a@ok", "", ("624412345678",)),
        ("UPI/624412345678/CR/A KUMAR/ICIC/001234567890/713112345678", "", ("624412345678",)),
        ("IMPS-624412345678-A KUMAR-ICIC-001234567890-713112345678", "", ("624412345678",)),
        ("UPI-A KUMAR-A@OKAXIS-SBIN0001234-624412345678-X@Y 713112345678", "", ("624412345678", "713112345678")),
        ("UPI-A KUMAR-A@OKAXIS-SBIN0001234-624412345678-X@Y 713112345678", "0000624412345678", ("624412345678",)),
        ("UPI-A VERY LONG NAME 713112345678", "0000624412345678", ("624412345678",)),
        ("UPI/624412345678/16:28:16/UPI/919845012345", "", ("624412345678",)),
        ("UPIAB/624412345678/CR/A KUMAR/SBIN/919845012345", "", ("624412345678",)),
        ("UPI IN/624412345678/a@ok/713112345678/0000", "", ("624412345678",)),
        ("RECEIVED FROM A KUMAR/713112345678", "IMPS-624412345678", ("713112345678", "624412345678")),
        ("UPI/A KUMAR/919845012345@ybl/Pay/SBI/624412345678/ICI01", "", ("624412345678",)),
    ],
)
def test_what_the_payer_writes_is_no_utr(narration, reference, rrns):
    assert find_rrns(narration, reference) == rrns


@pytest.mark.parametrize(
    "narration",
    [
        "UPI/A KUMAR/624412345678/RETURN GIFT ",
        "UPI/A KUMAR/624412345678/REFUND ",
        "UPI/REV JOHN/624412345678/",
        "UPI/REFUND DESK/624412345678/",
        "UPI/A KUMAR/a@ok/Return gift/SBI/624412345678/",
        "UPI-REV JOHN-rev.john@ok-SBIN0001234-624412345678-",
    ],
)
def test_what_the_payer_writes_takes_no_money_back(narration):
    text = files.KOTAK_CSV.replace("UPI/A KUMAR/624412345678/", narration)
    assert narration in text

    assert not read_statement(text.encode()).rows[0].is_reversal


def test_balances_that_do_not_follow_are_told():
    text = files.HDFC_CSV.replace("2,599.01", "9,599.01")

    assert read_statement(text.encode()).warnings == [
        "The balance does not follow from the amounts at 2 rows: rows may be missing, or columns be mistaken."
    ]


def test_one_balance_that_does_not_follow_is_one_row():
    text = files.HDFC_CSV.replace("2,579.01", "9,579.01")

    assert (
        read_statement(text.encode()).warnings[0].startswith("The balance does not follow from the amounts at 1 row: ")
    )


def test_a_formula_is_only_text():
    text = files.HDFC_CSV.replace("UPI-A KUMAR", '=HYPERLINK(""http://x"")')

    assert read_statement(text.encode()).rows[0].narration.startswith("=HYPERLINK(")


@pytest.mark.parametrize("day", ["30/12/9999", "31/12/9999", "31/12/1999", "03/09/2027"])
def test_a_day_that_cannot_be_is_refused_with_its_row(day):
    text = f"{files.IDBI_CSV}2;{day} 12:03;{day};UPI/624412345679/A KUMAR;;Cr.;INR;99.01;1198.02\n"

    with (
        time_machine.travel(NOON, tick=False),
        pytest.raises(BadStatement, match=r"Row 3 of the file is dated .*(1999|2027|9999)"),
    ):
        read_statement(text.encode())


@pytest.mark.parametrize("day", ["01/01/2000", "01/09/2027"])
def test_the_first_and_the_last_day_that_can_be_are_read(day):
    text = files.IDBI_CSV.replace("01/09/2026", day)

    with time_machine.travel(NOON, tick=False):
        assert len(read_statement(text.encode()).rows) == 1


BOMB = files.xlsx(files.ICICI_ROWS, extra=[("xl/media/zeros", b"\0" * 30_000_000)])
FAR_CELL = files.with_in_sheet(b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>')
LAUGHS = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>' + files.CAMT.partition("?>")[
    2
].replace("UPI/A", "&b;")
BAD = {
    "empty": (b"  ", "The file is empty."),
    "too large": (b"a" * (MAX_FILE + 1), "The file is larger than 25 MB."),
    "a picture": (b"\x89PNG\r\n\x1a\n\x00\x00", "This is no statement: the file holds binary data."),
    "a PDF": (b"%PDF-1.7", "This is a PDF, which cannot be read reliably."),
    "no table": (b"hello\nworld", "No heading was found"),
    "no rows": (files.KOTAK_CSV.splitlines()[0].encode(), "No movement was found in this file."),
    "a damaged workbook": (files.xlsx(files.ICICI_ROWS)[:700], "This Excel file is damaged."),
    "a zip that is no workbook": (b"PK\x05\x06" + b"\0" * 18, "This Excel file cannot be opened."),
    "a damaged old workbook": (HDFC_XLS[:600], "This Excel file cannot be opened."),
    "a zip bomb": (BOMB, "This Excel file unpacks to far more than a statement holds."),
    "a cell so far away that the sheet would fill the memory": (FAR_CELL, "This Excel file cannot be opened."),
    "XML with entities": (LAUGHS.encode(), "This XML file declares a document type or entities"),
    "XML of another kind": (b'<?xml version="1.0"?><a/>', "This XML file is no CAMT.053 statement."),
    "damaged XML": (files.CAMT[:600].encode(), "This XML file is damaged."),
    "too many rows": (
        (files.KOTAK_CSV.splitlines()[0] + "\n" + "1,2,3\n" * 200_100).encode(),
        "The file has more than 200,000 rows.",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_used_is_refused_in_words(name):
    data, message = BAD[name]

    with pytest.raises(BadStatement) as refusal:
        read_statement(data)

    assert str(refusal.value).startswith(message)


def test_a_long_workbook_fits_its_memory_and_less_is_refused(monkeypatch):
    rows = [
        [str(n), "01/09/2026", "01/09/2026", "-", f"UPI/{624400000000 + n}/Order/{n:x}@okaxis", 0.0, n / 100, n * 7.0]
        for n in range(1, 100_001)
    ]
    workbook = files.xlsx(files.ICICI_ROWS[:2] + rows)

    assert len(read_statement(workbook).rows) == 100_000
    monkeypatch.setattr(workbooks, "MEMORY", 128 * 1024 * 1024)
    assert read_statement(files.xlsx(files.ICICI_ROWS)).rows
    with pytest.raises(BadStatement, match=r"This Excel file cannot be opened\."):
        read_statement(workbook)


@pytest.mark.parametrize("name", STATEMENTS)
def test_a_damaged_file_is_read_or_refused_and_nothing_else(name):
    data, dice = as_bytes(STATEMENTS[name][0]), random.Random(name)
    for _ in range(60):
        broken = bytearray(data[: dice.randrange(1, len(data))])
        for _ in range(5):
            broken[dice.randrange(len(broken))] = dice.randrange(256)
        with contextlib.suppress(BadStatement):
            assert read_statement(bytes(broken)).rows


@pytest.mark.parametrize(
    ("good", "bad", "problem"),
    [
        ("01/09/26,UPI-A", "31/02/26,UPI-A", "“31/02/26” is no day"),
        ("01/09/26,UPI-A", "27-Nob-26,UPI-A", "“27-Nob-26” is no day"),
        (",99.01,", ",99.0O,", "“99.0O” is no amount"),
    ],
)
def test_a_row_that_cannot_be_read_is_named(good, bad, problem):
    assert good in files.HDFC_CSV
    lines = files.HDFC_CSV.replace(good, bad, 1)
    number = next(at for at, line in enumerate(lines.splitlines(), 1) if bad in line)

    statement = read_statement(lines.encode())

    assert statement.warnings[0] == f"Row {number} of the file is left out, for {problem}."
    assert len(statement.rows) == len(read_statement(files.HDFC_CSV.encode()).rows) - 1
