"""The whole way of a credit: states × credits, times, accounts, and alerts that tell of the same money."""

from datetime import timedelta

import pytest

from payments import services as payments
from payments.models import PaymentEvent, PaymentSession, UpiAccount
from reconciliation.models import Credit, Evidence
from reconciliation.services import alerts, received
from reconciliation.services.received import set_credit_aside
from tests.reconciliation.conftest import RRN, sbi_text, seconds

OTHER_RRN = "624412345679"


def put_into(session: PaymentSession, status: str) -> None:
    if status == "expired":
        PaymentSession.objects.filter(pk=session.pk).update(status="expired")
    elif status == "cancelled":
        payments.cancel_session(session_id=session.pk, actor="asha")
    elif status == "success":
        payments.confirm_session(session_id=session.pk, credited_at=seconds(5), utr="000000000001")
    elif status == "marked":
        payments.mark_session_paid(session_id=session.pk, utr="", actor="meera", reason="Seen in the app")


def outcome() -> tuple[str, str]:
    credit = Credit.objects.latest("pk")
    return credit.state, credit.reason


def event_types() -> list[str]:
    return list(PaymentEvent.objects.order_by("sequence").values_list("type", flat=True))


@pytest.mark.parametrize(
    ("status", "at", "after", "exception", "credit", "event"),
    [
        ("pending", 30, "success", "", ("matched", ""), "payment.success"),
        ("pending", 601, "success", "paid_late", ("matched", ""), "payment.success"),
        ("expired", 30, "success", "", ("matched", ""), "payment.success"),
        ("expired", 601, "success", "paid_late", ("matched", ""), "payment.success"),
        ("cancelled", 30, "cancelled", "", ("review", "cancelled"), "payment.late"),
        ("success", 30, "success", "", ("review", "already_paid"), "payment.late"),
        ("marked", 30, "success", "marked", ("matched", ""), None),
    ],
)
def test_the_table_of_states(open_session, sms, clock, status, at, after, exception, credit, event):
    session = open_session()
    put_into(session, status)
    before = event_types()
    clock.shift(700)

    sms(sbi_text(session.payable_paise), sent_at=seconds(at))

    session.refresh_from_db()
    assert (session.status, session.exception) == (after, exception)
    assert outcome() == credit
    assert Credit.objects.get().session == session
    assert event_types()[len(before) :] == ([event] if event else [])


def test_a_late_payment_waits_for_staff_where_the_shop_wants_it(open_session, sms, clock, settings):
    settings.LATE_POLICY = "review"
    session = open_session()
    clock.shift(700)

    sms(sbi_text(session.payable_paise), sent_at=seconds(650))

    session.refresh_from_db()
    assert session.status == "pending"
    assert outcome() == ("review", "late")
    assert event_types() == ["payment.late"]


def test_the_money_of_a_marked_session_brings_its_utr(open_session, sms):
    session = open_session()
    put_into(session, "marked")

    sms(sbi_text(session.payable_paise), sent_at=seconds(0))

    session.refresh_from_db()
    assert (session.utr, session.exception) == (RRN, "marked")


def test_a_second_payment_of_the_same_amount_is_for_staff(open_session, sms, clock):
    session = open_session()
    clock.shift(60)
    sms(sbi_text(session.payable_paise), sent_at=seconds(30))
    sms(sbi_text(session.payable_paise, rrn=OTHER_RRN), sent_at=seconds(50))

    assert outcome() == ("review", "already_paid")
    assert Credit.objects.filter(state="matched").count() == 1
    assert event_types() == ["payment.success", "payment.late"]


@pytest.mark.parametrize("off", [-1, 1, -37, 63])
def test_nothing_is_ever_rounded(open_session, sms, off):
    session = open_session(payable=99_37)

    sms(sbi_text(99_37 + off), sent_at=seconds(0))

    session.refresh_from_db()
    assert session.status == "pending"
    assert outcome() == ("review", "no_session")
    assert f"Nearest: {session.session_id} (₹99.37, pending)." in Credit.objects.get().explanation
    assert event_types() == []


