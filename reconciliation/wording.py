"""The small pieces that banks' alerts are made of: amounts, references, accounts. Pure."""

import re
import unicodedata
from itertools import accumulate

MAX_TEXT = 2000
MAX_MAIL = 20_000

# What NFKC leaves: typographic quotes and dashes.
_PLAIN = str.maketrans({"‘": "'", "’": "'", "“": '"', "”": '"', "–": "-", "—": "-", "‐": "-", "‑": "-", "−": "-"})
_UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn"}

# "Rs.99.01,01-09-2026" is an amount and a date, "Rs.99,01-09-2026" nothing; "Rs..47" is 47 paise.
AMOUNT = (
    r"(?:(?:INR|Rs|₹)(?:\.:?|:)? ?){1,2}"
    r"(?P<amount>(?:\d[\d,]{0,14})?\.\d{1,3}(?!\.?\d)|\d[\d,]{0,14}\.?(?![\d,]*\d|\.\d))(?:/-)?"
)
_AMOUNT = re.compile(AMOUNT, re.IGNORECASE | re.ASCII)
_GROUPED = re.compile(r"\d{1,3}(?:,\d{2,3})*,\d{3}", re.ASCII)
_BALANCE_BEFORE = re.compile(
    r"\b(?:avl|aval|avail|available|updated|total|final|new|clr)?[ .]*bal(?:ance)?\b[ .:a-z]*$"
)
# After a full stop or the like, and after "Dear Customer,".
_SENTENCE_START = re.compile(r"[.!?:] |\bDear [^.,!:]{1,60}[,!:] ?", re.IGNORECASE)
# Twelve digits on their own, and not a part of somebody's UPI ID.
_RRN = re.compile(r"(?<![A-Za-z0-9_])\d{12}(?![A-Za-z0-9_]|[\w.-]*@)", re.ASCII)


def normalise(text: str) -> str:
    """Return the text on one line, without what the eye does not see or tells apart: fancy letters, odd blanks."""
    text = unicodedata.normalize("NFKC", text[: 2 * MAX_TEXT]).translate(_PLAIN)
    seen = "".join(char for char in text if char.isspace() or unicodedata.category(char) not in _UNSEEN)
    return " ".join(seen.split())[: MAX_TEXT + 1]


def normalise_mail(text: str) -> tuple[str, list[int]]:
    """Return an e-mail's plain text normalised, on one line, and where its lines and sentences begin."""
    lines = [line for line in (normalise(line) for line in text[: 2 * MAX_MAIL].splitlines()) if line]
    plain = " ".join(lines)[:MAX_MAIL]
    begins = accumulate((len(line) + 1 for line in lines), initial=0)
    starts = {*begins, *(match.end() for match in _SENTENCE_START.finditer(plain))}
    return plain, sorted(start for start in starts if start < len(plain))


def read_paise(number: str) -> int | None:
    """Return the paise of `99`, `1,50,000.5`, `.47` or `6000.000`; None if that is no whole number of paise.

    Commas stand where India or the West groups thousands; elsewhere, as in `1,50`, one may be a decimal sign.
    """
    rupees, _, fraction = number.rstrip(",").partition(".")
    if "," in rupees and not _GROUPED.fullmatch(rupees):
        return None
    rupees = rupees.replace(",", "")
    if not (rupees or fraction).isdecimal() or len(rupees) > 12 or fraction[2:].strip("0"):
        return None
    return int(rupees or "0") * 100 + int(fraction[:2].ljust(2, "0") or "0")


def find_amount(text: str) -> int | None:
    """Return the first amount (paise) of a normalised text that is not a balance."""
    for match in _AMOUNT.finditer(text):
        before = text[max(0, match.start() - 30) : match.start()].lower()
        if not _BALANCE_BEFORE.search(before):
            return read_paise(match["amount"])
    return None


def find_rrns(text: str) -> set[str]:
    """Return every number of twelve digits in a normalised text that may be a UPI or IMPS reference."""
    return set(_RRN.findall(text))


def read_tail(masked: str) -> str:
    """Return the digits that a masked account number shows at its end, six at most: `XX1234` ► `1234`."""
    digits = re.search(r"[0-9]+$", masked)
    return digits[0][-6:] if digits else ""
