"""In whatever order the alerts of many payments come, and however late, the same payments end up paid by the same money."""

from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from payments import amounts
from payments.models import Notice, PaymentSession, UpiAccount
from payments.services import SessionDetails, create_session
from reconciliation import crediting
from reconciliation.crediting import Facts
from reconciliation.models import AlertChannel, Credit, CreditSource, Evidence
from reconciliation.services.channels import add_phone
from reconciliation.times import CreditTime, Precision, read_printed
from tests.reconciliation.conftest import NOON

# A session is open for 10 minutes and holds its amount for 30 more; then the next one may have it.
EVERY = timedelta(minutes=41)
EVENING = NOON + timedelta(hours=9)
AMOUNTS = (99_37, 99_41)


@dataclass(frozen=True)
class Payment:
    """`session`: which one asked for it; None: a stranger's. `at`: seconds after noon."""

    session: int | None
    amount: int
    at: int
    rrn: str
    payer: str


@dataclass(frozen=True)
class Telling:
    """One witness: `kind` says what it knows, `lag` how many seconds after the payment it was sent."""

    payment: Payment
    kind: str
    lag: int


PAYERS = ("ASHA B", "CHITRA D", "ESHA F", "GITA H", "INDU J", "KIRAN L", "MEERA N")
KINDS = ("sms", "second phone", "second sms", "mail", "app", "statement")
KINDS_WITH_RRN = ("sms", "second phone", "mail", "statement")
SENDERS = {"sms": "HDFCBK", "second phone": "HDFCBK", "second sms": "HDFCBN", "mail": "hdfcbank.net", "app": "phonepe"}


def facts(telling: Telling, arrived_at: datetime) -> Facts:
    payment, kind = telling.payment, telling.kind
    happened = NOON + timedelta(seconds=payment.at)
    sent = CreditTime.starting(happened + timedelta(seconds=telling.lag), Precision.CENTRE)
    when = {
        "mail": CreditTime.starting(happened.replace(second=0), Precision.MINUTE),
        "statement": read_printed(f"{happened:%d-%m-%Y}"),
    }.get(kind, sent)
    knows_account = kind != "app"
    return Facts(
        amount_paise=payment.amount,
        when=when,
        arrived_at=arrived_at,
        source=CreditSource.ALERT,
        rrn="" if kind in ("second sms", "app") else payment.rrn,
        payer=payment.payer if kind in ("second sms", "app") else "",
        bank="hdfc" if knows_account else "",
        account_tail="1234" if knows_account else "",
    )


def text(telling: Telling) -> str:
    """What an alert prints besides the facts: the balance after this payment."""
    payment = telling.payment
    return f"{telling.kind} {payment.amount} Avl bal {payment.at}" + (
        "" if telling.kind in ("second sms", "app") else f" Ref {payment.rrn}"
    )


@contextmanager
def rolled_back():
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


