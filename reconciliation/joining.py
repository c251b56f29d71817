"""Which alerts tell of one payment, whatever order they come in.

A reference proves it. Without one, what is near in time, of one amount and account, is taken for the same payment
unless something tells the two apart. A statement's row knows only the day: it joins where nothing else of that day
could be meant, and lets go as soon as something could (`Credit.rrn_presumed`).
"""

from collections.abc import Callable, Collection
from datetime import datetime, time, timedelta

from django.db.models import Q, QuerySet
from django.utils import timezone

from payments import services as payments
from reconciliation import matching
from reconciliation.facts import Facts
from reconciliation.matching import Reason
from reconciliation.models import Credit, CreditSource, CreditState, Evidence
from reconciliation.times import INDIA, Precision
from reconciliation.wording import find_rrns, normalise

# How far apart the times of two alerts about one payment may be, where no reference tells.
SAME_PAYMENT_WITHIN = timedelta(minutes=5)
# What staff have closed takes nothing in any more: it would hide another customer's payment.
TAKES_IN = (CreditState.REVIEW, CreditState.MATCHED)
# How many of those who told of a credit it remembers.
SEEN = 50


def same_reference(facts: Facts) -> Credit | None:
    return Credit.objects.of_utr(facts.rrn, test=facts.test).first() if facts.rrn else None


def same_payment(
    facts: Facts, evidence: Evidence | None, *, ours: bool, fitting: Callable[[], Collection[int]]
) -> Credit | None:
    """Find the credit of another alert about this payment where one of the two has no reference.

    `ours`: whether an account here may be meant. `fitting`: the sessions that these facts alone may pay.
    """
    if facts.when.precision == Precision.DATE:
        return None
    near = _of_amount(facts, ours=ours).filter(
        credited_at__gte=facts.when.earliest - SAME_PAYMENT_WITHIN - Precision.HOUR.width,
        credited_at__lte=facts.when.latest + SAME_PAYMENT_WITHIN,
    )
    if facts.rrn:
        near = near.filter(Q(rrn="") | Q(rrn_presumed=True))
    same = [credit for credit in near.order_by("credited_at", "pk") if may_be(credit, facts, evidence, fitting=fitting)]
    return min(same, key=lambda credit: abs(credit.credited_at - facts.when.earliest), default=None)


def may_be(credit: Credit, facts: Facts, evidence: Evidence | None, *, fitting: Callable[[], Collection[int]]) -> bool:
    """Say whether these facts may tell of this payment: by time, account and payer, and by what it paid."""
    if not is_near(credit, facts) or other_account(credit, facts) or _is_another(credit, facts, evidence):
        return False
    payable = fitting() if credit.session_id else ()
    return not payable or credit.session_id in payable


def is_near(credit: Credit, facts: Facts) -> bool:
    """Say whether both name moments, and these may be the same payment's."""
    earliest = credit.credited_at - SAME_PAYMENT_WITHIN
    latest = credit.credited_at + Precision(credit.precision).width + SAME_PAYMENT_WITHIN
    same_time = earliest <= facts.when.latest and facts.when.earliest <= latest
    return same_time and Precision.DATE not in (credit.precision, facts.when.precision)


def other_account(credit: Credit, facts: Facts | Credit) -> bool:
    if credit.bank and facts.bank and credit.bank != facts.bank:
        return True
    return matching.tails_agree(facts.account_tail, credit.account_tail) is False


def told_before(row: Credit, credit: Credit) -> bool:
    """Say whether a statement told of the one before the money of the other came."""
    if row.precision != Precision.DATE or credit.precision in (Precision.DATE, Precision.ARRIVAL):
        return False
    return row.created_at < credit.credited_at


