"""Which account and which amount a session gets, and what happens when there is none."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from payments.exceptions import NoPayableAmount
from payments.models import PaymentEvent, PaymentSession, UpiAccount

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_memory(monkeypatch):
    """Changes of accounts show at once."""
    monkeypatch.setattr("payments.amounts.ACCOUNTS_SECONDS", -1.0)


def spread(*, bank, tail, **more):
    return UpiAccount.objects.create(
        upi_id=f"asha{tail}@{bank}", payee_name="ASHA", bank=bank, account_tail=tail, alerts_print_tail=True, **more
    )


@pytest.fixture
def frozen():
    with time_machine.travel(datetime(2026, 4, 14, 6, 0, tzinfo=UTC), tick=False) as clock:
        yield clock


def test_one_price_has_ninety_nine_sessions_and_the_hundredth_is_told_when(frozen, open_session):
    amounts = {open_session(100_00).payable_paise for _ in range(99)}
    assert amounts == set(range(9901, 10000))

    with pytest.raises(NoPayableAmount) as full:
        open_session(100_00)

    assert full.value.retry_after == 600 + 1800
    assert PaymentSession.objects.count() == 99


def test_after_that_time_an_amount_is_free_though_nothing_was_swept(frozen, open_session):
    for _ in range(99):
        open_session(100_00)
    with pytest.raises(NoPayableAmount) as full:
        open_session(100_00)

    frozen.shift(timedelta(seconds=full.value.retry_after))

    assert open_session(100_00).payable_paise in range(9901, 10000)
    # What was overdue in that window was expired with its event on the way.
    assert PaymentEvent.objects.filter(type="payment.expired").count() == 99


def test_the_api_says_when_to_come_back(frozen, asha, open_session, call):
    for _ in range(99):
        open_session(100_00)

    answer = call(asha, "post", "/api/v1/create-payment", {"amount": 100})

    assert answer.status_code == 503
    assert answer["Retry-After"] == "2400"
    assert answer.json()["error"]["code"] == "no_payable_amount"


def test_prices_that_overlap_share_their_amounts(open_session):
    for _ in range(99):
        open_session(100_00)

    # Of the 98 amounts of ₹99.50 the 49 from ₹99.01 to ₹99.49 are taken; ₹98.51 to ₹98.99 are left.
    left = {open_session(99_50).payable_paise for _ in range(49)}

    assert left == set(range(9851, 9900))
    with pytest.raises(NoPayableAmount):
        open_session(99_50)


def test_test_mode_does_not_take_live_amounts(open_session, testing):
    for _ in range(99):
        open_session(100_00, api_key=testing)

    assert open_session(100_00).amount_space == "live"


def test_an_account_with_a_space_of_its_own_multiplies_capacity(asha, open_session):
    spread(bank="hdfc", tail="1234")

    sessions = [open_session(100_00) for _ in range(198)]

    assert {session.amount_space for session in sessions} == {"live", "live:hdfc-1234"}
    with pytest.raises(NoPayableAmount):
        open_session(100_00)


def test_a_second_account_in_the_same_space_does_not(open_session):
    UpiAccount.objects.create(upi_id="asha2@oksbi", payee_name="ASHA")
    for _ in range(99):
        open_session(100_00)

    with pytest.raises(NoPayableAmount):
        open_session(100_00)


def test_accounts_of_one_bank_account_share_their_amounts(open_session, account):
    account.delete()
    spread(bank="hdfc", tail="1234")
    UpiAccount.objects.create(
        upi_id="asha.shop@hdfcbank", payee_name="ASHA", bank="hdfc", account_tail="1234", alerts_print_tail=True
    )

    for _ in range(99):
        open_session(100_00)
    with pytest.raises(NoPayableAmount):
        open_session(100_00)


def test_a_full_daily_limit_sends_payments_to_the_next_account(frozen, open_session, account):
    account.daily_limit_paise = 150_00
    account.save()
    other = UpiAccount.objects.create(upi_id="asha2@oksbi", payee_name="ASHA")

    assert [open_session(100_00).upi_account for _ in range(2)] == [account, other]


def test_when_every_daily_limit_is_used_up_midnight_in_india_is_named(frozen, open_session, account):
    account.daily_limit_paise = 50_00
    account.save()

    with pytest.raises(NoPayableAmount) as full:
        open_session(100_00)

    # 06:00 UTC is 11:30 in India.
    assert full.value.retry_after == 12 * 3600 + 30 * 60


def test_a_daily_limit_is_not_helped_by_the_next_release(frozen, open_session, account):
    account.daily_limit_paise = 150_00
    account.save()
    open_session(100_00)

    with pytest.raises(NoPayableAmount) as full:
        open_session(100_00)

    assert full.value.retry_after == 12 * 3600 + 30 * 60


def test_a_wider_window_opens_where_the_operator_allows_it(settings, open_session):
    settings.WIDER_AMOUNT_WINDOW_PAISE = 199
    for _ in range(99):
        open_session(100_00)

    assert open_session(100_00).payable_paise in range(9801, 9900)


def test_an_amount_just_released_is_rested(frozen, open_session):
    first = {open_session(100_00).payable_paise for _ in range(50)}
    frozen.shift(timedelta(hours=1))

    later = {open_session(100_00).payable_paise for _ in range(49)}

    assert not first & later


def test_sessions_keep_their_space_when_the_account_changes(open_session, account):
    session = open_session(100_00)
    account.bank, account.account_tail, account.alerts_print_tail = "hdfc", "1234", True
    account.save()

    session.refresh_from_db()
    assert session.amount_space == "live"
    assert open_session(100_00).amount_space == "live:hdfc-1234"


def test_an_amount_held_for_more_than_a_day_by_a_dead_sweep_does_not_stop_anybody(frozen, open_session):
    for _ in range(99):
        open_session(100_00)
    frozen.shift(timedelta(days=3))

    assert open_session(100_00).payable_paise in range(9901, 10000)


def test_the_accounts_are_not_read_for_every_payment(open_session, account, monkeypatch, django_assert_num_queries):
    monkeypatch.setattr("payments.amounts.ACCOUNTS_SECONDS", 3600.0)
    open_session(100_00)

    # The amounts in use, the savepoint of this test's transaction, the row.
    with django_assert_num_queries(4):
        open_session(100_00)
