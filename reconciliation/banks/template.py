"""How a bank's alerts are written down: plain lines with `{fields}`, compiled to patterns. Pure.

A line is matched from the start of a normalised text, whatever its letters' case, with or without its blanks; `[…]` is
a part that may be missing. What follows the line is left alone. Nothing is ever searched for, everything stands at its
place, because whoever pays chooses a part of the text: his name, a remark. Where such a part could end in two places
that would tell different things, or may be all that is left of a text that was cut short, there is a `doubt`.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from reconciliation import wording

ACCOUNT_WORDS = (
    r"(?:a ?/ ?c|acct|account|ac)\.?(?: ?(?:no|number)\b\.?)?(?: ?ending(?: (?:with|in))?)?[ .:-]{0,6}(?:[xX*]{1,12} )?"
)
_TAIL = r"(?P<tail>(?:[xXnN*0-9]{1,20}-){0,2}[xXnN*0-9]{0,20}[0-9]{2})(?![0-9*])"


def _clock(group: str, colons: str) -> str:
    return (
        rf"(?:, ?| )?(?:at ?)?(?P<{group}>[0-9]{{1,2}}(?::[0-9]{{2}}){colons}(?: ?[AaPp][Mm])?)(?![0-9:])"
        r"(?: ?(?:IST|hrs?\.?))?"
    )


@dataclass(frozen=True)
class Field:
    """What stands in a line for what changes: how it is found, and what staff read about it."""

    pattern: str
    meaning: str
    example: str = ""


FIELDS: dict[str, Field] = {
    "amount": Field(wording.AMOUNT, "how much came in, with its currency", "Rs.99.01"),
    "balance": Field(
        r"(?:(?:INR|Rs|₹)[.:]? ?){0,2}-?\d[\d,]{0,14}(?:\.\d{0,3})?", "the account's balance afterwards", "Rs.500.00"
    ),
    "account": Field(
        r"(?:your )?" + ACCOUNT_WORDS + _TAIL, "your account: the word for it and its last digits", "a/c XX1234"
    ),
    "tail": Field(_TAIL, "the last digits of your account alone, whatever word stands before them", "XX1234"),
    "other": Field(r"[xXnN*0-9]{2,24}", "the digits of somebody else's account", "XX9876"),
    "date": Field(
        r"(?P<date>[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}"
        r"|[0-9]{1,2}[-/. ]?(?:[0-9]{1,2}|[A-Za-z]{3,9})[-/. ]?(?:[0-9]{4}|[0-9]{2})"
        r"|[A-Za-z]{3,9} ?[0-9]{1,2}, ?[0-9]{4})(?![0-9])"
        # A bank may print the time, too, though its line has none.
        rf"(?:{_clock('clock', '{1,2}')})?,?",
        "the day, with the time where one follows it",
        "01-09-26",
    ),
    "time": Field(_clock("time", "{0,2}"), "the time, somewhere behind the {date}", "12:00:00"),
    # Not a part of somebody's UPI ID, where a text was cut before its own reference.
    "rrn": Field(r"(?P<rrn>[0-9]{12})(?![0-9]|[\w.-]*@)", "the UTR, 12 digits", "624412345678"),
    "ref": Field(
        r"(?P<ref>[A-Za-z0-9]{6,22})(?![A-Za-z0-9])", "another reference, of letters and digits", "SBIN12345678"
    ),
    "vpa": Field(
        r"(?P<vpa>[A-Za-z0-9._-]{2,100}@[A-Za-z0-9]{2,64}(?:\.ifsc\.npci)?)", "the payer's UPI ID", "payer@upi"
    ),
    "name": Field(r"(?P<name>.{1,120}?)", "the payer's name, up to the line's next words", "A KUMAR"),
    # Whoever pays under such a name cannot write an amount: it may stand before the bank's own.
    # Nor may it say what became of the money: an app's other notices read like that.
    "person": Field(
        r"(?![^₹0-9]*(?:n't|\b(?:not|yet|will|if|nobody|says?|fail\w*|refund\w*|revers\w*|pending|declin\w*|"
        r"request\w*|cash ?back|rewards?|loans?|wallet|and|was|is|reminder|wants|asked|hold|interest|won|phonepe|paytm|"
        r"google|thanks|for|by|towards|salary|matur\w*|lien|clearing|pd|disb\w*|never|cannot|would|could|should|have|tried|"
        r"when|did|once|until|unless|process\w*|schedul\w*|gift|escrow|cancel\w*|return\w*|reject\w*|expire\w*|bounce\w*|"
        r"delay\w*)\b|-re?v))(?P<name>[^₹0-9!?:;]{1,60}?)",
        "the payer's name where the amount stands behind it",
        "A KUMAR",
    ),
    "remark": Field(r"(?P<remark>.{0,120}?)", "what the payer wrote, up to the line's next words", "order 12"),
    "any": Field(r".{0,160}?", "anything, or nothing, up to the line's next words", "…"),
    "mobile": Field(r"[0-9xX*]{4,14}", "a phone number", "98XXXXXX00"),
    "ifsc": Field(r"[A-Za-z]{4}0?[A-Za-z0-9]{4,7}", "the IFSC of a branch", "SBIN0001234"),
    "word": Field(r"[A-Za-z]{2,12}", "one word of letters", "SBI"),
    "number": Field(r"[0-9]{1,20}", "a whole number", "12"),
    "end": Field(r" ?\Z", "the end of the message: nothing may follow"),
    # Where a credit without a reference must end: words behind it may say that it is interest, a loan, or was reversed.
    "stop": Field(
        r"(?= ?(?:\Z|[.;]|-? ?(?:a?v[a-z]*|new|total|clr)[ .]*bal))",
        "the end of the message, or a full stop or the balance behind the line",
    ),
}
# What whoever pays may choose, and what a bank may write at will: they end where the next literal begins.
_CHOSEN = ("name", "remark")
FREE = (*_CHOSEN, "any")
_PATTERNS = {name: each.pattern for name, each in FIELDS.items()}
# What tells one payment from another.
_FACTS = ("amount", "tail", "date", "time", "rrn", "ref")
PIECE = re.compile(r"\{([a-z]+)\}")
# Before the words between a payer's name and the reference: they and it are no part of a UPI ID, as in
# "a.rrn624412345678".
_NO_UPI_ID = r"(?![\w.-]*[0-9]{12})"
_GREETING = r"(?:Dear ?(?:Customer|User|Member|Sir ?/ ?Madam)[ ,.:!]{0,3})?"


@dataclass(frozen=True, kw_only=True)
class Found:
    """What a line found in a text, as it is written there; what the line does not have is empty."""

    rule: str
    amount: str
    tail: str
    date: str
    time: str
    rrn: str
    ref: str
    payer: str
    start: int
    end: int
    chosen: tuple[tuple[int, int], ...]
    doubt: str

    def blanked(self, text: str) -> str:
        """Return the text without what the payer chose: a name must not make a payment look like a refund."""
        for start, end in sorted(self.chosen, reverse=True):
            text = f"{text[:start]}…{text[end:]}"
        return text


@dataclass(frozen=True)
class Line:
    """One form of a bank's credit alerts. `name` is what staff call it: UPI, IMPS."""

    name: str
    text: str

    @cached_property
    def shortest(self) -> re.Pattern[str]:
        return _compile(self.text, _PATTERNS)

    @cached_property
    def longest(self) -> re.Pattern[str]:
        """The same line with every free part as long as it can be, and room for a name that looks like the rest."""
        return _compile(self.text, {**_PATTERNS, **{free: re.sub(r"\d+}\?", "300}", _PATTERNS[free]) for free in FREE}})

    @cached_property
    def is_free(self) -> bool:
        return not _fields_of(self.text).isdisjoint(FREE)

    def match(self, text: str, start: int = 0, *, rule: str = "") -> Found | None:
        match = self.shortest.match(text, start)
        if match is None:
            return None
        groups, facts = match.groupdict(default=""), _facts_of(match)
        return Found(
            rule=rule,
            **facts,
            payer=(groups.get("vpa") or groups.get("name", "")).strip(),
            start=match.start(),
            end=match.end(),
            chosen=tuple(match.span(name) for name in _CHOSEN if groups.get(name)),
            doubt=self._doubt(match),
        )

    def _doubt(self, match: re.Match[str]) -> str:
        if not self.is_free:
            return ""
        text, facts = match.string, _facts_of(match)
        other = self.longest.match(text, match.start())
        if other is not None and _facts_of(other) != facts:
            return "The text can be read in two ways: a name in it looks like a part of the alert."
        is_end = facts["rrn"] and not text[match.end("rrn") :].strip()
        if is_end and self._is_free_before("rrn") and not self.text.endswith("{end}"):
            return "The text ends right behind its reference, as if it had been cut short inside a name."
        return ""

    def _is_free_before(self, name: str) -> bool:
        return not _fields_of(self.text.partition(f"{{{name}}}")[0]).isdisjoint(FREE)


