"""ISO 20022's CAMT.053, read with a parser that refuses document types and entities."""

from collections.abc import Iterator
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from reconciliation.statements.cells import read_amount, read_when
from reconciliation.statements.rows import MAX_NARRATION, MAX_ROWS, BadStatement, Row, Statement, find_rrns, finish


def read(text: str) -> Statement:
    """Read a CAMT.053 file. Raises BadStatement."""
    try:
        # As bytes: a text that names its encoding is refused otherwise.
        root = fromstring(text.encode(), forbid_dtd=True)
    except DefusedXmlException:
        raise BadStatement(
            "This XML file declares a document type or entities, which no bank needs. It is not read."
        ) from None
    except (ParseError, ValueError, LookupError):
        raise BadStatement("This XML file is damaged. Download it again.") from None
    entries = [element for element in root.iter() if _name(element) == "Ntry"]
    if len(entries) > MAX_ROWS:
        raise BadStatement(f"The file has more than {MAX_ROWS:,} rows. Download a shorter span of days.")
    rows, warnings = finish(_rows(entries))
    account = "".join(_texts(root, "Acct", "Id")[:1])
    tail = "".join(char for char in account if char.isdigit())[-4:]
    return Statement(layout="CAMT.053", rows=rows, account_tail=tail if len(tail) >= 3 else "", warnings=warnings)


def _rows(entries: list[Element]) -> Iterator[Row]:
    for number, entry in enumerate(entries, 1):
        day = next(iter(_texts(entry, "BookgDt")), "") or next(iter(_texts(entry, "ValDt")), "")
        when = read_when(day[:10])
        amount = read_amount(next((child.text or "" for child in entry if _name(child) == "Amt"), ""))
        way = next((child.text for child in entry if _name(child) == "CdtDbtInd"), "")
        if when is None or not amount or not amount[0] or way not in ("CRDT", "DBIT"):
            continue
        told = [*_texts(entry, "RmtInf"), *_texts(entry, "AddtlNtryInf"), *_texts(entry, "AddtlTxInf")]
        reversed_ = any(_name(child) == "RvslInd" and child.text == "true" for child in entry)
        narration = " ".join([*(["REVERSAL"] if reversed_ else []), *told])[:MAX_NARRATION]
        references = _texts(entry, "Refs")
        reference = next((each for each in references if each.isdigit() and len(each) >= 12), "".join(references[:1]))
        yield Row(
            line=number,
            when=when,
            narration=narration,
            reference=reference[:60],
            credit_paise=amount[0] if way == "CRDT" else 0,
            debit_paise=amount[0] if way == "DBIT" else 0,
            rrns=find_rrns(narration, reference),
        )


def _texts(element: Element, *path: str) -> list[str]:
    """Return the texts below the first descendants of this name, whatever their namespace."""
    found = [element]
    for name in path:
        found = [below for each in found for below in each.iter() if _name(below) == name]
    texts = (" ".join((each.text or "").split()) for parent in found for each in parent.iter())
    return [text for text in texts if text]


def _name(element: Element) -> str:
    return element.tag.rpartition("}")[2]
