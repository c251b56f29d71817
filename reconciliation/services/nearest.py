"""The payments that staff should look at first, where PayGate could not say whose money a credit is."""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Q, QuerySet

from payments.models import PaymentSession, SessionException, Status
from payments.money import in_words_of_rupees
from reconciliation.candidates import NEAR_PAISE
from reconciliation.models import Credit, CreditState

SAME_AMOUNT_WITHIN = timedelta(days=3)
NEAR_AMOUNT_WITHIN = timedelta(hours=24)
# Of a busy price; the closest in time are kept.
LOOKED_AT = 200
MOST = 8


@dataclass(frozen=True)
class Near:
    """`why` it may be meant, in words; `lacks_money`: whether the credit can still be given to it."""

    session: PaymentSession
    why: str
    lacks_money: bool


def near(credit: Credit) -> list[Near]:
    """Return the payments nearest to a credit: those that name its UTR, of its amount, of an amount a rupee off."""
    sessions = PaymentSession.objects.filter(test=credit.test)
    named = list(sessions.filter(Q(utr=credit.rrn) | Q(claims__utr=credit.rrn)).distinct()[:MOST]) if credit.rrn else []
    exact = _about(sessions.filter(payable_paise=credit.amount_paise), credit, SAME_AMOUNT_WITHIN)
    # A list of amounts and not a range: each is one probe of the index.
    amounts = set(range(max(1, credit.amount_paise - NEAR_PAISE), credit.amount_paise + NEAR_PAISE + 1))
    others = sessions.filter(payable_paise__in=amounts - {credit.amount_paise})
    off = sorted(
        _about(others, credit, NEAR_AMOUNT_WITHIN), key=lambda each: abs(each.payable_paise - credit.amount_paise)
    )
    found = {session.pk: session for session in (*named, *exact[:MOST], *off)}
    names = {session.pk for session in named}
    nearest = list(found.values())[:MOST]
    matched = Credit.objects.filter(session__in=nearest, state=CreditState.MATCHED)
    have_money = set(matched.values_list("session_id", flat=True))
    return [
        Near(
            session=session,
            why=_why(session, credit, names=session.pk in names),
            lacks_money=_is_open(session) and session.pk not in have_money,
        )
        for session in nearest
    ]


def _about(sessions: QuerySet[PaymentSession], credit: Credit, within: timedelta) -> list[PaymentSession]:
    found = sessions.filter(created_at__lte=credit.credited_at + within, hold_until__gte=credit.credited_at - within)
    return sorted(found.order_by("-created_at")[:LOOKED_AT], key=lambda each: abs(each.created_at - credit.credited_at))


def _why(session: PaymentSession, credit: Credit, *, names: bool) -> str:
    off = credit.amount_paise - session.payable_paise
    amount = (
        f"{in_words_of_rupees(abs(off))} {'more' if off > 0 else 'less'} than it asked for" if off else "Its amount"
    )
    if names:
        return f"It names this UTR. {amount}."
    if session.created_at <= credit.credited_at <= session.hold_until:
        return f"{amount}, at its time."
    return f"{amount}, at another time."


def _is_open(session: PaymentSession) -> bool:
    return session.status != Status.SUCCESS or session.exception == SessionException.MARKED
