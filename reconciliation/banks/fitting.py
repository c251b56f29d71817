"""How far a line, as staff type it, fits a message. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import shorten

from reconciliation.banks.template import FIELDS, FREE, Line
from reconciliation.banks.typed import forgive_echo

# A free part ends where the next piece begins, so the two fit or stop together.
_PIECES = re.compile(rf"(?:\{{(?:{'|'.join((*FREE, 'person'))})\}} ?)*(?:\{{[a-z]+\}}|[^\s{{]+)? ?")
_SHOWN = 60


@dataclass(frozen=True, kw_only=True)
class Stop:
    """Where a line stops fitting a message: what fitted, the line's next piece, what the message has instead."""

    fitted: str
    piece: str
    instead: str

    def __str__(self) -> str:
        has = f"has “{_start_of(self.instead)}”" if self.instead else "ends there"
        if not self.fitted:
            return f"The line begins with “{self.piece}”{_meaning(self.piece)}, but the message {has}."
        agree = f"The line and the message agree up to “{_end_of(self.fitted)}”."
        return f"{agree} Then the line has “{self.piece}”{_meaning(self.piece)}, but the message {has}."


def stop_of(line: str, text: str, starts: Sequence[int] = (0,)) -> Stop | None:
    """Return where a typed line stops fitting a normalised text, at the best of `starts`; None if it fits."""
    pieces = [piece for piece in _PIECES.findall(line) if piece]
    for count in range(len(pieces), 0, -1):
        if span := _longest(forgive_echo("".join(pieces[:count])), text, starts):
            start, end = span
            rest = text[end:].strip()
            whole = count == len(pieces)
            return None if whole else Stop(fitted=text[start:end].strip(), piece=pieces[count].strip(), instead=rest)
    return Stop(fitted="", piece=pieces[0].strip(), instead=text) if pieces else None


def _longest(line: str, text: str, starts: Sequence[int]) -> tuple[int, int] | None:
    pattern = Line("", line).shortest
    spans = [match.span() for start in starts if (match := pattern.match(text, start))]
    return max(spans, key=lambda span: span[1] - span[0], default=None)


def _meaning(piece: str) -> str:
    found = re.search(r"\{([a-z]+)\}", piece)
    each = FIELDS[found[1]] if found else None
    return f" ({each.meaning}, such as {each.example})" if each and each.example else ""


def _start_of(text: str) -> str:
    return shorten(text, _SHOWN, placeholder=" …")


def _end_of(text: str) -> str:
    return text if len(text) <= _SHOWN else f"… {text[-_SHOWN:].partition(' ')[2]}"
