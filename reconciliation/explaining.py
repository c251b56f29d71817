"""Why a credit was decided as it was: kept as data with the credit, and read back as sentences. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from payments.money import in_words_of_rupees
from reconciliation.matching import Action, Candidate, Decision
from reconciliation.times import INDIA, CreditTime, Precision

# A busy price has dozens of candidates, and nobody reads them all.
KEPT = 20
PAYGATE = "PayGate"
EXACTLY = {
    Precision.SECOND: "to the second",
    Precision.CENTRE: "by the sender's clock",
    Precision.MINUTE: "to the minute",
    Precision.HOUR: "to the hour",
    Precision.ARRIVAL: "as of its arrival",
    Precision.DATE: "only the day is known",
}


@dataclass(frozen=True)
class Explanation:
    """What staff read: how the credit was decided, one sentence; when it came; by whom and when it was decided."""

    rule: str
    came: str
    by: str
    decided_at: datetime | None
    candidates: Sequence[Mapping[str, Any]]


def of_paygate(
    decision: Decision,
    *,
    amount_paise: int,
    when: CreditTime,
    asking: Sequence[Candidate],
    claimants: Sequence[Candidate],
    now: datetime,
) -> dict[str, Any]:
    """Return what PayGate's decision followed from, to be kept: plain values only.

    `asking`, `claimants`: the sessions it looked at, as `matching.decide` takes them.
    """
    looked_at = {each.pk: each for each in (*asking, *claimants)}
    return {
        "by": PAYGATE,
        "at": now.isoformat(),
        "rule": _rule(decision, claimants),
        "amount_paise": amount_paise,
        "from": when.earliest.isoformat(),
        "to": when.latest.isoformat(),
        "precision": when.precision,
        "candidates": [_kept(each) for each in list(looked_at.values())[:KEPT]],
    }


def of_staff(earlier: Mapping[str, Any], *, actor: str, rule: str, now: datetime) -> dict[str, Any]:
    """Return what a person decided, over what PayGate had found."""
    return {**earlier, "by": actor, "at": now.isoformat(), "rule": rule}


def read(decision: Mapping[str, Any]) -> Explanation | None:
    """Return a kept decision in words; None for a credit of before decisions were kept."""
    if not decision:
        return None
    return Explanation(
        rule=decision["rule"],
        came=_came(decision),
        by=decision["by"],
        decided_at=datetime.fromisoformat(decision["at"]),
        candidates=decision.get("candidates", ()),
    )


def _rule(decision: Decision, claimants: Iterable[Candidate]) -> str:
    if decision.reason:
        return f"Left to staff: {decision.reason.label}"
    if decision.action == Action.ATTACH:
        return "Given to the payment that staff had marked as paid"
    by_claim = decision.session and decision.session.pk in {each.pk for each in claimants}
    return f"Matched by exact amount and {'the UTR its customer named' if by_claim else 'time'}"


def _kept(candidate: Candidate) -> dict[str, Any]:
    return {
        "session": candidate.session_id,
        "amount_paise": candidate.payable_paise,
        "status": "marked by staff" if candidate.marked else candidate.status,
        "from": candidate.created_at.isoformat(),
        "to": candidate.hold_until.isoformat(),
    }


def _came(decision: Mapping[str, Any]) -> str:
    if "from" not in decision:
        return ""
    amount = in_words_of_rupees(decision["amount_paise"])
    earliest, latest = (datetime.fromisoformat(decision[name]).astimezone(INDIA) for name in ("from", "to"))
    exactly = EXACTLY[Precision(decision["precision"])]
    if decision["precision"] == Precision.DATE:
        return f"{amount} credited on {earliest:%-d %b %Y} ({exactly})"
    return f"{amount} credited {earliest:%-d %b %Y, %H:%M:%S}–{latest:%H:%M:%S} ({exactly})"
