"""Whose money a credit is. Pure: facts in, a decision with its reason out; it never guesses."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from payments.money import in_words_of_rupees
from reconciliation.times import CreditTime, Precision

# A bank's clock of whole seconds may be behind ours by that much.
CLOCK_MARGIN = timedelta(seconds=2)
# How long before its arrival an alert of unknown time may belong to anybody who held its amount.
UNCERTAIN_FOR = timedelta(hours=24)
STALE_AFTER = timedelta(hours=72)
# A bank may book a payment on the day before or after.
BOOKED_WITHIN = timedelta(days=1)
# A busy price may be asked for dozens of times a day, and an explanation must fit into its column.
NAMED = 5


class Reason(StrEnum):
    """Why a credit is for staff."""

    label: str

    def __new__(cls, value: str, label: str) -> "Reason":
        member = str.__new__(cls, value)
        member._value_ = value
        member.label = label
        return member

    NO_SESSION = "no_session", "No payment fits"
    SEVERAL = "several", "Several payments fit"
    UNCERTAIN_TIME = "uncertain_time", "The time is not known"
    STALE = "stale", "Older than three days"
    OTHER_ACCOUNT = "other_account", "Not one of our accounts"
    ALREADY_PAID = "already_paid", "Already paid"
    CANCELLED = "cancelled", "Cancelled"
    LATE = "late", "Paid late"
    UTR_USED = "utr_used", "UTR used before"
    RRN_CONFLICT = "rrn_conflict", "UTR seen with other facts"
    DISPUTED = "disputed", "Claimed by several"


class Action(StrEnum):
    CONFIRM = "confirm"
    ATTACH = "attach"
    REVIEW = "review"


@dataclass(frozen=True, kw_only=True)
class Account:
    """A UPI account and the bank account behind it, as far as staff named it."""

    pk: int
    bank: str
    tail: str
    own_space: bool


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A session that a credit may belong to."""

    pk: int
    session_id: str
    account_id: int
    payable_paise: int
    status: str
    marked: bool
    utr: str
    has_credit: bool
    created_at: datetime
    hold_until: datetime


@dataclass(frozen=True, kw_only=True)
class Decision:
    """`session` is set where the credit clearly belongs to one, also when staff must decide."""

    action: Action
    explanation: str
    reason: Reason | None = None
    session: Candidate | None = None


def tails_agree(one: str, other: str) -> bool | None:
    """Compare two account tails by their common end: True, False, or None where too little is known.

    Three digits are needed, or two where the bank prints no more (`one` is the bank's).
    """
    length = min(len(one), len(other))
    if length == 0:
        return None
    if one[-length:] != other[-length:]:
        return False
    return True if length >= 3 or (length == 2 and len(one) == 2) else None


def possible_accounts(accounts: Sequence[Account], *, bank: str, tail: str) -> list[Account]:
    """Return the accounts that an alert of `bank` about an account ending in `tail` may be about.

    An account with amounts of its own that the alert names is the only one. An account is out as soon as its bank or
    its tail says something else.
    """
    possible = [
        account
        for account in accounts
        if (not bank or not account.bank or account.bank == bank) and tails_agree(tail, account.tail) is not False
    ]
    named = [account for account in possible if bank and account.bank == bank and tails_agree(tail, account.tail)]
    return named if any(account.own_space for account in named) else possible


def fits(session: Candidate, when: CreditTime) -> bool:
    return holds(session.created_at, session.hold_until, when)


def holds(created_at: datetime, hold_until: datetime, when: CreditTime) -> bool:
    """Say whether a session of that life asked for its amount at that time."""
    return created_at - CLOCK_MARGIN <= when.latest and when.earliest <= hold_until


def decide(
    *,
    amount_paise: int,
    rrn: str,
    when: CreditTime,
    arrived_at: datetime,
    sessions: Sequence[Candidate],
    claimants: Sequence[Candidate] = (),
    account_ids: Collection[int] = (),
    perhaps_settled: Collection[str] = (),
) -> Decision:
    """Decide about a credit.

    `sessions`: those of the possible accounts (`account_ids`) that asked for exactly this amount and may have held it
    from 24 h before `when` on, and the one whose UTR is `rrn`, if there is one. `claimants`: those whose customers
    typed `rrn`, whatever they asked for. `perhaps_settled`: the sessions that this very money may have paid already,
    and the credits that staff settled, where these cannot be told apart from it.
    """
    if rrn and (known := next((session for session in sessions if session.utr == rrn), None)):
        return _decide_known_utr(known, amount_paise)
    if len(claimants) > 1:
        return review(Reason.DISPUTED, f"The customers of {_names(claimants)} all say that this UTR is theirs.")
    by_time = _decide_by_time(amount_paise, rrn, when, arrived_at, sessions)
    # Money of a session that staff marked without knowing its UTR.
    marked = [each.session_id for each in sessions if each.marked and not each.has_credit and not each.utr]
    for claimant in claimants:
        if claimant.account_id in account_ids and fits_claim(claimant, amount_paise, when):
            claimed = decide_one(claimant, rrn=rrn)
            is_proved = claimed == by_time and when.precision != Precision.ARRIVAL
            return claimed if is_proved else _unless_settled(claimed, [*perhaps_settled, *marked])
    return _naming(_unless_settled(by_time, perhaps_settled), claimants)


