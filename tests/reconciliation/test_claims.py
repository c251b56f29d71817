"""A customer types a UTR: states × claims, both orders of claim and money, holds, disputes."""

from datetime import timedelta

import pytest

from payments import services as payments
from payments.models import Notice, PaymentEvent, PaymentSession
from reconciliation.models import Credit, UtrClaim
from reconciliation.services import received
from reconciliation.services.claims import NotAUtr, PaidAlready, TooManyClaims, claim_utr
from tests.reconciliation.conftest import NOON, RRN, sbi_text, seconds
from tests.reconciliation.test_match_credit import put_into

OTHER_RRN = "624412345679"
CLIENT = "203.0.113.7"


def claim(session: PaymentSession, utr: str = RRN) -> UtrClaim:
    return claim_utr(session_id=session.pk, text=utr, client=CLIENT)


def credit(session: PaymentSession, *, rrn: str = RRN, at: float = 30, more: int = 0) -> Credit:
    return received.record_credit(
        amount_paise=session.payable_paise + more, rrn=rrn, credited_at=seconds(at)
    ).credit  # fmt: skip


def state_of(session: PaymentSession) -> tuple[str, str, str]:
    session.refresh_from_db()
    return session.status, session.exception, session.utr


def outcome_of(session: PaymentSession) -> str:
    return UtrClaim.objects.with_outcome().get(session=session).outcome


def event_types() -> list[str]:
    return list(PaymentEvent.objects.order_by("sequence").values_list("type", flat=True))


def reuse(session: PaymentSession, open_session) -> PaymentSession:
    """The hold of a session is over, and another customer is asked for its amount."""
    PaymentSession.objects.filter(pk=session.pk).update(status="expired", holds_amount=False)
    return open_session(payable=session.payable_paise)


def test_a_claim_is_kept_and_proves_nothing(open_session, clock):
    session = open_session()
    clock.shift(40)

    claim(session, " 6244-1234 5678 ")

    kept = UtrClaim.objects.get()
    assert (kept.session, kept.utr, kept.client_network, kept.created_at) == (session, RRN, CLIENT, seconds(40))
    assert state_of(session) == ("pending", "", "")
    assert outcome_of(session) == "waiting"
    assert event_types() == []
    assert not Notice.objects.exists()


def test_the_same_utr_again_is_the_same_claim(open_session):
    session = open_session()

    assert claim(session) == claim(session, "६२४४१२३४५६७८")
    assert UtrClaim.objects.count() == 1


@pytest.mark.parametrize("text", ["", "T2604141230451234567890", "9845012345", "111111111111"])
def test_what_is_no_utr_changes_nothing(open_session, text):
    session = open_session()

    with pytest.raises(NotAUtr):
        claim(session, text)

    assert not UtrClaim.objects.exists()
    session.refresh_from_db()
    assert session.hold_until == seconds(2400)


def test_five_utrs_are_the_most(open_session):
    session = open_session()
    for number in range(5):
        claim(session, f"62441234567{number}")

    with pytest.raises(TooManyClaims):
        claim(session, OTHER_RRN)
    claim(session, "624412345670")

    assert UtrClaim.objects.count() == 5


@pytest.mark.parametrize("status", ["success", "marked"])
def test_a_paid_one_takes_no_claim(open_session, status):
    session = open_session()
    put_into(session, status)

    with pytest.raises(PaidAlready):
        claim(session)

    assert not UtrClaim.objects.exists()


# Money and claim, in both orders


@pytest.mark.parametrize("first", ["claim", "credit"])
@pytest.mark.parametrize(
    ("status", "at", "after", "exception", "reason", "event"),
    [
        # After the hold, which is over at 2400.
        ("expired", 5000, "success", "paid_late", "", "payment.success"),
        ("cancelled", 5000, "cancelled", "", "cancelled", "payment.late"),
    ],
)
def test_a_credit_with_that_utr_and_amount(open_session, clock, first, status, at, after, exception, reason, event):
    session = open_session()
    put_into(session, status)
    before = event_types()
    clock.shift(6000)

    if first == "claim":
        claim(session)
        credit(session, at=at)
    else:
        assert credit(session, at=at).reason == "no_session"
        claim(session)

    known = Credit.objects.get()
    assert state_of(session)[:2] == (after, exception)
    assert (known.session, known.reason) == (session, reason)
    assert event_types()[len(before) :] == [event]
    assert outcome_of(session) == ("paid" if after == "success" else "for_staff")


