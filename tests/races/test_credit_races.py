"""Alerts and staff about the same money at the same moment; each race is first shown to exist."""

from datetime import datetime, time, timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from apikeys.services import issue_key
from payments import services as payments
from payments.exceptions import CannotMark
from payments.models import PaymentEvent, PaymentSession, UpiAccount
from reconciliation import crediting, parsing, times
from reconciliation.facts import Facts
from reconciliation.forwarders import Alert
from reconciliation.models import AlertChannel, Credit, CreditSource, Evidence
from reconciliation.services import alerts, channels, received
from reconciliation.times import CreditTime, Precision

pytestmark = pytest.mark.django_db(transaction=True)

RRN, OTHER_RRN = "624412345678", "624412345679"
UPI_TEXT = "Rs. {} credited to a/c XXXXXX1234 on {} by a/c linked to VPA payer@okaxis (UPI Ref No {})"
NEFT_TEXT = "Update! INR {} deposited in HDFC Bank A/c XX1234 on {} for NEFT Cr-{}.Avl bal INR 500.00."


@pytest.fixture
def session(transactional_db) -> PaymentSession:
    UpiAccount.objects.create(upi_id="asha@okhdfcbank", payee_name="ASHA")
    key, _ = issue_key(label="Asha Traders")
    return payments.create_session(api_key=key, requested_paise=100_00, details=payments.SessionDetails()).session


@pytest.fixture
def phone(transactional_db) -> AlertChannel:
    return channels.add_phone(label="Phone", senders=["HDFCBK"])[0]


@pytest.fixture
def unlocked(monkeypatch):
    """Take away the locks of references and spaces."""
    monkeypatch.setattr(crediting, "lock_name", lambda name: None)


def store(phone, session, text=UPI_TEXT, *, reference=RRN, paise_more=0, seconds=0) -> Evidence:
    paise = session.payable_paise + paise_more
    today = f"{timezone.localtime(timezone=times.INDIA):%d-%m-%y}"
    text = text.format(f"{paise // 100}.{paise % 100:02d}", today, reference)
    alert = Alert(sender="HDFCBK", text=text, sent_at=session.created_at + timedelta(seconds=seconds))
    return alerts.record_evidence(channel=phone, alert=alert)


def process(evidence):
    return lambda: alerts.process_evidence(evidence_id=evidence.pk)


def mark(session, utr):
    def run():
        try:
            received.mark_paid(session_id=session.pk, utr=utr, reason="Seen", actor="meera")
        except CannotMark:
            return False
        return True

    return run


def successes() -> int:
    return PaymentEvent.objects.filter(type="payment.success").count()


def test_one_alert_judged_twice_at_once_is_one_credit(phone, session, overlap):
    evidence = store(phone, session, NEFT_TEXT, reference="A KUMAR")
    overlap(process(evidence), process(evidence))

    assert Credit.objects.count() == successes() == 1


def test_the_race_exists_where_the_alert_is_not_locked(phone, session, overlap, unlocked):
    evidence = store(phone, session, NEFT_TEXT, reference="A KUMAR")

    def naive():
        fresh = Evidence.objects.select_related("channel").get(pk=evidence.pk)
        reading = parsing.read_text(fresh.sender, fresh.text)
        with transaction.atomic():
            return crediting.take(alerts.facts_of_alert(fresh, reading), fresh)

    overlap(naive, naive)

    assert Credit.objects.count() == 2


def test_two_alerts_of_one_payment_become_one_credit(phone, session, overlap):
    first, second = store(phone, session), store(phone, session, NEFT_TEXT, reference="A KUMAR", seconds=1)
    overlap(process(first), process(second))

    assert Credit.objects.count() == successes() == 1
    assert Credit.objects.get().evidences.count() == 2


def test_the_race_of_two_alerts_exists_without_the_locks(phone, session, overlap, unlocked):
    first, second = store(phone, session), store(phone, session, NEFT_TEXT, reference="A KUMAR", seconds=1)
    overlap(process(first), process(second))

    assert Credit.objects.count() == 2


def test_one_reference_told_twice_at_once_is_one_credit(phone, session, overlap):
    first, second = store(phone, session), store(phone, session, seconds=1)
    overlap(process(first), process(second))

    assert Credit.objects.count() == successes() == 1
    assert set(Evidence.objects.values_list("state", flat=True)) == {"credit"}


def test_the_race_of_one_reference_exists_without_the_locks(phone, session, overlap, unlocked):
    first, second = store(phone, session), store(phone, session, seconds=1)
    overlap(process(first), process(second))

    assert "failed" in Evidence.objects.values_list("state", flat=True)