# The time rule


@pytest.mark.parametrize(("at", "status"), [(-3, "pending"), (-2, "success"), (0, "success"), (599, "success")])
def test_only_money_of_after_the_opening_pays(open_session, sms, clock, at, status):
    session = open_session()
    clock.shift(1200)

    sms(sbi_text(session.payable_paise), sent_at=seconds(at))

    session.refresh_from_db()
    assert session.status == status


@pytest.mark.parametrize(("at", "status"), [(2400, "success"), (2401, "pending")])
def test_only_money_of_before_the_release_pays(open_session, sms, clock, at, status):
    session = open_session()
    clock.shift(3000)

    sms(sbi_text(session.payable_paise), sent_at=seconds(at))

    session.refresh_from_db()
    assert session.status == status


def test_an_alert_that_comes_hours_later_is_judged_by_its_own_time(open_session, sms, clock):
    session = open_session()
    clock.shift(10 * 3600)

    sms(sbi_text(session.payable_paise, at=seconds(0)), sent_at=seconds(30))

    session.refresh_from_db()
    assert (session.status, session.exception, session.paid_at) == ("success", "", seconds(30))


def test_an_old_alert_does_not_pay_the_next_session_of_its_amount(open_session, sms, clock):
    first = open_session(payable=99_37)
    PaymentSession.objects.filter(pk=first.pk).update(holds_amount=False, status="expired")
    clock.shift(4000)
    second = open_session(payable=99_37)
    clock.shift(60)

    sms(sbi_text(99_37), sent_at=seconds(20))

    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.status, second.status) == ("success", "pending")


def test_without_any_time_the_arrival_counts_if_nobody_else_held_the_amount(open_session, sms, clock):
    session = open_session()
    clock.shift(60)

    sms(sbi_text(session.payable_paise))

    session.refresh_from_db()
    assert (session.status, Credit.objects.get().precision) == ("success", "arrival")


def test_without_any_time_two_holders_within_a_day_are_for_staff(open_session, sms, clock):
    first = open_session(payable=99_37)
    PaymentSession.objects.filter(pk=first.pk).update(holds_amount=False, status="expired")
    clock.shift(23 * 3600)
    second = open_session(payable=99_37)

    sms(sbi_text(99_37))

    second.refresh_from_db()
    assert second.status == "pending"
    assert outcome() == ("review", "uncertain_time")


def test_a_text_of_another_day_without_a_sent_time_is_for_staff(open_session, sms, clock):
    session = open_session()
    clock.shift(60)

    sms(sbi_text(session.payable_paise, at=seconds(-5 * 86400)))

    session.refresh_from_db()
    assert session.status == "pending"
    assert outcome()[0] == "review"


def test_after_three_days_staff_decide(open_session, sms, clock):
    session = open_session()
    clock.shift(73 * 3600)

    sms(sbi_text(session.payable_paise, at=seconds(0)), sent_at=seconds(30))

    assert outcome() == ("review", "stale")


def test_a_bank_clock_ahead_of_ours_pays_no_sooner_than_the_alert_came(open_session, sms):
    session = open_session()

    sms(sbi_text(session.payable_paise), sent_at=seconds(3600))

    session.refresh_from_db()
    assert (session.status, session.exception, session.paid_at) == ("success", "", seconds(0))


# Accounts and spaces


@pytest.fixture
def own_account(db) -> UpiAccount:
    """An SBI account whose alerts name it, so that it has amounts of its own."""
    return UpiAccount.objects.create(
        upi_id="asha@oksbi", payee_name="ASHA", bank="sbi", account_tail="1234", alerts_print_tail=True
    )