@pytest.mark.parametrize("first", ["claim", "credit"])
def test_a_late_one_waits_for_staff_where_the_shop_wants_it(open_session, clock, settings, first):
    settings.LATE_POLICY = "review"
    session = open_session()
    put_into(session, "expired")
    clock.shift(6000)

    steps = [lambda: claim(session), lambda: credit(session, at=5000)]
    for step in steps if first == "claim" else reversed(steps):
        step()

    assert state_of(session) == ("expired", "", "")
    assert (Credit.objects.get().reason, Credit.objects.get().session) == ("late", session)
    assert event_types() == ["payment.late"]


@pytest.mark.parametrize("first", ["claim", "credit"])
def test_the_day_alone_is_enough_with_a_claim(open_session, sms, clock, first):
    session = open_session()
    put_into(session, "expired")
    clock.shift(48 * 3600)

    if first == "claim":
        claim(session)
    sms(sbi_text(session.payable_paise, at=NOON))
    if first == "credit":
        assert Credit.objects.get().reason == "uncertain_time"
        claim(session)

    assert state_of(session) == ("success", "", RRN)
    assert Credit.objects.get().precision == "date"


def test_weeks_later_a_claim_still_finds_its_money(open_session, clock):
    session = open_session()
    put_into(session, "expired")
    claim(session)
    clock.shift(9 * 86_400)

    credit(session, at=500)

    assert state_of(session) == ("success", "", RRN)


@pytest.mark.parametrize(("at", "status"), [(-3, "pending"), (-2, "success")])
def test_money_of_before_the_payment_was_asked_for_pays_nothing(open_session, clock, at, status):
    session = open_session()
    claim(session)
    clock.shift(60)

    credit(session, at=at)

    assert state_of(session)[0] == status


def test_the_claim_says_whose_it_is_where_the_amount_was_given_again(open_session, clock):
    first = open_session()
    clock.shift(4000)
    second = reuse(first, open_session)
    clock.shift(60)
    claim(first)

    credit(second, at=4030)

    assert state_of(first) == ("success", "paid_late", RRN)
    assert state_of(second)[0] == "pending"


@pytest.mark.parametrize("first", ["claim", "credit"])
def test_another_amount_stays_for_staff_and_names_the_claim(open_session, clock, first):
    session = open_session(payable=99_37)
    steps = [lambda: claim(session), lambda: credit(session, more=1)]
    clock.shift(60)
    for step in steps if first == "claim" else reversed(steps):
        step()

    known = Credit.objects.get()
    said = f"The customer of {session.session_id}, who was asked for ₹99.37, says that it is theirs."
    assert state_of(session) == ("pending", "", "")
    assert (known.state, known.session) == ("review", None)
    assert said in known.explanation
    assert outcome_of(session) == "for_staff"
    assert event_types() == []


def test_an_alert_that_brings_the_utr_later_settles_the_claim(open_session, sms, clock, account):
    session = open_session()
    put_into(session, "expired")
    clock.shift(6000)
    payments.release_amounts()
    claim(session)
    received.record_credit(amount_paise=session.payable_paise, rrn="", credited_at=seconds(5000))
    assert state_of(session)[0] == "expired"

    sms(sbi_text(session.payable_paise, at=seconds(5000)), sent_at=seconds(5001))

    assert state_of(session) == ("success", "paid_late", RRN)
    assert Credit.objects.count() == 1


def test_test_money_answers_no_live_claim(open_session, clock, testing):
    live = open_session()
    test = open_session(api_key=testing)
    claim(live)
    received.record_credit(amount_paise=live.payable_paise, rrn=RRN, upi_account=test.upi_account, credited_at=NOON)

    assert state_of(live)[0] == "pending"
    assert not Notice.objects.exists()


