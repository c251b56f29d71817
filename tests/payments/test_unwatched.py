"""What happens while nothing would report the bank's credits: told to customers, or payments are refused."""

import pytest
from django.utils import timezone

from payments import amounts
from payments.models import UpiAccount

pytestmark = pytest.mark.django_db
CREATE = "/api/v1/create-payment"


@pytest.fixture
def unwatched(account) -> UpiAccount:
    UpiAccount.objects.filter(pk=account.pk).update(unwatched_since=timezone.now())
    return account


def test_payments_are_taken_unless_the_operator_says_otherwise(call, asha, unwatched):
    assert call(asha, "post", CREATE, {"amount": 100}).status_code == 201


def test_payments_nobody_would_confirm_are_refused_in_words(call, asha, unwatched, settings):
    settings.REFUSE_WHILE_UNWATCHED = True
    answer = call(asha, "post", CREATE, {"amount": 100})
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "60")
    assert answer.json()["error"]["code"] == "confirmation_unavailable"
    assert "cannot be confirmed at the moment" in answer.json()["message"]


def test_another_account_that_is_watched_takes_them(call, asha, unwatched, settings):
    settings.REFUSE_WHILE_UNWATCHED = True
    UpiAccount.objects.create(upi_id="asha@oksbi", payee_name="ASHA SHARMA")
    amounts.forget_accounts()
    assert call(asha, "post", CREATE, {"amount": 100}).json()["payment"]["upi_id"] == "asha@oksbi"


def test_test_payments_need_no_bank(call, testing, unwatched, settings):
    settings.REFUSE_WHILE_UNWATCHED = True
    assert call(testing, "post", CREATE, {"amount": 100}).status_code == 201
