"""One payment, one credit: known already, joined with what is known, or new and then matched.

Everything here runs in the caller's transaction, under the locks of the reference and of the spaces it may be in.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from django.utils import timezone

from payments import services as payments
from payments.locks import lock_name
from payments.models import PaymentSession, UpiAccount
from payments.money import in_words_of_rupees
from reconciliation import candidates, doubts, explaining, joining, matching
from reconciliation.disputes import tell_of_dispute
from reconciliation.facts import Facts as Facts
from reconciliation.matching import Action, Candidate, Decision, Reason
from reconciliation.models import AlertChannel, Credit, CreditSource, CreditState, Evidence
from reconciliation.times import CreditTime, Precision


@dataclass(frozen=True)
class Taken:
    credit: Credit
    known: bool


def take(facts: Facts, evidence: Evidence | None = None) -> Taken:
    """Return the credit these facts are about; a new one is matched. `evidence` is the alert that says so, if any."""
    accounts = candidates.possible_accounts(facts)
    lock_reference(facts.rrn, test=facts.test)
    lock_spaces(accounts, test=facts.test)
    known = joining.same_reference(facts)
    if known and _contradicts(known, facts, accounts):
        return Taken(_conflict(lock_credit(known.pk), facts), known=False)
    known = _known(known, facts, accounts, evidence)
    credit = known or _new_credit(facts)
    _remember(credit, facts, evidence)
    if known is None:
        credit.save(force_insert=True)
        settled = _settle_day(credit)
        if settled.state == CreditState.REVIEW and not settled.reason:
            _match(settled, facts, accounts)
        return Taken(settled, known=settled.pk != credit.pk)
    if accounts or credit.reason == Reason.OTHER_ACCOUNT:
        _learn(credit, facts, accounts)
    else:
        # The echo of another bank teaches nothing about our money.
        credit.save(update_fields=["seen"])
    return Taken(_settle_day(credit), known=True)


def lock_reference(rrn: str, *, test: bool) -> None:
    """Let one transaction at a time decide about a reference. Taken before the locks of spaces, never after."""
    if rrn:
        lock_name(f"rrn:{'test' if test else 'live'}:{rrn}")


def lock_spaces(accounts: Iterable[UpiAccount], *others: str, test: bool) -> None:
    """Let one transaction at a time decide in the spaces of these accounts, and in others."""
    for space in sorted({*candidates.spaces(accounts, test=test), *others}):
        lock_name(space)


def lock_mode(rrn: str, *, test: bool) -> None:
    """Let one transaction at a time decide about a reference, and in all spaces of live money, or of test money."""
    lock_reference(rrn, test=test)
    lock_spaces(UpiAccount.objects.filter(test=test), test=test)


def lock_credit(credit_id: int) -> Credit:
    """Return the credit as it is now, which nobody else changes until the transaction ends."""
    return Credit.objects.select_for_update(of=("self",)).get(pk=credit_id)


# Which payment it is


def _known(
    same: Credit | None, facts: Facts, accounts: Sequence[UpiAccount], evidence: Evidence | None
) -> Credit | None:
    """Return the one credit of the payment these facts are about, locked, joined from what was known of it.

    Its UTR may have to be learnt again.
    """
    # When an alert arrived tells nothing against what a statement told.
    has_moment = facts.when.precision not in (Precision.DATE, Precision.ARRIVAL)
    fitting = cache(lambda: _fitting(facts, candidates.asking(facts, accounts)))
    if same and same.rrn_presumed and has_moment and not joining.may_be(same, facts, evidence, fitting=fitting):
        same = _part(same)
    same = lock_credit(same.pk) if same else None
    if same and (same.precision != Precision.DATE or same.state != CreditState.REVIEW):
        return same
    near = joining.same_payment(facts, evidence, ours=bool(accounts), fitting=fitting)
    if near is None:
        return same
    if near.rrn_presumed and facts.rrn:
        _part(near)
    near = lock_credit(near.pk)
    if same:
        joining.absorb(near, same)
    return near


def _fitting(facts: Facts, candidates: Sequence[Candidate]) -> set[int]:
    return {candidate.pk for candidate in candidates if matching.fits(candidate, facts.when)}


def _settle_day(credit: Credit) -> Credit:
    """Join what an alert told without a reference with a statement's row of that day, where nothing else can be meant.

    Two that joined so part again once something else can be meant. Returns what became of `credit`.
    """
    without, dated = joining.of_the_day(credit)
    for each in [each for each in without if each.rrn_presumed]:
        if len(_meant_by(each, without)) > 1 or len(_meant_by(each, dated)) > 1:
            dated[dated.index(each)] = _part(each)
    is_now = credit.pk
    for row in [row for row in dated if not row.rrn_presumed and row.state == CreditState.REVIEW]:
        meant = _meant_by(row, without)
        if len(meant) == 1 and len(_meant_by(meant[0], dated)) == 1:
            joined = lock_credit(meant[0].pk)
            joining.absorb(joined, lock_credit(row.pk))
            joined.rrn, joined.rrn_presumed = row.rrn, True
            joined.save()
            if joined.state == CreditState.REVIEW:
                match_again(joined)
            doubts.say_utr(joined)
            is_now = joined.pk if credit.pk == row.pk else is_now
    return Credit.objects.get(pk=is_now) if dated else credit


def _part(credit: Credit) -> Credit:
    row = joining.let_go(lock_credit(credit.pk))
    credit.statement_rows.filter(rrn=row.rrn).update(credit=row)
    match_again(row)
    return row


def _meant_by(credit: Credit, others: Sequence[Credit]) -> list[Credit]:
    return [
        other
        for other in others
        if not joining.other_account(other, credit)
        and not joining.told_before(other, credit)
        and not joining.told_before(credit, other)
    ]


def _contradicts(credit: Credit, facts: Facts, accounts: Sequence[UpiAccount]) -> bool:
    if credit.amount_paise != facts.amount_paise:
        return True
    # The bank behind a payer's app may write about money of an account elsewhere, before or after the account's own.
    is_echo = not accounts or credit.reason == Reason.OTHER_ACCOUNT
    return not is_echo and joining.other_account(credit, facts)


# What is written


def _new_credit(facts: Facts) -> Credit:
    return Credit(
        test=facts.test,
        bank=facts.bank,
        account_tail=facts.account_tail,
        amount_paise=facts.amount_paise,
        rrn=facts.rrn,
        bank_ref=(facts.bank_ref or facts.rrn)[:40],
        payer=facts.payer[:120],
        credited_at=facts.when.earliest,
        precision=facts.when.precision,
        source=facts.source,
        created_at=timezone.now(),
    )


def _conflict(known: Credit, facts: Facts) -> Credit:
    """Keep facts that contradict a known reference, once, for staff: what came first too, unless it has paid."""
    if known.state == CreditState.REVIEW and known.reason != Reason.RRN_CONFLICT:
        known.reason = Reason.RRN_CONFLICT
        known.explanation = f"UTR {facts.rrn} came with {in_words_of_rupees(facts.amount_paise)} as well."
        known.decision = _conflicting(known, CreditTime.starting(known.credited_at, Precision(known.precision)))
        known.save(update_fields=["reason", "explanation", "decision"])
    credit = _new_credit(replace(facts, rrn="", bank_ref=facts.rrn))
    same = Credit.objects.filter(
        test=credit.test, reason=Reason.RRN_CONFLICT, bank_ref=credit.bank_ref, amount_paise=credit.amount_paise
    )
    if earlier := same.filter(bank=credit.bank, account_tail=credit.account_tail).first():
        return earlier
    credit.reason = Reason.RRN_CONFLICT
    credit.explanation = (
        f"UTR {facts.rrn} is known already, with {in_words_of_rupees(known.amount_paise)}"
        f"{f' to the account ending {known.account_tail}' if known.account_tail else ''}."
    )
    credit.decision = _conflicting(credit, facts.when)
    credit.save(force_insert=True)
    return credit


def _conflicting(credit: Credit, when: CreditTime) -> dict[str, Any]:
    return explaining.of_paygate(
        matching.review(Reason.RRN_CONFLICT, credit.explanation),
        amount_paise=credit.amount_paise,
        when=when,
        asking=(),
        claimants=(),
        now=timezone.now(),
    )


def _remember(credit: Credit, facts: Facts, evidence: Evidence | None) -> None:
    """Note on the credit, unsaved, who told of it and what."""
    seen = {
        "source": facts.source,
        "evidence": evidence.pk if evidence else None,
        "rule": facts.rule,
        "rrn": facts.rrn,
        "payer": facts.payer[:120],
        "at": facts.when.earliest.isoformat(),
        "precision": facts.when.precision,
    }
    if seen not in credit.seen:
        credit.seen = [*credit.seen, seen][-joining.SEEN :]


def _learn(credit: Credit, facts: Facts, accounts: Sequence[UpiAccount]) -> None:
    """Fill in what the credit lacked. What PayGate could not place is decided again; what it confirmed stays so."""
    before = _what_decides(credit)
    if accounts and credit.reason == Reason.OTHER_ACCOUNT:
        credit.bank, credit.account_tail = facts.bank, facts.account_tail
    for name in ("rrn", "bank", "account_tail", "payer", "bank_ref"):
        if not getattr(credit, name):
            setattr(credit, name, getattr(facts, name))
    if facts.rrn and facts.when.precision != Precision.DATE:
        credit.rrn_presumed = False
    precision = Precision(credit.precision)
    as_exact_and_earlier = facts.when.precision == precision and facts.when.earliest < credit.credited_at
    if facts.when.precision.beats(precision) or as_exact_and_earlier:
        credit.credited_at, credit.precision = facts.when.earliest, facts.when.precision
    merged = _merged(credit, facts)
    changed = _what_decides(credit) != before
    if changed and credit.state == CreditState.REVIEW and credit.reason != Reason.RRN_CONFLICT:
        _match(credit, merged, _accounts_of_all(credit, merged))
        return
    credit.save()
    if changed and credit.state == CreditState.MATCHED:
        doubts.compare(credit, merged.when, {account.pk for account in _accounts_of_all(credit, merged)})
        doubts.say_utr(credit)


def _what_decides(credit: Credit) -> tuple[object, ...]:
    return credit.rrn, credit.bank, credit.account_tail, credit.credited_at, credit.precision


def _merged(credit: Credit, facts: Facts) -> Facts:
    return replace(
        facts,
        when=CreditTime.starting(credit.credited_at, Precision(credit.precision)),
        arrived_at=min(credit.created_at, facts.arrived_at),
        rrn=credit.rrn,
        bank=credit.bank,
        account_tail=credit.account_tail,
    )


def _match(credit: Credit, facts: Facts, accounts: Sequence[UpiAccount]) -> None:
    """Decide whose money it is, do it, and save the credit."""
    announced = credit.session_id, credit.reason
    asking, claimants = candidates.asking(facts, accounts), candidates.claimants(facts)
    decision = _decide(credit, facts, accounts, asking, claimants)
    if decision.action == Action.CONFIRM and not _confirm(decision, facts):
        decision = _why_not_confirmed(decision, facts)
    session = decision.session
    credit.state = CreditState.REVIEW if decision.action == Action.REVIEW else CreditState.MATCHED
    credit.reason = decision.reason or ""
    credit.session_id = session.pk if session else None
    credit.explanation = decision.explanation
    if session is None:
        credit.explanation = (credit.explanation + candidates.nearest(facts, accounts))[:1000]
    credit.upi_account_id = _account_of(decision, accounts)
    credit.decision = explaining.of_paygate(
        decision,
        amount_paise=facts.amount_paise,
        when=facts.when,
        asking=asking,
        claimants=claimants,
        now=timezone.now(),
    )
    credit.save()
    if session and decision.action == Action.ATTACH and facts.rrn:
        payments.add_utr(session_id=session.pk, utr=facts.rrn)
    if decision.action == Action.CONFIRM and facts.rrn:
        tell_of_dispute(facts.rrn, test=facts.test)
    if session and decision.action == Action.REVIEW and (session.pk, decision.reason) != announced:
        payments.record_late_credit(session_id=session.pk, reason=decision.explanation)


def match_again(credit: Credit) -> None:
    """Decide again about a credit that paid nothing, after somebody has said whose it is. Its row is locked."""
    if credit.reason == Reason.RRN_CONFLICT:
        return
    facts = _facts_of(credit)
    _match(credit, facts, _accounts_of_all(credit, facts))


def perhaps_settled(credit: Credit) -> list[str]:
    """Name the settled money that a credit under review may be, told of again; see `candidates.perhaps_settled`."""
    return candidates.perhaps_settled(_facts_of(credit)) if credit.state == CreditState.REVIEW else []


def _facts_of(credit: Credit) -> Facts:
    return Facts(
        amount_paise=credit.amount_paise,
        when=CreditTime.starting(credit.credited_at, Precision(credit.precision)),
        arrived_at=credit.created_at,
        source=CreditSource(credit.source),
        rrn=credit.rrn,
        bank=credit.bank,
        account_tail=credit.account_tail,
        test=credit.test,
        account_ids=(credit.upi_account_id,) if credit.upi_account_id else (),
    )


def _accounts_of_all(credit: Credit, facts: Facts) -> list[UpiAccount]:
    """Return the accounts that everybody who told of this credit may mean."""
    accounts = candidates.possible_accounts(facts)
    for channel in AlertChannel.objects.filter(evidences__credit=credit).distinct():
        ids = set(channel.accounts.values_list("pk", flat=True))
        accounts = [account for account in accounts if not ids or account.pk in ids]
    return accounts


def _decide(
    credit: Credit,
    facts: Facts,
    accounts: Sequence[UpiAccount],
    asking: Sequence[Candidate],
    claimants: Sequence[Candidate],
) -> Decision:
    if not accounts:
        about = f"{facts.bank.upper()} " if facts.bank else ""
        ending = f" ending {facts.account_tail}" if facts.account_tail else ""
        return matching.review(Reason.OTHER_ACCOUNT, f"No UPI account here stands for the {about}account{ending}.")
    return matching.decide(
        amount_paise=facts.amount_paise,
        rrn=facts.rrn,
        when=facts.when,
        arrived_at=facts.arrived_at,
        sessions=asking,
        claimants=claimants,
        account_ids={account.pk for account in accounts},
        perhaps_settled=candidates.perhaps_settled(facts) if claimants or not _is_first_hand(credit, facts) else (),
    )


def _is_first_hand(credit: Credit, facts: Facts) -> bool:
    """Say whether an alert names the UTR soon after the payment: then no other has told of it without."""
    if not facts.rrn or facts.when.precision == Precision.ARRIVAL:
        return False
    # The day alone pays nobody who did not name the UTR.
    return facts.when.precision == Precision.DATE or not any(
        seen["source"] == CreditSource.STATEMENT for seen in credit.seen
    )


def _confirm(decision: Decision, facts: Facts) -> bool:
    assert decision.session is not None  # noqa: S101 - a decision to confirm names its session
    moment = max(facts.when.earliest, decision.session.created_at)
    return payments.confirm_session(session_id=decision.session.pk, credited_at=moment, utr=facts.rrn)


def _why_not_confirmed(decision: Decision, facts: Facts) -> Decision:
    """Say why a session that this credit fits did not become a success by it."""
    assert decision.session is not None  # noqa: S101 - a decision to confirm names its session
    session = candidates.as_candidates(PaymentSession.objects.filter(pk=decision.session.pk))[0]
    again = matching.decide_one(session, rrn=facts.rrn)
    if again.action != Action.CONFIRM:
        return again
    others = PaymentSession.objects.of_utr(facts.rrn, test=facts.test).exclude(pk=session.pk)
    if facts.rrn and others.exists():
        return matching.review(Reason.UTR_USED, f"This UTR was used before, to pay {others[0].session_id}.")
    return matching.review(
        Reason.LATE, f"{session.session_id} asked for this amount, but was paid after it had expired.", session
    )


def _account_of(decision: Decision, accounts: Sequence[UpiAccount]) -> int | None:
    if decision.session:
        return decision.session.account_id
    return accounts[0].pk if len(accounts) == 1 else None