def test_money_of_another_account_is_for_staff(open_session, clock, account):
    account.bank, account.account_tail = "hdfc", "9999"
    account.save()
    session = open_session()
    put_into(session, "expired")
    claim(session)
    clock.shift(6000)
    sbi = type(account).objects.create(upi_id="asha@oksbi", payee_name="ASHA", bank="sbi", account_tail="1234")
    received.record_credit(
        amount_paise=session.payable_paise, rrn=RRN, upi_account=sbi, credited_at=seconds(5000)
    )  # fmt: skip

    assert state_of(session)[0] == "expired"
    assert session.session_id in Credit.objects.get().explanation


def test_what_staff_set_aside_is_not_moved_by_a_claim(open_session, clock):
    session = open_session()
    put_into(session, "expired")
    clock.shift(6000)
    known = credit(session, at=5000)
    received.set_credit_aside(credit_id=known.pk, reason="A refund of ours", actor="meera")

    claim(session)

    known.refresh_from_db()
    assert (known.state, state_of(session)[0]) == ("set_aside", "expired")


def test_a_claim_never_moves_what_paid_another(open_session, clock):
    paid, other = open_session(payable=99_37), open_session(payable=99_38)
    clock.shift(60)
    credit(paid)

    claim(other)

    assert state_of(paid) == ("success", "", RRN)
    assert state_of(other) == ("pending", "", "")
    assert Credit.objects.get().session == paid
    assert outcome_of(other) == "paid_another"
    notice = Notice.objects.get()
    assert notice.kind == "dispute"
    assert notice.text.startswith(
        f"UTR {RRN} has paid {paid.session_id}; the customer of {other.session_id} says that it is theirs."
    )


def test_staff_hear_of_a_claim_whose_money_then_pays_another(open_session, clock):
    paid, other = open_session(payable=99_37), open_session(payable=99_38)
    claim(other)
    clock.shift(60)

    credit(paid)

    assert state_of(paid) == ("success", "", RRN)
    assert f"UTR {RRN} has paid {paid.session_id}" in Notice.objects.get().text


# Two that claim one UTR


@pytest.mark.parametrize("when", ["before", "between", "after"])
def test_two_that_claim_one_utr_are_for_staff(open_session, clock, when):
    first, second = open_session(payable=99_37), open_session(payable=99_38)
    for each in (first, second):
        put_into(each, "expired")
    clock.shift(6000)
    known = credit(first, at=5000, more=5) if when == "before" else None
    claim(first)
    if when == "between":
        known = credit(first, at=5000, more=5)
    claim(second)
    known = known or credit(first, at=5000)

    known.refresh_from_db()
    assert (known.state, known.reason, known.session) == ("review", "disputed", None)
    assert outcome_of(first) == outcome_of(second) == "disputed"
    assert first.session_id in known.explanation
    assert second.session_id in known.explanation
    assert state_of(first)[0] == state_of(second)[0] == "expired"
    notice = Notice.objects.get()
    assert notice.subject == f"{first.session_id} and {second.session_id} name the same UTR"
    assert "mark the right payment as paid with this UTR" in notice.text
    assert event_types() == []


def test_the_open_notice_names_whoever_claims_it_later_and_is_mailed_once(open_session):
    sessions = [open_session(payable=99_37 + number) for number in range(7)]
    for each in sessions[:2]:
        claim(each)
    mailed_at = seconds(1)
    Notice.objects.update(mailed_at=mailed_at)
    claim(sessions[2])

    notice = Notice.objects.get()
    first, second, third = (each.session_id for each in sessions[:3])
    assert notice.subject == f"{first}, {second} and {third} name the same UTR"
    assert notice.text.startswith(f"The customers of {first}, {second} and {third} say that UTR {RRN} is theirs.")
    assert notice.mailed_at == mailed_at

    for each in sessions[3:]:
        claim(each)
    notice = Notice.objects.get()
    assert f"{sessions[4].session_id} and 2 more say that UTR {RRN} is theirs." in notice.text
    assert notice.subject.endswith("and 2 more name the same UTR")


def test_two_that_claim_what_paid_another_are_both_named(open_session, clock):
    paid, second, third = (open_session(payable=99_37 + number) for number in range(3))
    clock.shift(60)
    credit(paid)
    claim(second)
    claim(third)

    assert Notice.objects.get().text.startswith(
        f"UTR {RRN} has paid {paid.session_id}; the customers of {second.session_id} and {third.session_id} say that "
        "it is theirs."
    )