def test_the_tail_tells_two_sessions_of_one_amount_apart(open_session, sms, account, own_account):
    shared = open_session(payable=99_37, upi_account=account)
    own = open_session(payable=99_37, upi_account=own_account)

    sms(sbi_text(99_37, tail="1234"), sent_at=seconds(0))

    shared.refresh_from_db()
    own.refresh_from_db()
    assert (shared.status, own.status) == ("pending", "success")


def test_a_session_from_before_its_account_had_a_space_is_found(open_session, sms, own_account):
    session = open_session(payable=99_37, upi_account=own_account)
    PaymentSession.objects.filter(pk=session.pk).update(amount_space="live")

    sms(sbi_text(99_37, tail="1234"), sent_at=seconds(0))

    session.refresh_from_db()
    assert session.status == "success"


def test_a_tail_of_nobody_is_for_staff(open_session, sms, account, own_account):
    UpiAccount.objects.filter(pk=account.pk).update(bank="sbi", account_tail="5678")
    session = open_session(payable=99_37, upi_account=own_account)

    sms(sbi_text(99_37, tail="9999"), sent_at=seconds(0))

    session.refresh_from_db()
    assert session.status == "pending"
    assert outcome() == ("review", "other_account")
    assert Credit.objects.get().explanation == "No UPI account here stands for the SBI account ending 9999."


def test_an_alert_of_the_bank_behind_the_payers_app_is_for_staff(open_session, sms, account):
    """SBI writes about credits to any @oksbi ID, though the account is at another bank."""
    UpiAccount.objects.update(bank="hdfc", account_tail="1234")
    session = open_session(payable=99_37)

    sms(sbi_text(99_37, tail="1234"), sent_at=seconds(0))

    session.refresh_from_db()
    assert session.status == "pending"
    assert outcome() == ("review", "other_account")


def test_where_nothing_names_the_account_it_must_be_provable(open_session, account, own_account):
    shared = open_session(payable=99_37, upi_account=account)
    own = open_session(payable=99_37, upi_account=own_account)
    alone = open_session(payable=99_41, upi_account=own_account)

    received.record_credit(amount_paise=99_37, rrn=RRN, credited_at=seconds(0))
    assert outcome() == ("review", "several")
    received.record_credit(amount_paise=99_41, rrn=OTHER_RRN, credited_at=seconds(0))
    assert outcome() == ("matched", "")

    statuses = [PaymentSession.objects.get(pk=session.pk).status for session in (shared, own, alone)]
    assert statuses == ["pending", "pending", "success"]


def test_a_phone_speaks_for_its_own_accounts_only(open_session, sms, phone, account, own_account):
    phone.accounts.set([own_account])
    session = open_session(payable=99_37, upi_account=account)

    sms(sbi_text(99_37, tail="1234"), sent_at=seconds(0))

    session.refresh_from_db()
    assert session.status == "pending"
    assert outcome() == ("review", "no_session")


def test_live_money_never_pays_a_test_session(testing, open_session, sms, account):
    session = open_session(api_key=testing, payable=99_37)
    assert session.test

    sms(sbi_text(99_37), sent_at=seconds(0))

    session.refresh_from_db()
    assert session.status == "pending"
    assert outcome() == ("review", "no_session")


# One payment, several alerts

HDFC = "Rs. {} credited to a/c XXXXXX1234 on 01-09-26 by a/c linked to VPA payer@okaxis (UPI Ref No {})"
NEFT = "Update! INR {} deposited in HDFC Bank A/c XX1234 on 01-SEP-26 for NEFT Cr-{}.Avl bal INR {}."


def test_the_same_reference_is_the_same_money(open_session, sms, clock):
    session = open_session()
    clock.shift(60)
    sms(sbi_text(session.payable_paise), sent_at=seconds(30))
    sms(sbi_text(session.payable_paise), sent_at=seconds(33), sender="SBIINB")

    credit = Credit.objects.get()
    assert credit.evidences.count() == 2
    assert event_types() == ["payment.success"]
    assert Evidence.objects.get(sender="SBIINB").explanation == "It tells of a payment that is known already."


