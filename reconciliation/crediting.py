"""One payment, one credit: known already, joined with what is known, or new and then matched.

Everything here runs in the caller's transaction, under the locks of the reference and of the spaces it may be in.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from payments import services as payments
from payments.locks import lock_name
from payments.models import LIVE_SPACE, TEST_SPACE, PaymentSession, SessionException, UpiAccount
from payments.money import in_words_of_rupees
from reconciliation import matching
from reconciliation.banks import bank_code
from reconciliation.disputes import tell_of_dispute
from reconciliation.matching import Action, Candidate, Decision, Reason
from reconciliation.models import AlertChannel, Credit, CreditSource, CreditState, Evidence
from reconciliation.times import CreditTime, Precision
from reconciliation.wording import find_rrns, normalise

# How far apart the times of two alerts about one payment may be, where no reference tells.
SAME_PAYMENT_WITHIN = timedelta(minutes=5)
NEAREST = 3
# What stands before them in an explanation.
NEAREST_FOLLOW = " Nearest: "
# A rupee: who mistypes an amount mostly drops its paise.
NEAR_PAISE = 100


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What is known of money that came in. `account_ids`: the only accounts it may be for; empty: any of its mode."""

    amount_paise: int
    when: CreditTime
    arrived_at: datetime
    source: CreditSource
    rrn: str = ""
    bank_ref: str = ""
    payer: str = ""
    bank: str = ""
    account_tail: str = ""
    test: bool = False
    account_ids: Sequence[int] = field(default=())


@dataclass(frozen=True)
class Taken:
    credit: Credit
    known: bool


def take(facts: Facts, evidence: Evidence | None = None) -> Taken:
    """Return the credit these facts are about; a new one is matched. `evidence` is the alert that says so, if any."""
    accounts = _possible_accounts(facts)
    lock_reference(facts.rrn, test=facts.test)
    lock_spaces(accounts, test=facts.test)
    known = _same_reference(facts) or _same_payment(facts, evidence)
    if known is None:
        credit = _new_credit(facts)
        _match(credit, facts, accounts)
        return Taken(credit, known=False)
    known = lock_credit(known.pk)
    if facts.rrn and known.rrn == facts.rrn and _contradicts(known, facts):
        return Taken(_conflict(known, facts), known=False)
    _learn(known, facts, accounts)
    return Taken(known, known=True)


def lock_reference(rrn: str, *, test: bool) -> None:
    """Let one transaction at a time decide about a reference. Taken before the locks of spaces, never after."""
    if rrn:
        lock_name(f"rrn:{'test' if test else 'live'}:{rrn}")


def lock_spaces(accounts: Iterable[UpiAccount], *others: str, test: bool) -> None:
    """Let one transaction at a time decide in the spaces of these accounts, and in others."""
    for space in sorted({*_spaces(accounts, test=test), *others}):
        lock_name(space)


def lock_credit(credit_id: int) -> Credit:
    """Return the credit as it is now, which nobody else changes until the transaction ends."""
    return Credit.objects.select_for_update(of=("self",)).get(pk=credit_id)


# Which payment it is


def _same_reference(facts: Facts) -> Credit | None:
    return Credit.objects.filter(test=facts.test, rrn=facts.rrn).first() if facts.rrn else None


def _same_payment(facts: Facts, evidence: Evidence | None) -> Credit | None:
    """Find the credit of another alert about this payment where one of the two has no reference."""
    near = Credit.objects.filter(
        test=facts.test,
        amount_paise=facts.amount_paise,
        credited_at__gte=facts.when.earliest - SAME_PAYMENT_WITHIN - Precision.HOUR.width,
        credited_at__lte=facts.when.latest + SAME_PAYMENT_WITHIN,
    ).exclude(reason=Reason.RRN_CONFLICT)
    # What staff have closed takes nothing in any more: it would hide another customer's payment.
    near = near.exclude(state=CreditState.SET_ASIDE)
    if facts.rrn:
        near = near.filter(rrn="")
    same = [credit for credit in near if _may_be_same(credit, facts) and not _is_another(credit, facts, evidence)]
    return min(same, key=lambda credit: abs(credit.credited_at - facts.when.earliest), default=None)


def _may_be_same(credit: Credit, facts: Facts) -> bool:
    earliest = credit.credited_at - SAME_PAYMENT_WITHIN
    latest = credit.credited_at + Precision(credit.precision).width + SAME_PAYMENT_WITHIN
    same_time = earliest <= facts.when.latest and facts.when.earliest <= latest
    return (
        same_time
        and Precision.DATE not in (credit.precision, facts.when.precision)
        and not _other_account(credit, facts)
    )