class Shop:
    """An account, its channels, and sessions that ask for the same few amounts again and again."""

    def __init__(self, asha, clock):
        self.clock = clock
        amounts.forget_accounts()
        account = UpiAccount.objects.create(
            upi_id="asha@okhdfcbank", payee_name="ASHA", bank="hdfc", account_tail="1234"
        )
        phones = {kind: add_phone(label=kind, senders=["HDFCBK"])[0] for kind in KINDS if kind != "statement"}
        self.channels: dict[str, AlertChannel] = phones
        self.sessions: list[PaymentSession] = []
        for number in range(6):
            clock.move_to(NOON + EVERY * (number // len(AMOUNTS)))
            session = create_session(api_key=asha, requested_paise=100_00, details=SessionDetails(), expires_in=600)
            row = session.session
            row.payable_paise, row.upi_account, row.holds_amount = AMOUNTS[number % len(AMOUNTS)], account, False
            row.save()
            self.sessions.append(row)

    def live_through(self, tellings: list[Telling], gaps: list[int]) -> dict[str, object]:
        """Let the tellings arrive one after the other, and return what came of it; nothing is kept."""
        with rolled_back():
            arrived_at = EVENING
            for telling, gap in zip(tellings, gaps, strict=True):
                arrived_at += timedelta(seconds=gap)
                self.clock.move_to(arrived_at)
                self.tell(telling, arrived_at)
            return self.state()

    def tell(self, telling: Telling, arrived_at: datetime) -> None:
        evidence = None
        if telling.kind != "statement":
            evidence = Evidence.objects.create(
                channel=self.channels[telling.kind],
                sender=SENDERS[telling.kind],
                digest=f"{telling.kind}{telling.payment.rrn}{Evidence.objects.count()}",
                text=text(telling),
                arrived_at=arrived_at,
                received_at=arrived_at,
            )
        taken = crediting.take(facts(telling, arrived_at), evidence)
        if evidence:
            Evidence.objects.filter(pk=evidence.pk).update(credit=taken.credit)

    def state(self) -> dict[str, object]:
        number = {session.pk: index for index, session in enumerate(self.sessions)}
        rows = PaymentSession.objects.order_by("pk").values_list("pk", "status", "exception", "utr", "paid_at")
        credits_ = Counter(
            (credit.amount_paise, credit.rrn, number.get(credit.session_id), credit.state, credit.reason)
            for credit in Credit.objects.all()
        )
        return {
            "sessions": [(number[row[0]], *row[1:]) for row in rows],
            "credits": credits_,
            "notices": Notice.objects.count(),
        }


@pytest.fixture
def shop(asha, clock) -> Shop:
    return Shop(asha, clock)


def tellings_of(payment: Payment, known: tuple[str, ...] = KINDS) -> st.SearchStrategy[list[Telling]]:
    kinds = st.lists(st.sampled_from(known), min_size=1, max_size=5)
    return kinds.flatmap(
        lambda kinds: st.tuples(*(st.integers(0, 90) for _ in kinds)).map(
            lambda lags: [Telling(payment, kind, lag) for kind, lag in zip(kinds, lags, strict=True)]
        )
    )


@st.composite
def payments(draw) -> list[Payment]:
    """Two to six payments: of sessions, each once, in time or late; and strangers' of those amounts and of others."""
    made = []
    for number in draw(st.sets(st.integers(0, 5), min_size=1, max_size=5)):
        # The middle of nowhere, the minute before and after the end, and the last that the hold allows.
        offset = draw(st.sampled_from([5, 61, 300, 560, 640, 1500, 2300]))
        at = (number // len(AMOUNTS)) * int(EVERY.total_seconds()) + offset
        made.append((number, AMOUNTS[number % len(AMOUNTS)], at))
    strange = st.tuples(
        st.just(None), st.sampled_from([99_00, 100_00, *AMOUNTS]), st.sampled_from([-7200, -3600, 9000])
    )
    made += draw(st.lists(strange, min_size=1, max_size=2, unique_by=lambda each: each[1:]))
    return [Payment(*each, rrn=f"62441234567{index}", payer=PAYERS[index]) for index, each in enumerate(made)]


@st.composite
def histories(draw) -> tuple[list[Telling], list[Telling], list[int]]:
    told = [telling for payment in draw(payments()) for telling in draw(tellings_of(payment))]
    gaps = draw(st.lists(st.sampled_from([0, 1, 60, 7200]), min_size=len(told), max_size=len(told)))
    return told, draw(st.permutations(told)), gaps


@pytest.mark.django_db
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(history=histories())
def test_the_order_of_arrival_does_not_matter(shop, history):
    told, shuffled, gaps = history

    expected = shop.live_through(told, gaps)
    note(f"in order: {expected}")

    assert shop.live_through(shuffled, gaps) == expected


@st.composite
def paid_twice(draw) -> tuple[list[Telling], list[int]]:
    """A customer pays the same session again within minutes; each payment is told of at least once."""
    first = Payment(0, AMOUNTS[0], 60, "624412345670", PAYERS[0])
    again = Payment(0, AMOUNTS[0], 60 + draw(st.sampled_from([5, 120, 299, 400])), "624412345671", PAYERS[0])
    told = [
        *draw(tellings_of(first, KINDS_WITH_RRN)),
        *draw(tellings_of(again, KINDS_WITH_RRN)),
        *draw(
            st.lists(st.sampled_from([Telling(first, "second sms", 9), Telling(again, "second sms", 9)]), max_size=2)
        ),
    ]
    return draw(st.permutations(told)), [60] * len(told)


@pytest.mark.django_db
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(history=paid_twice())
def test_of_two_payments_for_one_session_neither_is_lost(shop, history):
    came = shop.live_through(*history)["credits"]

    with_utr = sorted((rrn, session, state) for _, rrn, session, state, _ in came if rrn)
    assert [rrn for rrn, *_ in with_utr] == ["624412345670", "624412345671"]
    assert Counter(state for _, _, _, state, _ in came.elements())["matched"] <= 1
    assert max(came.values()) == 1
