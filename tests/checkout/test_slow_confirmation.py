"""What customers are told while nothing would report the bank's credits."""

import pytest
from django.utils import timezone

from payments.models import UpiAccount

SLOW = "confirmation may take longer"


@pytest.fixture
def unwatched(account):
    UpiAccount.objects.filter(pk=account.pk).update(unwatched_since=timezone.now())


def test_a_customer_of_a_watched_account_is_told_nothing(visit, open_session):
    assert SLOW not in visit(open_session()).text


def test_a_customer_hears_that_confirmation_may_take_longer(visit, open_session, unwatched, clock):
    session = open_session()
    assert SLOW in visit(session).text
    clock.shift(601)
    assert SLOW in visit(session).text


def test_not_when_there_is_nothing_to_wait_for(visit, open_session, unwatched, clock):
    session = open_session()
    clock.shift(24 * 3600)
    assert SLOW not in visit(session).text


def test_a_test_payment_needs_no_bank(visit, open_session, testing, unwatched):
    assert SLOW not in visit(open_session(api_key=testing)).text