def test_a_reference_with_another_amount_is_a_conflict(open_session, sms, clock):
    session = open_session(payable=99_37)
    other = open_session(payable=99_38)
    sms(sbi_text(99_37), sent_at=seconds(0))
    sms(sbi_text(99_38), sent_at=seconds(0))
    sms(sbi_text(99_38), sent_at=seconds(1))

    session.refresh_from_db()
    other.refresh_from_db()
    assert (session.status, other.status) == ("success", "pending")
    conflict = Credit.objects.get(state="review")
    assert (conflict.reason, conflict.rrn, conflict.bank_ref, conflict.amount_paise) == ("rrn_conflict", "", RRN, 99_38)
    assert conflict.explanation == f"UTR {RRN} is known already, with ₹99.37 to the account ending 1234."
    assert conflict.evidences.count() == 2


def test_an_alert_without_a_reference_joins_and_is_filled_in(open_session, sms, clock):
    session = open_session(payable=99_37)
    clock.shift(120)
    sms(NEFT.format("99.37", "A KUMAR", "500.00"), sender="HDFCBK", sent_at=seconds(30))
    session.refresh_from_db()
    assert (session.status, session.utr) == ("success", "")

    sms(HDFC.format("99.37", RRN), sender="HDFCBK", sent_at=seconds(60))

    credit = Credit.objects.get()
    session.refresh_from_db()
    assert (credit.rrn, session.utr, credit.payer) == (RRN, RRN, "payer@okaxis")
    assert event_types() == ["payment.success"]


def test_an_alert_without_a_reference_joins_what_came_before(open_session, sms, clock):
    session = open_session(payable=99_37)
    clock.shift(120)
    sms(HDFC.format("99.37", RRN), sender="HDFCBK", sent_at=seconds(30))
    sms(NEFT.format("99.37", "A KUMAR", "500.00"), sender="HDFCBK", sent_at=seconds(60))

    assert Credit.objects.get().evidences.count() == 2
    session.refresh_from_db()
    assert session.utr == RRN


def test_two_texts_without_a_reference_are_two_payments(open_session, sms, clock):
    open_session(payable=99_37)
    clock.shift(120)
    sms(NEFT.format("99.37", "A KUMAR", "500.00"), sender="HDFCBK", sent_at=seconds(30))
    sms(NEFT.format("99.37", "A KUMAR", "599.37"), sender="HDFCBK", sent_at=seconds(60))
    sms(NEFT.format("99.37", "A KUMAR", "599.37"), sender="HDFCBK", sent_at=seconds(62))

    assert Credit.objects.count() == 2
    assert outcome() == ("review", "already_paid")


def test_minutes_apart_are_two_payments(open_session, sms, clock):
    open_session(payable=99_37)
    clock.shift(900)
    sms(HDFC.format("99.37", RRN), sender="HDFCBK", sent_at=seconds(30))
    sms(NEFT.format("99.37", "A KUMAR", "500.00"), sender="HDFCBK", sent_at=seconds(30 + 301))

    assert Credit.objects.count() == 2


def test_a_better_time_settles_what_was_uncertain(open_session, sms, clock):
    first = open_session(payable=99_37)
    PaymentSession.objects.filter(pk=first.pk).update(holds_amount=False, status="expired")
    clock.shift(5000)
    second = open_session(payable=99_37)
    clock.shift(60)
    sms(sbi_text(99_37))
    assert outcome() == ("review", "uncertain_time")

    sms(sbi_text(99_37), sent_at=seconds(5030))

    second.refresh_from_db()
    assert outcome() == ("matched", "")
    assert (second.status, second.utr) == ("success", RRN)
    assert Credit.objects.count() == 1


