"""How many amounts are left."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.utils import timezone

from payments.capacity import Pressure, pressures
from payments.models import UpiAccount

URL = "/api/v1/capacity?amount=100"


@time_machine.travel(datetime(2026, 4, 14, 1, 0, tzinfo=UTC), tick=False)
def test_a_shop_learns_how_many_amounts_are_left(asha, open_session, call):
    open_session(100_00)
    open_session(99_50)

    found = call(asha, "get", URL).json()["capacity"]

    held = found.pop("held")
    assert held in (1, 2)
    assert found == {
        "amount": 100,
        "total": 99,
        "free": 99 - held,
        "next_release_at": "2026-04-14 01:40:00",
        "next_release_at_iso": "2026-04-14T01:40:00Z",
    }


def test_every_space_of_its_own_adds_a_window(asha, account, call):
    UpiAccount.objects.create(
        upi_id="asha@hdfcbank", payee_name="ASHA", bank="hdfc", account_tail="1234", alerts_print_tail=True
    )

    found = call(asha, "get", URL).json()["capacity"]

    assert (found["total"], found["free"], found["next_release_at"]) == (198, 198, None)


def test_it_is_one_query_on_the_sessions(asha, account, call, django_assert_num_queries):
    with django_assert_num_queries(3):
        call(asha, "get", URL)


@pytest.mark.parametrize("query", ["", "?amount=", "?amount=1e2", "?amount=-1", "?amount=0"])
def test_a_price_is_needed(asha, call, query):
    assert call(asha, "get", f"/api/v1/capacity{query}").status_code == 400


def test_staff_see_the_busiest_prices_and_how_long_they_last(open_session, django_assert_num_queries):
    with time_machine.travel(timezone.now() - timedelta(minutes=20)):
        for _ in range(9):
            open_session(100_00)
    for _ in range(20):
        open_session(100_00)
    open_session(500_00)

    with django_assert_num_queries(1):
        found = pressures(now=timezone.now())

    assert found == [
        Pressure("live", 100_00, total=99, held=29, pending=20, minutes_left=35),
        Pressure("live", 500_00, total=99, held=1, pending=1, minutes_left=980),
    ]
    assert found[0].percent == 29


def test_a_new_test_key_sees_what_its_first_payment_will_find(testing, call):
    found = call(testing, "get", URL).json()["capacity"]

    assert (found["total"], found["free"], found["held"]) == (99, 99, 0)