@dataclass(frozen=True, kw_only=True)
class Bank:
    """One bank: its short code as UPI accounts name it, its senders' headers, the lines its credit alerts follow.

    `credits` and `mail_credits`: a line by the name that staff know it by. `mail_domains`: whose e-mails are its own,
    those of their subdomains too. `is_app`: a payment app, which shows payments into an account of any bank.
    """

    code: str
    name: str
    headers: frozenset[str]
    credits: Mapping[str, str]
    also_called: frozenset[str] = frozenset()
    mail_domains: frozenset[str] = frozenset()
    mail_credits: Mapping[str, str] = field(default_factory=dict)
    is_app: bool = False

    @cached_property
    def lines(self) -> tuple[Line, ...]:
        return tuple(Line(name, text) for name, text in self.credits.items())

    @cached_property
    def mail_lines(self) -> tuple[Line, ...]:
        return tuple(Line(name, text) for name, text in self.mail_credits.items())

    def read(self, text: str) -> Found | None:
        """Match a normalised text against the lines of this bank's short messages."""
        found = (line.match(text, rule=f"{self.code}: {line.name}") for line in self.lines)
        return next((each for each in found if each), None)

    def read_mail(self, text: str, starts: Iterable[int]) -> Iterator[Found]:
        """Match the lines of this bank's e-mails wherever the text has a beginning."""
        for start in starts:
            for line in self.mail_lines:
                if found := line.match(text, start, rule=f"{self.code}: e-mail, {line.name}"):
                    yield found
                    break


def _facts_of(match: re.Match[str]) -> dict[str, str]:
    groups = match.groupdict(default="")
    return {fact: groups.get(fact, "") for fact in _FACTS} | {"time": groups.get("time") or groups.get("clock", "")}


def _compile(line: str, fields: Mapping[str, str]) -> re.Pattern[str]:
    # A bank cuts its messages short, even before the bracket behind a reference.
    pieces = PIECE.split(line.removesuffix(")"))
    parts = [fields[piece] if index % 2 else _literal(piece) for index, piece in enumerate(pieces)]
    for index in range(2, len(pieces) - 1, 2):
        if pieces[index - 1] in (*FREE, "vpa") and pieces[index + 1] == "rrn":
            parts[index] = _NO_UPI_ID + parts[index]
    return re.compile(_GREETING + "".join(parts), re.IGNORECASE | re.ASCII)


def _literal(text: str) -> str:
    return re.escape(text).replace(r"\ ", " ?").replace(r"\[", "(?:").replace(r"\]", ")?")


def _fields_of(line: str) -> set[str]:
    return set(PIECE.findall(line))