def test_one_reference_with_two_amounts_is_a_conflict_and_no_error(phone, session, overlap):
    first, second = store(phone, session), store(phone, session, paise_more=1)
    overlap(process(first), process(second))

    assert sorted(Credit.objects.values_list("state", "reason")) == [("matched", ""), ("review", "rrn_conflict")]
    assert successes() == 1


def test_two_credits_for_one_session_make_one_success(phone, session, overlap):
    first, second = store(phone, session), store(phone, session, reference=OTHER_RRN)
    overlap(process(first), process(second))

    assert sorted(Credit.objects.values_list("state", "reason")) == [("matched", ""), ("review", "already_paid")]
    assert list(PaymentEvent.objects.order_by("sequence").values_list("type", flat=True)) == [
        "payment.success",
        "payment.late",
    ]


def test_the_race_of_two_credits_exists_where_the_status_is_read_first(session, overlap):
    def naive():
        fresh = PaymentSession.objects.get(pk=session.pk)
        if fresh.status != "pending":
            return False
        fresh.status = "success"
        fresh.save(update_fields=["status"])
        return True

    assert overlap(naive, naive) == (True, True)


def test_many_credits_at_once_make_one_success(phone, session, together):
    evidences = [store(phone, session, reference=f"62440000000{number}") for number in range(6)]
    results = together([process(evidence) for evidence in evidences])

    assert not [result for result in results if isinstance(result, Exception)]
    assert successes() == Credit.objects.filter(state="matched").count() == 1
    assert Credit.objects.filter(reason="already_paid").count() == 5


@pytest.mark.parametrize("order", [("alert", "staff"), ("staff", "alert")])
@pytest.mark.parametrize("utr", [RRN, OTHER_RRN])
def test_staff_and_the_bank_at_once(phone, session, overlap, order, utr):
    verbs = {"alert": process(store(phone, session)), "staff": mark(session, utr)}
    overlap(*(verbs[name] for name in order))

    session.refresh_from_db()
    credit = Credit.objects.get()
    assert (session.status, successes()) == ("success", 1)
    assert (credit.state == "matched") is (session.utr == RRN)


def test_one_alert_stored_twice_at_once_is_one(phone, session, overlap):
    first, second = overlap(lambda: store(phone, session), lambda: store(phone, session))

    assert first.pk == second.pk
    assert Evidence.objects.get().count == 2
    phone.refresh_from_db()
    assert phone.alert_count == 2


@pytest.fixture
def uncertain(phone, session) -> Credit:
    """A credit for staff, because no payment has its amount; an alert about it comes later."""
    credit = received.record_credit(amount_paise=session.payable_paise + 1, rrn=RRN).credit
    assert credit.state == "review"
    return credit


def give(credit, session):
    return lambda: received.attach_credit(credit_id=credit.pk, session_id=session.pk, reason="Seen", actor="meera")


def test_what_staff_decided_is_not_undone_by_another_alert(phone, session, overlap, uncertain):
    evidence = store(phone, session, paise_more=1)
    overlap(give(uncertain, session), process(evidence))

    uncertain.refresh_from_db()
    assert (uncertain.state, uncertain.session, uncertain.account_tail) == ("matched", session, "1234")


def test_the_race_of_staff_and_an_alert_exists_without_the_locks(
    phone, session, overlap, uncertain, unlocked, monkeypatch
):
    monkeypatch.setattr(crediting, "lock_credit", lambda credit_id: Credit.objects.get(pk=credit_id))
    evidence = store(phone, session, paise_more=1)
    overlap(give(uncertain, session), process(evidence))

    uncertain.refresh_from_db()
    assert uncertain.state == "review"


@pytest.fixture
def row(session) -> Credit:
    """A statement's row of the session's amount, which knows no more than the day."""
    begins = datetime.combine(timezone.now().astimezone(times.INDIA), time(), times.INDIA)
    return take(session, CreditTime.starting(begins, Precision.DATE), CreditSource.STATEMENT, rrn=RRN)().credit


def take(session, when, source, *, rrn=""):
    def run():
        facts = Facts(amount_paise=session.payable_paise, when=when, arrived_at=timezone.now(), source=source, rrn=rrn)
        with transaction.atomic():
            return crediting.take(facts)

    return run


def give_row_while_its_alert_comes(row, session, overlap) -> bool:
    """Give a row to a payment of another amount; return whether that has its money afterwards."""
    other = payments.create_session(
        api_key=session.api_key, requested_paise=500_00, details=payments.SessionDetails()
    ).session
    alert = take(session, CreditTime.starting(session.created_at, Precision.SECOND), CreditSource.ALERT)
    overlap(give(row, other), alert)
    return other.credits.filter(state="matched").exists() and successes() == 1


def test_a_row_given_by_staff_at_this_moment_is_not_joined_with_an_alert(session, row, overlap):
    assert give_row_while_its_alert_comes(row, session, overlap)


