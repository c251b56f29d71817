"""Customers who type a UTR while others do, while the money comes, and while holds end; each race is first shown."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from apikeys.services import issue_key
from payments import services as payments
from payments.models import Notice, PaymentEvent, PaymentSession, UpiAccount
from reconciliation import crediting
from reconciliation.models import Credit, UtrClaim
from reconciliation.services import claims, received

pytestmark = pytest.mark.django_db(transaction=True)

RRN = "624412345678"


@pytest.fixture
def sessions(transactional_db) -> list[PaymentSession]:
    """Two payments whose time and hold are over."""
    UpiAccount.objects.create(upi_id="asha@okhdfcbank", payee_name="ASHA")
    key, _ = issue_key(label="Asha Traders")
    opened = [
        payments.create_session(api_key=key, requested_paise=100_00, details=payments.SessionDetails()).session
        for _ in range(2)
    ]
    past = timezone.now() - timedelta(hours=5)
    PaymentSession.objects.update(
        status="expired", created_at=past, expires_at=past + timedelta(minutes=10), hold_until=past + timedelta(hours=1)
    )
    for session in opened:
        session.refresh_from_db()
    return opened


@pytest.fixture
def unlocked(monkeypatch):
    """Take away the locks of references and spaces."""
    monkeypatch.setattr(crediting, "lock_name", lambda name: None)


def claim(session, utr=RRN):
    return lambda: claims.claim_utr(session_id=session.pk, text=utr, client="203.0.113.7")


def credit(session):
    return lambda: received.record_credit(amount_paise=session.payable_paise, rrn=RRN, credited_at=timezone.now())


def settled(session) -> bool:
    session.refresh_from_db()
    return session.status == "success" and PaymentEvent.objects.filter(type="payment.success").count() == 1


@pytest.mark.parametrize("order", [("claim", "credit"), ("credit", "claim")])
def test_a_claim_and_its_money_at_once_find_each_other(sessions, overlap, order):
    PaymentSession.objects.update(holds_amount=False)
    verbs = {"claim": claim(sessions[0]), "credit": credit(sessions[0])}
    overlap(*(verbs[name] for name in order))

    assert settled(sessions[0])
    assert Credit.objects.get().state == "matched"


@pytest.mark.parametrize("order", [("claim", "credit"), ("credit", "claim")])
def test_the_race_of_a_claim_and_its_money_exists_without_the_locks(sessions, overlap, unlocked, order):
    PaymentSession.objects.update(holds_amount=False)
    verbs = {"claim": claim(sessions[0]), "credit": credit(sessions[0])}
    overlap(*(verbs[name] for name in order))

    assert not settled(sessions[0])


def test_two_that_claim_one_utr_at_once_are_a_dispute(sessions, overlap):
    overlap(claim(sessions[0]), claim(sessions[1]))

    assert UtrClaim.objects.count() == 2
    assert "name the same UTR" in Notice.objects.get().subject
    assert credit(sessions[0])().credit.reason == "disputed"


def test_the_race_of_two_claims_exists_without_the_locks(sessions, overlap, unlocked):
    overlap(claim(sessions[0]), claim(sessions[1]))

    assert UtrClaim.objects.count() == 2
    assert not Notice.objects.exists()


def test_two_claims_and_the_money_at_once_pay_at_most_the_first(sessions, together):
    PaymentSession.objects.update(holds_amount=False)
    results = together([claim(sessions[0]), claim(sessions[1]), credit(sessions[0])])

    assert not [result for result in results if isinstance(result, Exception)]
    assert Notice.objects.filter(kind="dispute").count() == 1
    sessions[1].refresh_from_db()
    assert sessions[1].status == "expired"
    assert (Credit.objects.get().state == "matched") is settled(sessions[0])


def test_the_same_utr_typed_twice_at_once_is_one_claim(sessions, overlap):
    first, second = overlap(claim(sessions[0]), claim(sessions[0]))

    assert first.pk == second.pk
    assert UtrClaim.objects.get().holds_amount


def test_many_utrs_at_once_are_five_at_most(sessions, together):
    results = together([claim(sessions[0], f"62441234560{number}") for number in range(8)])

    assert sum(isinstance(result, claims.TooManyClaims) for result in results) == 3
    assert UtrClaim.objects.filter(session=sessions[0]).count() == 5
    assert UtrClaim.objects.filter(holds_amount=True).count() == 1


@pytest.mark.parametrize("order", [("claim", "release"), ("release", "claim")])
def test_a_claim_and_the_end_of_the_hold_agree(sessions, overlap, order):
    verbs = {"claim": claim(sessions[0]), "release": payments.release_amounts}
    overlap(*(verbs[name] for name in order))

    sessions[0].refresh_from_db()
    kept = sessions[0].hold_until > timezone.now()
    assert sessions[0].holds_amount is kept is UtrClaim.objects.get().holds_amount is (order[0] == "claim")


def test_the_race_with_the_end_of_the_hold_exists_where_it_is_read_first(sessions, overlap):
    def naive():
        with transaction.atomic():
            session = PaymentSession.objects.get(pk=sessions[0].pk)
            if session.holds_amount:
                session.hold_until = timezone.now() + timedelta(days=1)
                session.save(update_fields=["hold_until"])

    overlap(payments.release_amounts, naive)

    sessions[0].refresh_from_db()
    assert sessions[0].hold_until > timezone.now()
    assert not sessions[0].holds_amount


def test_a_claim_and_the_expiry_do_not_undo_each_other(sessions, overlap):
    PaymentSession.objects.update(status="pending")
    overlap(payments.expire_due_sessions, claim(sessions[0]))

    sessions[0].refresh_from_db()
    assert (sessions[0].status, sessions[0].holds_amount) == ("expired", True)
    assert sessions[0].hold_until > timezone.now()


DEEDS = {
    "refund": lambda credit, _: received.mark_for_refund(
        credit_id=credit.pk, upi_id="payer@ybl", reason="Paid twice", actor="omar"
    ),
    "set_aside": lambda credit, _: received.set_credit_aside(credit_id=credit.pk, reason="Mine", actor="omar"),
    "matched": lambda credit, session: received.attach_credit(
        credit_id=credit.pk, session_id=session.pk, reason="Seen", actor="omar"
    ),
}


def settle_while_it_is_claimed(sessions, overlap, state) -> Credit:
    """Let staff settle money of which nobody knows whose it is, for the first session if any, while the second claims."""
    PaymentSession.objects.update(payable_paise=sessions[0].payable_paise, holds_amount=False)
    money = credit(sessions[0])().credit
    assert money.state == "review"
    overlap(lambda: DEEDS[state](money, sessions[0]), claim(sessions[1]))
    money.refresh_from_db()
    return money


@pytest.mark.parametrize("state", DEEDS)
def test_what_staff_settle_at_this_moment_pays_no_claimant(sessions, overlap, state):
    assert settle_while_it_is_claimed(sessions, overlap, state).state == state
    sessions[1].refresh_from_db()
    assert sessions[1].status == "expired"


@pytest.mark.parametrize("state", ["refund", "set_aside"])
def test_the_race_of_a_settlement_and_a_claim_exists_without_the_lock(sessions, overlap, monkeypatch, state):
    monkeypatch.setattr(crediting, "lock_credit", lambda credit_id: Credit.objects.get(pk=credit_id))

    assert settle_while_it_is_claimed(sessions, overlap, state).state != state or settled(sessions[1])