def of_the_day(credit: Credit) -> tuple[list[Credit], list[Credit]]:
    """Return the credits of this one's amount and day (India): those an alert told of without a reference, and those
    whose reference only a statement told. One that joined both stands in both."""
    day = credit.credited_at.astimezone(INDIA).date()
    begins = datetime.combine(day, time(), INDIA)
    of_amount = Credit.objects.filter(test=credit.test, amount_paise=credit.amount_paise, state__in=TAKES_IN)
    of_amount = of_amount.filter(credited_at__gte=begins, credited_at__lt=begins + timedelta(days=1))
    of_amount = of_amount.exclude(reason__in=(Reason.RRN_CONFLICT, Reason.OTHER_ACCOUNT)).order_by("pk")
    found = list(of_amount)
    without = [each for each in found if each.precision != Precision.DATE and (each.rrn_presumed or not each.rrn)]
    dated = [each for each in found if each.rrn_presumed or _is_row(each)]
    return without, dated


def absorb(kept: Credit, row: Credit) -> None:
    """Make one credit of a payment and of a statement's row about it, but for its UTR; both rows are locked."""
    for relation in Credit._meta.related_objects:
        told = relation.related_model._default_manager.filter(**{relation.field.name: row.pk})
        told.update(**{relation.field.name: kept.pk})
    row.delete()
    kept.bank_ref = kept.bank_ref or row.bank_ref
    kept.seen = [*kept.seen, *row.seen][-SEEN:]


def let_go(credit: Credit) -> Credit:
    """Part a payment from the statement's row it was taken for; returns that row's credit."""
    day = datetime.combine(credit.credited_at.astimezone(INDIA).date(), time(), INDIA)
    row = Credit(
        test=credit.test,
        bank=credit.bank,
        account_tail=credit.account_tail,
        amount_paise=credit.amount_paise,
        rrn=credit.rrn,
        bank_ref=credit.rrn,
        credited_at=day,
        precision=Precision.DATE,
        source=credit.source,
        # Its row was told some time before; what guards against paying twice must not take it for older.
        created_at=timezone.now(),
        upi_account_id=credit.upi_account_id,
        seen=[seen for seen in credit.seen if seen["precision"] == Precision.DATE],
    )
    if credit.session_id:
        payments.take_back_utr(session_id=credit.session_id, utr=credit.rrn)
    credit.seen = [seen for seen in credit.seen if seen["precision"] != Precision.DATE]
    credit.rrn, credit.rrn_presumed = "", False
    if credit.bank_ref == row.rrn:
        credit.bank_ref = ""
    credit.save()
    row.save(force_insert=True)
    return row


def _is_row(credit: Credit) -> bool:
    return credit.precision == Precision.DATE and bool(credit.rrn) and credit.state == CreditState.REVIEW


def _of_amount(facts: Facts, *, ours: bool) -> QuerySet[Credit]:
    found = Credit.objects.filter(test=facts.test, amount_paise=facts.amount_paise, state__in=TAKES_IN)
    found = found.exclude(reason=Reason.RRN_CONFLICT)
    # An alert of a bank that has no account here stands for itself: it may only be an echo of ours.
    return found.exclude(reason=Reason.OTHER_ACCOUNT) if ours else found.filter(reason=Reason.OTHER_ACCOUNT)


def _is_another(credit: Credit, facts: Facts, evidence: Evidence | None) -> bool:
    """Two different texts of one sender, neither with a reference, tell of two payments: the balance moved on. So do
    two payers."""
    # A statement cuts names and UPI IDs short.
    told = (seen["payer"] for seen in credit.seen if seen["source"] != CreditSource.STATEMENT)
    if any(_other_payer(payer, facts.payer) for payer in told):
        return True
    if facts.rrn or evidence is None:
        return False
    text = normalise(evidence.text)
    earlier = (normalise(other.text) for other in credit.evidences.filter(sender=evidence.sender))
    return any(other != text and not find_rrns(other) for other in earlier)


def _other_payer(one: str, other: str) -> bool:
    """Two UPI IDs, or two names without a word or an initial in common. A UPI ID tells nothing about a name."""
    if not one or not other or ("@" in one) != ("@" in other):
        return False
    if "@" in one:
        return one.lower() != other.lower()
    return not ({word[0] for word in one.lower().split()} & {word[0] for word in other.lower().split()})
