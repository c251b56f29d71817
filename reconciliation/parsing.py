"""What a bank's alert says: money in or not, how much, from whom, when. Pure; raises nothing, whatever the text.

Only a text that follows a known line of the very bank its sender names is a credit. A text that merely reads like one
is for staff: a wrong guess gives goods away, a question costs a minute.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from payments.money import in_words_of_rupees
from reconciliation import clauses, senders, wording
from reconciliation.banks import BANKS, banks_of_domain, banks_of_header
from reconciliation.banks.template import Bank, Found
from reconciliation.times import CreditTime, NoSuchTime, read_printed

_PROMOTION = re.compile(r"\bapply\b|\bpre-?approved\b|\bloan\b|\boffer\b|\bclick\b", re.IGNORECASE)
# How far behind a line's end words may still belong to it: its true end, where a name was made to look like it.
SHADOW = 300


class Verdict(StrEnum):
    CREDIT = "credit"
    REVIEW = "review"
    IGNORE = "ignore"


@dataclass(frozen=True, kw_only=True)
class Reading:
    """An alert as read. `reason` is a sentence for staff; `rrn` has 12 digits or is empty.

    `rule`: the line of a bank that it follows, such as "sbi: UPI"; empty if it follows none.
    """

    verdict: Verdict
    reason: str
    rule: str = ""
    direction: str = ""
    bank: str = ""
    amount_paise: int | None = None
    rrn: str = ""
    bank_ref: str = ""
    payer: str = ""
    account_tail: str = ""
    printed: CreditTime | None = None


def parse(*, sender: str, text: str, extra: Sequence[Bank] = ()) -> Reading:
    """Read an alert. Whether the sender is on a channel's list is the caller's question. `extra`: see `read_text`."""
    header = senders.read_header(sender)
    if header is None or header.promotional:
        return Reading(verdict=Verdict.IGNORE, reason=senders.refusal(header, ()))
    return read_text(header.token, text, extra)


def read_text(token: str, text: str, extra: Sequence[Bank] = ()) -> Reading:
    """Read an alert whose sender's header is known already. `extra`: the banks that an operator added."""
    plain = wording.normalise(text)
    banks = banks_of_header(token, extra)
    for bank in banks:
        if found := bank.read(plain):
            return _read_line(bank, found, plain)
    return _read_unknown(token, banks, plain)


def read_mail(domain: str, text: str, extra: Sequence[Bank] = ()) -> Reading:
    """Read the plain text of an e-mail whose From domain is proved already (DKIM, DMARC). `extra`: see `read_text`.

    An alert may stand where a line or a sentence begins, as the first that speaks of money; two of them are for staff.
    """
    plain, starts = wording.normalise_mail(text)
    banks = banks_of_domain(domain, extra)
    found = [(bank, each) for bank in banks for each in bank.read_mail(plain, starts)]
    if not found:
        return _read_unknown(domain.lower(), banks, plain[: wording.MAX_TEXT])
    bank, first = min(found, key=lambda pair: pair[1].start)
    reading = _read_line(bank, first, plain)
    if reading.verdict == Verdict.CREDIT and (doubt := _doubt_about_mail(first, [each for _, each in found], plain)):
        return replace(reading, verdict=Verdict.REVIEW, reason=doubt)
    return reading


def _doubt_about_mail(first: Found, found: Sequence[Found], plain: str) -> str:
    before = plain[: first.start]
    if clauses.speaks_of_movement(before) or wording.find_amount(before) is not None:
        return "Something about money stands before what reads like an alert."
    if any((each.amount, each.rrn) != (first.amount, first.rrn) for each in found):
        return "The e-mail holds more than one alert."
    return ""


def _read_line(bank: Bank, found: Found, plain: str) -> Reading:
    clause = clauses.own_clause(found.blanked(plain)[found.start :])
    verdict, reason, printed = _judge_line(bank, found, clause, plain)
    return Reading(
        verdict=verdict,
        reason=reason,
        rule=found.rule,
        direction=clause.direction or ("" if clause.names_account else "credit"),
        bank=bank.code,
        amount_paise=wording.read_paise(found.amount),
        rrn=found.rrn,
        bank_ref=found.rrn or found.ref,
        payer=found.payer,
        account_tail=wording.read_tail(found.tail),
        printed=printed,
    )


def _judge_line(bank: Bank, found: Found, clause: clauses.Clause, plain: str) -> tuple[Verdict, str, CreditTime | None]:
    try:
        printed = read_printed(found.date, found.time) if found.date else None
    except NoSuchTime:
        return Verdict.REVIEW, "The date in the text does not exist.", None
    return *_judge_facts(bank, found, clause, plain), printed


def _judge_facts(bank: Bank, found: Found, clause: clauses.Clause, plain: str) -> tuple[Verdict, str]:
    upi_id = found.payer if "@" in found.payer else ""
    behind = clauses.marker_behind(plain[found.end : found.end + SHADOW], whole=not (found.rrn or found.ref))
    if marker := clause.marker or behind or clauses.marker_in(upi_id):
        return Verdict.REVIEW, f"It reads like a credit of {bank.name}, but: {marker}"
    if clause.direction != "credit" and (clause.names_account or clause.direction):
        return Verdict.REVIEW, f"It begins like a credit of {bank.name}, but may speak of money that went out."
    if not wording.read_paise(found.amount):
        return Verdict.REVIEW, "The amount in the text is no plain number of rupees and paise."
    references = wording.find_rrns(plain[found.start : found.end + SHADOW])
    if references - {found.rrn, found.ref, found.tail}:
        return Verdict.REVIEW, "The text holds more than one number that may be the reference."
    if found.doubt:
        return Verdict.REVIEW, found.doubt
    if found.start == 0 and len(plain) > wording.MAX_TEXT:
        return Verdict.REVIEW, "The text is longer than any bank's alert."
    return Verdict.CREDIT, f"{bank.name} says that this amount came in."


def _read_unknown(token: str, banks: Sequence[Bank], plain: str) -> Reading:
    clause = clauses.own_clause(plain)
    amount = wording.find_amount(plain)
    rrns = wording.find_rrns(plain)
    verdict, reason = _judge_unknown(token, banks, clause, amount, plain)
    return Reading(
        verdict=verdict,
        reason=reason,
        direction=clause.direction,
        bank=banks[0].code if banks else "",
        amount_paise=amount,
        rrn=rrns.pop() if len(rrns) == 1 else "",
    )


def _judge_unknown(
    token: str, banks: Sequence[Bank], clause: clauses.Clause, amount: int | None, plain: str
) -> tuple[Verdict, str]:
    if clause.marker:
        return Verdict.IGNORE, clause.marker
    if clause.direction == "debit":
        return Verdict.IGNORE, "Money left the account."
    if other := next((each for each in BANKS if each not in banks and each.read(plain)), None):
        return Verdict.REVIEW, f"It reads like an alert of {other.name}, but {token} is not a sender of that bank."
    unworded = clause.names_account and bool(wording.find_rrns(plain)) and not clauses.speaks_of_debit(plain)
    if amount is None or not (unworded or clauses.speaks_of_credit(plain)):
        return Verdict.IGNORE, "It does not speak of money that came in."
    if not clause.names_account and _PROMOTION.search(plain):
        return Verdict.IGNORE, "It is an advertisement."
    known = (
        f"no known alert of {banks[0].name} reads like this" if banks else f"the alerts of {token} are not known here"
    )
    return Verdict.REVIEW, f"It seems that {in_words_of_rupees(amount)} came in, but {known}."
