"""The accounts that money may be for, and the sessions that it may pay."""

from collections.abc import Iterable, Sequence
from datetime import timedelta

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from payments.models import LIVE_SPACE, TEST_SPACE, PaymentSession, SessionException, UpiAccount
from payments.money import in_words_of_rupees
from reconciliation import joining, matching
from reconciliation.banks import bank_code
from reconciliation.facts import Facts
from reconciliation.matching import Candidate
from reconciliation.models import Credit, CreditState
from reconciliation.times import Precision

# A bank may book a payment on the day before or after.
BOOKED_WITHIN = timedelta(days=1)
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


def perhaps_paid(facts: Facts) -> list[str]:
    """Return the sessions that this very money may have paid already, for all that references and times tell.

    An alert without a reference and a statement's row, or an alert of unknown time, may be of one payment.
    """
    near = Credit.objects.filter(
        test=facts.test,
        amount_paise=facts.amount_paise,
        state=CreditState.MATCHED,
        credited_at__gte=facts.when.earliest - BOOKED_WITHIN - Precision.DATE.width,
        credited_at__lte=facts.when.latest + BOOKED_WITHIN,
    )
    if not facts.rrn:
        # What was told before this money came is of another payment.
        near = near.filter(precision=Precision.DATE, created_at__gte=facts.when.earliest).exclude(rrn="")
    elif facts.when.precision in (Precision.DATE, Precision.ARRIVAL):
        near = near.filter(Q(rrn="") | Q(rrn_presumed=True), credited_at__lte=facts.arrived_at)
    else:
        return []
    found = near.select_related("session").order_by("pk")
    return [each.session.session_id for each in found if each.session and not joining.other_account(each, facts)]


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