def test_a_credit_for_a_utr_that_staff_used_for_another_amount_is_for_staff(open_session, sms):
    marked = open_session(payable=99_37)
    payments.mark_session_paid(session_id=marked.pk, utr=RRN, actor="meera", reason="Seen")
    session = open_session(payable=99_38)

    sms(sbi_text(99_38), sent_at=seconds(0))

    session.refresh_from_db()
    assert session.status == "pending"
    assert outcome() == ("review", "utr_used")


def test_an_archived_accounts_session_is_still_paid(open_session, sms, account, clock):
    session = open_session()
    UpiAccount.objects.update(archived_at=seconds(10), enabled=False)
    clock.shift(60)

    sms(sbi_text(session.payable_paise), sent_at=seconds(30))

    session.refresh_from_db()
    assert session.status == "success"
    assert session.paid_at - session.created_at == timedelta(seconds=30)


def test_an_alert_that_dozens_may_be_meant_by_is_kept_and_explained(open_session, sms, clock):
    for _ in range(60):
        last = open_session(payable=99_37)
        PaymentSession.objects.filter(pk=last.pk).update(holds_amount=False)
        clock.shift(60)

    sms(sbi_text(99_37))

    assert outcome()[0] == "review"
    credit = Credit.objects.get()
    assert " and 35 more asked for ₹99.37" in credit.explanation
    assert len(credit.explanation) <= 1000


def test_a_phone_whose_clock_is_hours_behind_pays_nobody_who_held_the_amount_then(open_session, forward, clock):
    earlier = open_session(payable=99_37)
    PaymentSession.objects.filter(pk=earlier.pk).update(holds_amount=False, status="expired")
    clock.shift(5.5 * 3600)
    meant = open_session(payable=99_37)
    clock.shift(60)

    wrong = (meant.created_at - timedelta(hours=5.4)).timestamp() * 1000
    forward({"from": "VM-SBIUPI-S", "text": sbi_text(99_37), "receivedStamp": int(wrong)})
    alerts.process_waiting()

    assert outcome() == ("review", "uncertain_time")
    assert set(PaymentSession.objects.values_list("status", flat=True)) == {"expired", "pending"}


def test_the_sms_centres_time_counts_though_the_phones_clock_is_hours_behind(open_session, forward, clock):
    earlier = open_session(payable=99_37)
    PaymentSession.objects.filter(pk=earlier.pk).update(holds_amount=False, status="expired")
    clock.shift(5.5 * 3600)
    meant = open_session(payable=99_37)
    clock.shift(60)

    sent = int((meant.created_at + timedelta(seconds=50)).timestamp() * 1000)
    seen = int((earlier.created_at + timedelta(seconds=50)).timestamp() * 1000)
    forward({"from": "VM-SBIUPI-S", "text": sbi_text(99_37), "sentStamp": sent, "receivedStamp": seen})
    alerts.process_waiting()

    assert outcome() == ("matched", "")
    assert Credit.objects.get().session == meant


def test_what_staff_set_aside_takes_no_other_payment_in(open_session, sms, clock):
    clock.shift(60)
    sms(NEFT.format("99.37", "A KUMAR", "500.00"), sender="HDFCBK", sent_at=seconds(30))
    set_credit_aside(credit_id=Credit.objects.get().pk, reason="From my brother", actor="meera")
    session = open_session(payable=99_37)
    clock.shift(60)

    sms(HDFC.format("99.37", RRN), sender="HDFCBK", sent_at=seconds(90))

    session.refresh_from_db()
    assert (session.status, session.utr) == ("success", RRN)
    assert sorted(Credit.objects.values_list("state", flat=True)) == ["matched", "set_aside"]


def test_a_smaller_window_leaves_open_payments_matchable(open_session, sms, clock, settings):
    session = open_session(payable=99_05)
    settings.AMOUNT_WINDOW_PAISE = 10
    clock.shift(60)

    sms(HDFC.format("99.05", RRN), sender="HDFCBK", sent_at=seconds(30))

    session.refresh_from_db()
    assert session.status == "success"