def test_the_race_of_a_given_row_and_an_alert_exists_without_the_locks(session, row, overlap, unlocked):
    assert not give_row_while_its_alert_comes(row, session, overlap)


def test_a_row_joined_with_its_alert_at_this_moment_is_not_given_away(session, row, overlap):
    alert = take(session, CreditTime.starting(session.created_at, Precision.SECOND), CreditSource.ALERT)
    other = payments.create_session(
        api_key=session.api_key, requested_paise=500_00, details=payments.SessionDetails()
    ).session

    _, refused = overlap(alert, refusal_of(give(row, other)))

    assert "joined with what else told of it" in refused
    other.refresh_from_db()
    assert other.status == "pending"


def test_a_row_joined_with_its_alert_at_this_moment_is_not_set_aside(session, row, overlap):
    alert = take(session, CreditTime.starting(session.created_at, Precision.SECOND), CreditSource.ALERT)

    assert overlap(alert, set_aside(row))[1] is False


def mark_while_its_alert_comes(row, session, together) -> list[Exception]:
    alert = take(session, CreditTime.starting(session.created_at, Precision.SECOND), CreditSource.ALERT)
    given = refusal_of(give(row, session))
    results = together([mark(session, RRN), alert, given, mark(session, RRN), alert])
    return [result for result in results if isinstance(result, Exception)]


@pytest.mark.parametrize("_again", range(5))
def test_staff_and_an_alert_about_a_row_do_not_wait_for_each_other(session, row, together, _again):
    assert mark_while_its_alert_comes(row, session, together) == []
    assert successes() == 1


def test_a_row_joined_with_its_alert_at_this_moment_marks_its_payment(session, row, overlap):
    alert = take(session, CreditTime.starting(session.created_at, Precision.SECOND), CreditSource.ALERT)

    assert overlap(alert, mark(session, RRN))[1] is False
    assert successes() == 1


def test_the_race_of_a_mark_and_a_joined_row_exists_without_the_locks(session, row, overlap, unlocked):
    alert = take(session, CreditTime.starting(session.created_at, Precision.SECOND), CreditSource.ALERT)

    with pytest.raises(Credit.DoesNotExist):
        overlap(alert, mark(session, RRN))


def refusal_of(deed):
    def run():
        try:
            deed()
        except CannotMark as error:
            return str(error)
        return ""

    return run


def send_back(credit):
    return lambda: received.mark_for_refund(
        credit_id=credit.pk, upi_id="priya@okaxis", reason="Paid twice", actor="omar"
    )


def set_aside(credit):
    return lambda: received.set_credit_aside(credit_id=credit.pk, reason="Mine", actor="meera")


@pytest.mark.parametrize(
    ("deeds", "state"), [((send_back, set_aside), "refund"), ((set_aside, send_back), "set_aside")]
)
def test_of_two_staff_at_once_one_wins_and_the_other_hears_of_it(overlap, uncertain, deeds, state):
    first, second = (deed(uncertain) for deed in deeds)

    assert overlap(first, second) == (True, False)
    uncertain.refresh_from_db()
    assert uncertain.state == state


def test_money_that_goes_back_at_this_moment_pays_nothing(session, overlap, uncertain):
    def attach():
        try:
            return give(uncertain, session)()
        except CannotMark:
            return None

    assert overlap(send_back(uncertain), attach) == (True, None)
    session.refresh_from_db()
    uncertain.refresh_from_db()
    assert (session.status, uncertain.state, successes()) == ("pending", "refund", 0)


def test_one_utr_closes_one_of_two_refunds_at_once(overlap, uncertain, session):
    other = received.record_credit(amount_paise=session.payable_paise + 2, rrn=OTHER_RRN).credit
    for credit in (uncertain, other):
        send_back(credit)()

    def close(credit):
        try:
            return received.close_refund(credit_id=credit.pk, utr="624400000000", actor="omar")
        except received.CannotRefund:
            return False

    assert overlap(lambda: close(uncertain), lambda: close(other)) == (True, False)
    assert sorted(Credit.objects.values_list("state", flat=True)) == ["refund", "refunded"]


def test_one_marked_payment_gets_one_of_two_credits_at_once(overlap, uncertain, session):
    other = received.record_credit(amount_paise=session.payable_paise + 2, rrn=OTHER_RRN).credit
    payments.mark_session_paid(session_id=session.pk, utr="", actor="meera", reason="Seen")

    def attach(credit):
        try:
            return give(credit, session)().utr
        except CannotMark:
            return None

    assert overlap(lambda: attach(uncertain), lambda: attach(other)) == (RRN, None)
    assert sorted(Credit.objects.values_list("state", flat=True)) == ["matched", "review"]
