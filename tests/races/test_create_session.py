"""Many callers at one price, and one caller's request sent many times at once."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from apikeys.services import issue_key
from payments import amounts, services
from payments.exceptions import NoPayableAmount
from payments.models import PaymentSession, UpiAccount

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def key(transactional_db):
    UpiAccount.objects.create(upi_id="asha@oksbi", payee_name="ASHA")
    key, key.text = issue_key(label="Asha Traders")
    return key


def create(key, paise=100_00):
    return services.create_session(api_key=key, requested_paise=paise, details=services.SessionDetails()).session


def test_callers_draw_the_same_amount_when_nobody_wrote_yet(key, together):
    drawn = together([lambda: amounts.choose(requested_paise=1_02, test=False, now=key.created_at).payable_paise] * 3)

    # Of the one free amount of this price, all three callers are told: only the constraint can decide.
    assert drawn == [1_01, 1_01, 1_01]


def test_fifty_callers_at_one_price_never_share_an_amount(key, together):
    first = together([lambda: create(key)] * 50)
    second = together([lambda: create(key)] * 49)

    payables = [session.payable_paise for session in first + second]
    assert sorted(payables) == list(range(9901, 10000))


def test_when_the_window_fills_up_exactly_the_rest_is_refused(key, together):
    for _ in range(60):
        create(key)

    results = together([lambda: create(key)] * 50)

    refused = [result for result in results if isinstance(result, NoPayableAmount)]
    assert len(refused) == 11
    assert all(1 <= each.retry_after <= 2400 for each in refused)
    assert PaymentSession.objects.count() == 99


def test_one_request_twenty_times_at_once_is_one_session_with_twenty_equal_answers(key, together):
    def send():
        return APIClient().post(
            "/api/v1/create-payment",
            json.dumps({"amount": 100, "merchant_ref": "ORDER-1"}),
            content_type="application/json",
            headers={"X-API-Key": key.text, "Idempotency-Key": "order-1"},
        )

    answers = together([send] * 20)

    assert {answer.status_code for answer in answers} == {201}
    payments = [answer.json()["payment"] for answer in answers]
    for payment in payments:
        for clock in ("server_time", "server_time_iso", "expires_in"):
            del payment[clock]
    assert all(payment == payments[0] for payment in payments)
    assert [answer.get("Idempotent-Replayed") for answer in answers].count(None) == 1
    assert PaymentSession.objects.count() == 1


def test_the_one_amount_that_was_just_released_goes_to_one_caller(key, together):
    create(key, 1_02)
    PaymentSession.objects.update(
        expires_at=timezone.now() - timedelta(minutes=31), hold_until=timezone.now() - timedelta(seconds=1)
    )

    results = together([lambda: create(key, 1_02)] * 5)

    won = [result for result in results if isinstance(result, PaymentSession)]
    assert [session.payable_paise for session in won] == [1_01]
    assert sum(isinstance(result, NoPayableAmount) for result in results) == 4
