"""How a bank's alerts are written down: plain lines with `{fields}`, compiled to patterns. Pure.

A line is matched from the start of a normalised text, whatever its letters' case, with or without its blanks. What
follows the line is left alone. Names are the only part that a payer can choose, which is why nothing is ever searched
for: everything stands at its place.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from reconciliation import wording

_FIELDS = {
    "amount": wording.AMOUNT,
    "account": r"(?:a ?/ ?c|acct|account|ac)(?: ?no\.?)? ?(?P<tail>[xXnN*0-9]*[0-9]{2})",
    "date": r"(?P<date>[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}|[0-9]{1,2}[-/ ]?(?:[0-9]{1,2}|[A-Za-z]{3})[-/ ]?[0-9]{2,4})",
    "time": r"(?P<time>[0-9]{1,2}(?::[0-9]{2}){0,2}(?: ?[AaPp][Mm])?)",
    "rrn": r"(?P<rrn>[0-9]{12})(?![0-9])",
    "ref": r"(?P<ref>[A-Za-z0-9]{10,22})",
    "vpa": r"(?P<payer>[A-Za-z0-9._-]{2,100}@[A-Za-z0-9]{2,64}(?:\.ifsc\.npci)?)",
    "name": r"(?P<payer>.{1,120}?)",
    "mobile": r"[0-9xX*]{4,14}",
    "ifsc": r"[A-Za-z]{4}0?[A-Za-z0-9]{4,7}",
    "word": r"[A-Za-z]{2,12}",
    "any": r".{0,160}?",
}
_PIECE = re.compile(r"\{([a-z]+)\}")


@dataclass(frozen=True)
class Bank:
    """One bank: its short code as UPI accounts name it, its senders' headers, the lines its credit alerts follow."""

    code: str
    name: str
    headers: frozenset[str]
    credits: tuple[str, ...]
    also_called: frozenset[str] = frozenset()

    @cached_property
    def patterns(self) -> tuple[re.Pattern[str], ...]:
        return tuple(compile_line(line) for line in self.credits)

    def read(self, text: str) -> re.Match[str] | None:
        """Match a normalised text against this bank's lines; groups: amount, tail, date, time, rrn, ref, payer."""
        matches = (pattern.match(text) for pattern in self.patterns)
        return next((match for match in matches if match), None)


def compile_line(line: str) -> re.Pattern[str]:
    pieces = _PIECE.split(line)
    return re.compile("".join(_pieces(pieces)), re.IGNORECASE | re.ASCII)


def _pieces(pieces: list[str]) -> Iterable[str]:
    for index, piece in enumerate(pieces):
        yield _FIELDS[piece] if index % 2 else _literal(piece)


def _literal(text: str) -> str:
    return " ?".join(re.escape(word) for word in text.split(" "))
