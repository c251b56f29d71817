"""The accounts that money may be for, and the sessions that it may pay."""

from collections.abc import Iterable, Sequence

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from payments.models import LIVE_SPACE, TEST_SPACE, PaymentSession, SessionException, UpiAccount
from payments.money import in_words_of_rupees
from reconciliation import joining, matching
from reconciliation.banks import bank_code
from reconciliation.facts import Facts
from reconciliation.matching import Candidate, Reason
from reconciliation.models import Credit, CreditState
from reconciliation.times import CreditTime, Precision

NEAREST = 3
# What stands before them in an explanation.
NEAREST_FOLLOW = " Nearest: "
# A rupee: who mistypes an amount mostly drops its paise.
NEAR_PAISE = 100


def possible_accounts(facts: Facts) -> list[UpiAccount]:
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


def spaces(accounts: Iterable[UpiAccount], *, test: bool) -> set[str]:
    """Return the spaces of these accounts, the shared one too: a session keeps the space it was opened in."""
    return {account.amount_space for account in accounts} | {TEST_SPACE if test else LIVE_SPACE}


def asking(facts: Facts, accounts: Sequence[UpiAccount]) -> list[Candidate]:
    """Return the sessions that asked for this amount around that time, and the one that has its reference."""
    # A phone's own clock may be hours behind: whoever asked for the amount since then may be meant as well.
    by_arrival = facts.when.precision == Precision.ARRIVAL
    latest = max(facts.when.latest, facts.arrived_at) if by_arrival else facts.when.latest
    held = Q(
        amount_space__in=spaces(accounts, test=facts.test),
        payable_paise=facts.amount_paise,
        hold_until__gte=facts.when.earliest - matching.UNCERTAIN_FOR,
        created_at__lte=latest + matching.CLOCK_MARGIN,
        upi_account__in=accounts,
    )
    candidates = as_candidates(PaymentSession.objects.filter(held, test=facts.test))
    if facts.rrn:
        seen = {candidate.pk for candidate in candidates}
        named = PaymentSession.objects.of_utr(facts.rrn, test=facts.test).exclude(pk__in=seen)
        candidates += as_candidates(named)
    return candidates


def claimants(facts: Facts) -> list[Candidate]:
    if not facts.rrn:
        return []
    return as_candidates(PaymentSession.objects.filter(test=facts.test, claims__utr=facts.rrn))


def perhaps_settled(facts: Facts) -> list[str]:
    """Name what this very money may have paid already, or as what staff may have settled it, for all that is known.

    One payment may be told twice, with its reference and without, and the two need not agree about its time or payer.
    """
    near = Credit.objects.filter(
        test=facts.test,
        amount_paise=facts.amount_paise,
        credited_at__gte=facts.when.earliest - matching.BOOKED_WITHIN - Precision.DATE.width,
        credited_at__lte=facts.when.latest + matching.BOOKED_WITHIN,
    ).exclude(state=CreditState.REVIEW)
    if facts.rrn:
        # One with a UTR of its own, or with a statement's row, is told of in full; so is what contradicted a UTR.
        near = near.filter(rrn="").exclude(reason=Reason.RRN_CONFLICT)
    else:
        near = near.exclude(rrn="")
        if facts.when.precision != Precision.ARRIVAL:
            # What was told before this money came is of another payment.
            near = near.filter(created_at__gte=facts.when.earliest - joining.SAME_PAYMENT_WITHIN)
    found = [each for each in near.select_related("session").order_by("pk") if not joining.other_account(each, facts)]
    return [_name(each) for each in found if facts.rrn or not _is_paid_by_time(each)]


def _name(credit: Credit) -> str:
    paid = _paid_by(credit)
    return paid.session_id if paid else f"credit {credit.pk}"


def _is_paid_by_time(credit: Credit) -> bool:
    """Say whether the credit's own time, and not its reference alone, says which session it paid."""
    paid = _paid_by(credit)
    if paid is None or credit.precision in (Precision.DATE, Precision.ARRIVAL):
        return False
    when = CreditTime.starting(credit.credited_at, Precision(credit.precision))
    return matching.holds(paid.created_at, paid.hold_until, when)


def _paid_by(credit: Credit) -> PaymentSession | None:
    return credit.session if credit.state == CreditState.MATCHED else None


def as_candidates(sessions: QuerySet[PaymentSession]) -> list[Candidate]:
    confirming = Credit.objects.filter(session=OuterRef("pk"), state=CreditState.MATCHED)
    found = sessions.annotate(has_credit=Exists(confirming)).order_by("created_at", "pk")
    # Values and no models, for each row of a statement asks this three times.
    names = ("pk", "session_id", "payable_paise", "status", "utr", "has_credit", "created_at", "hold_until")
    marked = Q(exception=SessionException.MARKED)
    return [Candidate(**row) for row in found.values(*names, account_id=F("upi_account_id"), marked=marked)]


def nearest(facts: Facts, accounts: Sequence[UpiAccount]) -> str:
    """Return a sentence about the sessions whose amount is nearest, such as a customer's typing mistake."""
    # A list of amounts and not a range: each is one probe of the index, however many sessions an amount has had.
    amounts = list(range(max(1, facts.amount_paise - NEAR_PAISE), facts.amount_paise + NEAR_PAISE + 1))
    around = PaymentSession.objects.filter(
        amount_space__in=spaces(accounts, test=facts.test),
        payable_paise__in=amounts,
        hold_until__gte=facts.when.earliest - matching.UNCERTAIN_FOR,
        created_at__lte=facts.when.latest + matching.UNCERTAIN_FOR,
        test=facts.test,
    )
    # Not asked for in the database: SQLite would read every session of the account.
    account_ids = {account.pk for account in accounts}
    ours = [session for session in around if session.upi_account_id in account_ids]
    nearest = sorted(ours, key=lambda session: abs(session.payable_paise - facts.amount_paise))[:NEAREST]
    named = (f"{each.session_id} ({in_words_of_rupees(each.payable_paise)}, {each.status})" for each in nearest)
    whole = facts.amount_paise % 100 == 0
    hint = f" {in_words_of_rupees(facts.amount_paise)} is a whole amount: the payer may have typed it by hand."
    return f"{hint if whole else ''}{NEAREST_FOLLOW}{', '.join(named)}." if nearest else ""
