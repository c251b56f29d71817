"""Redis stops, hangs, is mute or loses everything: no request waits for it, and what waited is done once it is back."""

import time
from collections.abc import Iterator

import pytest

from tests.paygate.processes import Installation, eventually
from tests.servers import Mute

MOST_WAIT = 0.1
BACK_WITHIN = 60
# Longer than the breaker leaves Redis alone, so that it is asked again while it is still away.
AWAY_SECONDS = 12
# Each of the two processes finds out when Redis goes, and once more when its breaker closes.
MAY_FIND_OUT = 4


class Fault:
    """How Redis is taken away and comes back."""

    def __init__(self, kind: str, redis) -> None:
        self.kind = kind
        self.redis = redis
        self.mute: Mute | None = None

    def begin(self) -> None:
        if self.kind == "frozen":
            self.redis.freeze()
        elif self.kind == "wiped":
            assert self.redis.says("FLUSHALL") == b"+OK\r\n"
        else:
            self.redis.stop()
        if self.kind == "mute":
            self.mute = Mute(self.redis.port)

    def end(self) -> None:
        if self.kind == "frozen":
            self.redis.thaw()
        elif self.mute:
            self.mute.close()
        if self.kind in ("stopped", "mute"):
            self.redis.start()


@pytest.fixture(params=["stopped", "frozen", "mute", "wiped"])
def fault(request, redis) -> Iterator[Fault]:
    fault = Fault(request.param, redis)
    yield fault
    if fault.mute:
        fault.mute.hang_up()


@pytest.fixture
def running(installation, database_url, redis) -> Installation:
    installation.environment |= {"DATABASE_URL": database_url, "REDIS_URL": redis.url, "WEB_PROCESSES": "2"}
    return installation.start_and_wait()


def test_no_request_waits_for_redis_and_all_is_done_after_its_return(running, shop, fault):
    shop.open()
    before = [shop.create(number)["session_id"] for number in range(40)]
    shop.pay(before[0])
    eventually(lambda: shop.told("payment.success") == {before[0]})
    usual = max(shop.seconds)
    processes = running.direct_children()

    fault.begin()
    shop.seconds.clear()
    meanwhile = [shop.create(40 + number)["session_id"] for number in range(40)]
    paid, overdue = {before[1], *meanwhile[:10]}, set(meanwhile[10:20])
    for session_id in paid:
        shop.pay(session_id)
    shop.sql("UPDATE payments_paymentsession SET expires_at = now() WHERE session_id = ANY(%s)", list(overdue))
    until = time.monotonic() + (0 if fault.kind == "wiped" else AWAY_SECONDS)
    while time.monotonic() < until:
        meanwhile.append(shop.create(len(meanwhile) + 40)["session_id"])
        time.sleep(0.02)

    assert set(shop.statuses) <= {200, 201}
    slow = [seconds for seconds in shop.seconds if seconds > MOST_WAIT + usual]
    assert len(slow) <= MAY_FIND_OUT, slow

    fault.end()
    eventually(lambda: shop.told("payment.success") == {before[0], *paid}, BACK_WITHIN)
    eventually(lambda: shop.told("payment.expired") == overdue, BACK_WITHIN)
    written = shop.sql("SELECT session_id FROM payments_paymentsession WHERE status = 'expired'")
    assert {session_id for (session_id,) in written} == overdue
    assert shop.soonest_repetition() == float("inf")
    assert running.direct_children() == processes