def test_even_the_exact_amount_in_time_does_not_end_a_dispute(open_session, clock):
    first, second = open_session(payable=99_37), open_session(payable=99_38)
    claim(first)
    claim(second)
    clock.shift(60)

    assert credit(first).reason == "disputed"
    assert state_of(first)[0] == "pending"


def test_staff_end_a_dispute(open_session, clock):
    first, second = open_session(payable=99_37), open_session(payable=99_38)
    claim(first)
    claim(second)
    received.mark_paid(session_id=first.pk, utr=RRN, reason="Seen in the bank's app", actor="meera")
    assert Notice.objects.get().resolved_at is not None
    clock.shift(60)

    known = credit(first)

    assert (known.state, known.session) == ("matched", first)
    assert (outcome_of(first), outcome_of(second)) == ("paid", "paid_another")


def test_a_dispute_that_cannot_be_told_is_no_claim(open_session, monkeypatch):
    first, second = open_session(payable=99_37), open_session(payable=99_38)
    claim(first)
    monkeypatch.setattr("reconciliation.disputes.tell_of", lambda **_: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        claim(second)

    assert UtrClaim.objects.get().session == first


# The hold


def test_a_claim_keeps_the_amount_for_a_day_once(open_session, clock):
    session = open_session()
    clock.shift(700)
    payments.expire_due_sessions()

    claim(session)
    session.refresh_from_db()
    assert (session.holds_amount, session.hold_until) == (True, seconds(700 + 86_400))

    clock.shift(3600)
    claim(session, OTHER_RRN)
    session.refresh_from_db()
    assert session.hold_until == seconds(700 + 86_400)
    assert payments.release_amounts() == 0


@pytest.mark.parametrize("status", ["cancelled", "success"])
def test_what_cannot_be_paid_any_more_keeps_nothing(open_session, status):
    session = open_session()
    if status == "success":
        credit(session, at=0, rrn=RRN)
        with pytest.raises(PaidAlready):
            claim(session)
    else:
        put_into(session, status)
        claim(session)

    session.refresh_from_db()
    assert session.hold_until == seconds(2400)


def test_an_amount_that_was_let_go_is_not_taken_back(open_session, clock):
    session = open_session()
    clock.shift(2500)
    payments.expire_due_sessions()
    payments.release_amounts()

    claim(session)

    session.refresh_from_db()
    assert (session.holds_amount, session.hold_until) == (False, seconds(2400))
    assert UtrClaim.objects.get().holds_amount is False


def test_a_longer_hold_is_not_made_shorter(open_session):
    session = open_session()
    PaymentSession.objects.update(hold_until=seconds(3 * 86_400))

    claim(session)

    session.refresh_from_db()
    assert session.hold_until == seconds(3 * 86_400)


def test_the_operator_may_do_without(open_session, settings):
    settings.CLAIM_HOLD_SECONDS = 0
    session = open_session()

    claim(session)

    session.refresh_from_db()
    assert session.hold_until == seconds(2400)


def test_claims_hold_twenty_of_a_windows_amounts_at_most(open_session):
    sessions = [open_session() for _ in range(22)]
    for number, session in enumerate(sessions):
        claim(session, f"6244000000{number:02d}")

    day = NOON + timedelta(days=1)
    assert PaymentSession.objects.filter(hold_until=day).count() == 20
    assert UtrClaim.objects.count() == 22
    # Another price has amounts of its own.
    other = open_session(500_00)
    claim(other, OTHER_RRN)
    other.refresh_from_db()
    assert other.hold_until == day


def test_a_small_window_gives_a_fifth(open_session, settings):
    settings.AMOUNT_WINDOW_PAISE = 6
    sessions = [open_session() for _ in range(4)]
    for number, session in enumerate(sessions):
        claim(session, f"6244000000{number:02d}")

    assert UtrClaim.objects.filter(holds_amount=True).count() == 2


@pytest.mark.parametrize("known", [False, True])
def test_how_long_the_amount_is_kept_tells_nothing_of_the_utr(open_session, clock, known):
    paid, session = open_session(payable=99_37), open_session(payable=99_38)
    if known:
        credit(paid, at=0)

    claim(session)

    session.refresh_from_db()
    assert session.hold_until == NOON + timedelta(days=1)