def _is_another(credit: Credit, facts: Facts, evidence: Evidence | None) -> bool:
    """Two different texts of one sender, neither with a reference, tell of two payments: the balance moved on."""
    if facts.rrn or evidence is None:
        return False
    text = normalise(evidence.text)
    earlier = (normalise(other.text) for other in credit.evidences.filter(sender=evidence.sender))
    return any(other != text and not find_rrns(other) for other in earlier)


def _contradicts(credit: Credit, facts: Facts) -> bool:
    return credit.amount_paise != facts.amount_paise or _other_account(credit, facts)


def _other_account(credit: Credit, facts: Facts) -> bool:
    if credit.bank and facts.bank and credit.bank != facts.bank:
        return True
    return matching.tails_agree(facts.account_tail, credit.account_tail) is False


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
    """Keep facts that contradict a known reference, once, for staff."""
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
    credit.save(force_insert=True)
    return credit


def _learn(credit: Credit, facts: Facts, accounts: Sequence[UpiAccount]) -> None:
    """Fill in what the credit lacked; one that no session had been found for is matched again."""
    more_exact = facts.when.precision.beats(Precision(credit.precision))
    learns_rrn = bool(facts.rrn and not credit.rrn)
    for name in ("rrn", "bank", "account_tail", "payer", "bank_ref"):
        if not getattr(credit, name):
            setattr(credit, name, getattr(facts, name))
    if more_exact:
        credit.credited_at, credit.precision = facts.when.earliest, facts.when.precision
    is_unmatched = credit.state == CreditState.REVIEW and credit.session_id is None
    if is_unmatched and more_exact:
        _match(credit, replace(facts, rrn=credit.rrn), accounts)
        return
    if is_unmatched and learns_rrn:
        match_again(credit)
        return
    credit.save()
    if credit.state == CreditState.MATCHED and credit.session_id and credit.rrn:
        payments.add_utr(session_id=credit.session_id, utr=credit.rrn)


def _match(credit: Credit, facts: Facts, accounts: Sequence[UpiAccount]) -> None:
    """Decide whose money it is, do it, and save the credit."""
    decision = _decide(facts, accounts)
    if decision.action == Action.CONFIRM and not _confirm(decision, facts):
        decision = _why_not_confirmed(decision, facts)
    session = decision.session
    credit.state = CreditState.REVIEW if decision.action == Action.REVIEW else CreditState.MATCHED
    credit.reason = decision.reason or ""
    credit.session_id = session.pk if session else None
    credit.explanation = decision.explanation
    if session is None:
        credit.explanation = (credit.explanation + _nearest(facts, accounts))[:1000]
    credit.upi_account_id = _account_of(decision, accounts)
    credit.save()
    if session and decision.action == Action.ATTACH and facts.rrn:
        payments.add_utr(session_id=session.pk, utr=facts.rrn)
    if decision.action == Action.CONFIRM and facts.rrn:
        tell_of_dispute(facts.rrn, test=facts.test)
    if session and decision.action == Action.REVIEW:
        payments.record_late_credit(session_id=session.pk, reason=decision.explanation)