def fits_claim(claimant: Candidate, amount_paise: int, when: CreditTime) -> bool:
    """Say whether a credit may be what this customer says: exactly the amount, not before it was asked for, and not
    days after its hold.

    Reference and amount say whose it is, so the hold may be over for a day, and the day alone is enough.
    """
    return claimant.payable_paise == amount_paise and holds(
        claimant.created_at, claimant.hold_until + BOOKED_WITHIN, when
    )


def _decide_by_time(
    amount_paise: int, rrn: str, when: CreditTime, arrived_at: datetime, sessions: Sequence[Candidate]
) -> Decision:
    if arrived_at - when.latest > STALE_AFTER:
        return review(Reason.STALE, "The money came more than three days before this was told.")
    if when.precision == Precision.DATE:
        return review(Reason.UNCERTAIN_TIME, "Only the day of this credit is known, which is no time.")
    fitting = [session for session in sessions if fits(session, when)]
    amount = in_words_of_rupees(amount_paise)
    if not fitting:
        return review(Reason.NO_SESSION, f"No payment was waiting for {amount} at that time.")
    if len(fitting) > 1:
        return review(Reason.SEVERAL, f"{_names(fitting)} asked for {amount} at that time.")
    if when.precision == Precision.ARRIVAL and len(sessions) > 1:
        return review(
            Reason.UNCERTAIN_TIME, f"It is not known when the money came, and {_names(sessions)} asked for {amount}."
        )
    return decide_one(fitting[0], rrn=rrn)


def decide_one(session: Candidate, *, rrn: str) -> Decision:
    """Decide about a credit that belongs to this session and to no other."""
    if session.status in ("pending", "expired"):
        return Decision(action=Action.CONFIRM, session=session, explanation=f"It paid {session.session_id}.")
    if session.status == "cancelled":
        return review(Reason.CANCELLED, f"{session.session_id} asked for this amount, but was cancelled.", session)
    if session.marked and not session.has_credit and (not rrn or not session.utr):
        return _attach(session)
    return review(Reason.ALREADY_PAID, f"{session.session_id} asked for this amount, but is paid already.", session)


def review(reason: Reason, explanation: str, session: Candidate | None = None) -> Decision:
    return Decision(action=Action.REVIEW, reason=reason, explanation=explanation, session=session)


def _decide_known_utr(session: Candidate, amount_paise: int) -> Decision:
    if session.payable_paise == amount_paise and session.marked and not session.has_credit:
        return _attach(session)
    paid = in_words_of_rupees(session.payable_paise)
    return review(Reason.UTR_USED, f"This UTR was used before, to pay {paid} of {session.session_id}.")


def _naming(decision: Decision, claimants: Sequence[Candidate]) -> Decision:
    """Tell staff of the customer who says that a credit nobody else fits is theirs."""
    if decision.session is not None or not claimants:
        return decision
    (claimant,) = claimants
    asked = in_words_of_rupees(claimant.payable_paise)
    said = f" The customer of {claimant.session_id}, who was asked for {asked}, says that it is theirs."
    return replace(decision, explanation=decision.explanation + said)


def _attach(session: Candidate) -> Decision:
    explanation = f"Staff had marked {session.session_id} as paid; this is its money."
    return Decision(action=Action.ATTACH, session=session, explanation=explanation)


def _unless_settled(decision: Decision, perhaps_settled: Collection[str]) -> Decision:
    """Leave to staff what may be money that has paid another session, or was settled by them, already."""
    if decision.session is None or decision.action == Action.REVIEW:
        return decision
    this = decision.session.session_id
    if not (others := [each for each in dict.fromkeys(perhaps_settled) if each != this]):
        return decision
    return review(Reason.UNCERTAIN_TIME, f"It fits {this}, but it may be the money of {name_all(others)}, told again.")


def _names(sessions: Sequence[Candidate]) -> str:
    return name_all([session.session_id for session in sessions])


def name_all(session_ids: Sequence[str]) -> str:
    names = [*session_ids[:NAMED]]
    if len(session_ids) > NAMED:
        names.append(f"{len(session_ids) - NAMED} more")
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else names[0]
