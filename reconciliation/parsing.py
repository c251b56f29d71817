"""What a bank's alert says: money in or not, how much, from whom, when. Pure; raises nothing, whatever the text.

Only a text that follows a known line of the very bank its sender names is a credit. A text that merely reads like one
is for staff: a wrong guess gives goods away, a question costs a minute.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from payments.money import in_words_of_rupees
from reconciliation import clauses, senders, wording
from reconciliation.banks import BANKS, bank_of_header
from reconciliation.banks.template import Bank
from reconciliation.times import CreditTime, NoSuchTime, read_printed

_PROMOTION = re.compile(r"\bapply\b|\bpre-?approved\b|\bloan\b|\boffer\b|\bclick\b", re.IGNORECASE)


class Verdict(StrEnum):
    CREDIT = "credit"
    REVIEW = "review"
    IGNORE = "ignore"


@dataclass(frozen=True, kw_only=True)
class Reading:
    """An alert as read. `reason` is a sentence for staff; `rrn` has 12 digits or is empty."""

    verdict: Verdict
    reason: str
    direction: str = ""
    bank: str = ""
    amount_paise: int | None = None
    rrn: str = ""
    bank_ref: str = ""
    payer: str = ""
    account_tail: str = ""
    printed: CreditTime | None = None


def parse(*, sender: str, text: str) -> Reading:
    """Read an alert. Whether the sender is on a channel's list is the caller's question."""
    header = senders.read_header(sender)
    if header is None or header.promotional:
        return Reading(verdict=Verdict.IGNORE, reason=senders.refusal(header, ()))
    return read_text(header.token, text)


def read_text(token: str, text: str) -> Reading:
    """Read an alert whose sender's header is known already."""
    plain = wording.normalise(text)
    bank = bank_of_header(token)
    line = bank.read(plain) if bank else None
    return _read_line(bank, line, plain) if bank and line else _read_unknown(token, bank, plain)


def _read_line(bank: Bank, line: re.Match[str], plain: str) -> Reading:
    groups = line.groupdict(default="")
    clause = clauses.own_clause(_without(line, "payer", plain))
    rrn = groups.get("rrn", "")
    verdict, reason, printed = _judge_line(bank, line, clause, plain)
    return Reading(
        verdict=verdict,
        reason=reason,
        direction=clause.direction,
        bank=bank.code,
        amount_paise=wording.read_paise(groups["amount"]),
        rrn=rrn,
        bank_ref=rrn or groups.get("ref", ""),
        payer=groups.get("payer", "").strip(),
        account_tail=wording.read_tail(groups.get("tail", "")),
        printed=printed,
    )


def _judge_line(
    bank: Bank, line: re.Match[str], clause: clauses.Clause, plain: str
) -> tuple[Verdict, str, CreditTime | None]:
    groups = line.groupdict(default="")
    try:
        printed = read_printed(groups["date"], groups.get("time", "")) if groups.get("date") else None
    except NoSuchTime:
        return Verdict.REVIEW, "The date in the text does not exist.", None
    if clause.marker:
        return Verdict.IGNORE, clause.marker, printed
    if clause.direction != "credit":
        return Verdict.REVIEW, f"It begins like a credit of {bank.name}, but may speak of money that went out.", printed
    if not wording.read_paise(groups["amount"]):
        return Verdict.REVIEW, "The amount in the text is no whole number of paise.", printed
    references = wording.find_rrns(plain)
    if len(references) > 1 or (groups.get("rrn") and references - {groups["rrn"]}):
        return Verdict.REVIEW, "The text holds more than one number that may be the reference.", printed
    if len(plain) > wording.MAX_TEXT:
        return Verdict.REVIEW, "The text is longer than any bank's alert.", printed
    return Verdict.CREDIT, f"{bank.name} says that this amount came in.", printed


def _read_unknown(token: str, bank: Bank | None, plain: str) -> Reading:
    clause = clauses.own_clause(plain)
    amount = wording.find_amount(plain)
    rrns = wording.find_rrns(plain)
    verdict, reason = _judge_unknown(token, bank, clause, amount, plain)
    return Reading(
        verdict=verdict,
        reason=reason,
        direction=clause.direction,
        bank=bank.code if bank else "",
        amount_paise=amount,
        rrn=rrns.pop() if len(rrns) == 1 else "",
    )


def _judge_unknown(
    token: str, bank: Bank | None, clause: clauses.Clause, amount: int | None, plain: str
) -> tuple[Verdict, str]:
    if clause.marker:
        return Verdict.IGNORE, clause.marker
    if clause.direction == "debit":
        return Verdict.IGNORE, "Money left the account."
    if other := next((each for each in BANKS if each is not bank and each.read(plain)), None):
        return Verdict.REVIEW, f"It reads like an alert of {other.name}, but {token} is not a sender of that bank."
    if amount is None or not clauses.speaks_of_credit(plain):
        return Verdict.IGNORE, "It does not speak of money that came in."
    if not clause.names_account and _PROMOTION.search(plain):
        return Verdict.IGNORE, "It is an advertisement."
    known = f"no known alert of {bank.name} reads like this" if bank else f"the alerts of {token} are not known here"
    return Verdict.REVIEW, f"It seems that {in_words_of_rupees(amount)} came in, but {known}."


def _without(line: re.Match[str], group: str, plain: str) -> str:
    """Return the text without what the payer chose: a name must not make a payment look like a refund."""
    if not line.groupdict().get(group):
        return plain
    start, end = line.span(group)
    return plain[:start] + "…" + plain[end:]