def match_again(credit: Credit) -> None:
    """Decide again about a credit that paid nothing, after somebody has said whose it is. Its row is locked."""
    facts = Facts(
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
    _match(credit, facts, _accounts_of_all(credit, facts))


def _accounts_of_all(credit: Credit, facts: Facts) -> list[UpiAccount]:
    """Return the accounts that everybody who told of this credit may mean."""
    accounts = _possible_accounts(facts)
    for channel in AlertChannel.objects.filter(evidences__credit=credit).distinct():
        ids = set(channel.accounts.values_list("pk", flat=True))
        accounts = [account for account in accounts if not ids or account.pk in ids]
    return accounts


def _decide(facts: Facts, accounts: Sequence[UpiAccount]) -> Decision:
    if not accounts:
        about = f"{facts.bank.upper()} " if facts.bank else ""
        ending = f" ending {facts.account_tail}" if facts.account_tail else ""
        return matching.review(Reason.OTHER_ACCOUNT, f"No UPI account here stands for the {about}account{ending}.")
    return matching.decide(
        amount_paise=facts.amount_paise,
        rrn=facts.rrn,
        when=facts.when,
        arrived_at=facts.arrived_at,
        sessions=_candidates(facts, accounts),
        claimants=_claimants(facts),
        account_ids={account.pk for account in accounts},
    )


def _confirm(decision: Decision, facts: Facts) -> bool:
    assert decision.session is not None  # noqa: S101 - a decision to confirm names its session
    moment = max(facts.when.earliest, decision.session.created_at)
    return payments.confirm_session(session_id=decision.session.pk, credited_at=moment, utr=facts.rrn)


def _why_not_confirmed(decision: Decision, facts: Facts) -> Decision:
    """Say why a session that this credit fits did not become a success by it."""
    assert decision.session is not None  # noqa: S101 - a decision to confirm names its session
    session = _as_candidates(PaymentSession.objects.filter(pk=decision.session.pk))[0]
    again = matching.decide_one(session, rrn=facts.rrn)
    if again.action != Action.CONFIRM:
        return again
    others = PaymentSession.objects.filter(test=facts.test, utr=facts.rrn).exclude(pk=session.pk)
    if facts.rrn and others.exists():
        return matching.review(Reason.UTR_USED, f"This UTR was used before, to pay {others[0].session_id}.")
    return matching.review(
        Reason.LATE, f"{session.session_id} asked for this amount, but was paid after it had expired.", session
    )


# What is read


def _possible_accounts(facts: Facts) -> list[UpiAccount]:
    """Return the accounts this money may be for; archived ones too, their sessions may still be paid."""
    accounts = UpiAccount.objects.filter(test=facts.test)
    if facts.account_ids:
        accounts = accounts.filter(pk__in=facts.account_ids)
    by_pk = {account.pk: account for account in accounts}
    possible = matching.possible_accounts(
        [
            matching.Account(
                pk=account.pk,
                bank=bank_code(account.bank),
                tail=account.account_tail,
                own_space=account.alerts_print_tail and not account.test,
            )
            for account in by_pk.values()
        ],
        bank=facts.bank,
        tail=facts.account_tail,
    )
    return [by_pk[account.pk] for account in possible]


def _spaces(accounts: Iterable[UpiAccount], *, test: bool) -> set[str]:
    """Return the spaces of these accounts, the shared one too: a session keeps the space it was opened in."""
    return {account.amount_space for account in accounts} | {TEST_SPACE if test else LIVE_SPACE}


def _candidates(facts: Facts, accounts: Sequence[UpiAccount]) -> list[Candidate]:
    # A phone's own clock may be hours behind: whoever asked for the amount since then may be meant as well.
    by_arrival = facts.when.precision == Precision.ARRIVAL
    latest = max(facts.when.latest, facts.arrived_at) if by_arrival else facts.when.latest
    held = Q(
        amount_space__in=_spaces(accounts, test=facts.test),
        payable_paise=facts.amount_paise,
        hold_until__gte=facts.when.earliest - matching.UNCERTAIN_FOR,
        created_at__lte=latest + matching.CLOCK_MARGIN,
        upi_account__in=accounts,
    )
    candidates = _as_candidates(PaymentSession.objects.filter(held, test=facts.test))
    if facts.rrn:
        seen = {candidate.pk for candidate in candidates}
        named = PaymentSession.objects.filter(test=facts.test, utr=facts.rrn).exclude(pk__in=seen)
        candidates += _as_candidates(named)
    return candidates


def _claimants(facts: Facts) -> list[Candidate]:
    if not facts.rrn:
        return []
    return _as_candidates(PaymentSession.objects.filter(test=facts.test, claims__utr=facts.rrn))


def _as_candidates(sessions: QuerySet[PaymentSession]) -> list[Candidate]:
    confirming = Credit.objects.filter(session=OuterRef("pk"), state=CreditState.MATCHED)
    return [
        Candidate(
            pk=session.pk,
            session_id=session.session_id,
            account_id=session.upi_account_id,
            payable_paise=session.payable_paise,
            status=session.status,
            marked=session.exception == SessionException.MARKED,
            utr=session.utr,
            has_credit=session.has_credit,
            created_at=session.created_at,
            hold_until=session.hold_until,
        )
        for session in sessions.annotate(has_credit=Exists(confirming)).order_by("created_at", "pk")
    ]


def _nearest(facts: Facts, accounts: Sequence[UpiAccount]) -> str:
    """Return a sentence about the sessions whose amount is nearest, such as a customer's typing mistake."""
    # A list of amounts and not a range: each is one probe of the index, however many sessions an amount has had.
    amounts = list(range(max(1, facts.amount_paise - NEAR_PAISE), facts.amount_paise + NEAR_PAISE + 1))
    around = PaymentSession.objects.filter(
        amount_space__in=_spaces(accounts, test=facts.test),
        payable_paise__in=amounts,
        hold_until__gte=facts.when.earliest - matching.UNCERTAIN_FOR,
        created_at__lte=facts.when.latest + matching.UNCERTAIN_FOR,
        upi_account__in=accounts,
        test=facts.test,
    )
    nearest = sorted(around, key=lambda session: abs(session.payable_paise - facts.amount_paise))[:NEAREST]
    named = (f"{each.session_id} ({in_words_of_rupees(each.payable_paise)}, {each.status})" for each in nearest)
    return f"{NEAREST_FOLLOW}{', '.join(named)}." if nearest else ""


def _account_of(decision: Decision, accounts: Sequence[UpiAccount]) -> int | None:
    if decision.session:
        return decision.session.account_id
    return accounts[0].pk if len(accounts) == 1 else None
