"""PostgreSQL is restarted while customers pay and webhooks are sent."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest

from tests.faults.shops import Shop
from tests.paygate.processes import PATIENCE, Installation, eventually
from tests.receivers import Answering
from webhooks.claims import LEASE

CALLERS = 3


@pytest.fixture
def running(installation, postgresql, redis) -> Installation:
    installation.environment |= {"DATABASE_URL": postgresql.url, "REDIS_URL": redis.url, "WEB_PROCESSES": "2"}
    return installation.start_and_wait()


class Customers:
    """Each opens payments and pays them, one after the other, asking again until it has an answer."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.over = threading.Event()
        self.gave_up = threading.Event()
        self.paid: list[str] = []

    def shop_and_pay(self, first: int) -> None:
        number = first
        while not self.over.is_set():
            payment = self._insist(partial(self.shop.create, number, Idempotency_Key=f"order-{number}"))
            self._insist(partial(self.shop.pay, payment["session_id"]))
            self.paid.append(payment["session_id"])
            number += CALLERS

    def _insist(self, ask: Callable[[], Any]) -> Any:
        while not (answer := ask()):
            assert not self.gave_up.wait(0.1)
        return answer

    def have_paid(self, more: int) -> None:
        known = len(self.paid)
        eventually(lambda: len(self.paid) >= known + more)


@contextmanager
def customers_of(shop: Shop) -> Iterator[Customers]:
    customers = Customers(shop)
    with ThreadPoolExecutor(CALLERS) as pool:
        try:
            callers = [pool.submit(customers.shop_and_pay, first) for first in range(CALLERS)]
            yield customers
            customers.over.set()
            for caller in callers:
                caller.result(PATIENCE)
        finally:
            customers.over.set()
            customers.gave_up.set()


@pytest.mark.parametrize("mode", ["immediate", "fast"])
def test_a_restart_loses_nothing_records_nothing_twice_and_needs_nobody(running, shop, postgresql, receiver, mode):
    receiver.answer(Answering(after=0.05))
    shop.open()
    processes = running.direct_children()
    with customers_of(shop) as customers:
        for _ in range(2):
            customers.have_paid(20)
            assert receiver.requests
            postgresql.restart(mode)
        customers.have_paid(20)

    paid = set(customers.paid)
    assert len(paid) == len(customers.paid)
    eventually(lambda: shop.told("payment.success") >= paid, LEASE.total_seconds() + 60)
    eventually(lambda: not shop.sql("SELECT 1 FROM webhooks_delivery WHERE state IN ('due', 'leased')"))

    orders = "SELECT count(*), count(DISTINCT merchant_ref) FROM payments_paymentsession"
    assert shop.sql(orders) == [(len(paid), len(paid))]
    assert shop.sql("SELECT count(*) FROM payments_paymentevent WHERE type = 'payment.success'") == [(len(paid),)]
    assert shop.sql("SELECT state, count(*) FROM webhooks_delivery GROUP BY state") == [("done", len(paid))]
    tried = "SELECT count(*), (SELECT sum(attempt_count) FROM webhooks_delivery) FROM webhooks_attempt"
    assert shop.sql(tried) == [(len(paid), len(paid))]
    assert shop.soonest_repetition() >= LEASE.total_seconds()
    assert set(shop.statuses) <= {200, 201, 503}
    assert running.direct_children() == processes
