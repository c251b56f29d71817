"""A worker is killed in mid-delivery; two workers and their sweeps work on one queue."""

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from tests.faults.shops import Shop
from tests.paygate.processes import PATIENCE, ROOT, Installation, eventually
from tests.receivers import Answering


@pytest.fixture
def embedded(installation) -> Installation:
    return installation.start_and_wait()


@pytest.fixture
def on_servers(installation, database_url, redis) -> Installation:
    installation.environment |= {"DATABASE_URL": database_url, "REDIS_URL": redis.url}
    return installation.start_and_wait()


@pytest.fixture(params=["embedded", "on_servers"])
def running(request) -> Installation:
    return request.getfixturevalue(request.param)


@pytest.fixture
def second_worker(on_servers) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "paygate.worker", str(os.getpid())]
    # Its own beat keeps its schedule in a directory of its own.
    environment = {**on_servers.environment, "PAYGATE_DATA_DIR": str(on_servers.data.parent / "second")}
    for name in ("keys", "queue"):
        (on_servers.data.parent / "second" / name).mkdir(parents=True)
    for key in (on_servers.data / "keys").iterdir():
        (on_servers.data.parent / "second" / "keys" / key.name).write_bytes(key.read_bytes())
    worker = subprocess.Popen(command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL)
    yield worker
    worker.terminate()
    worker.wait(PATIENCE)


def test_a_killed_worker_s_deliveries_are_sent_again_by_the_next_once_their_lease_is_over(running, shop, receiver):
    shop.open()
    under_way = threading.Event()
    receiver.answer(*[Answering(after=PATIENCE)] * 3, Answering())
    receiver.on_request = under_way.set
    sessions = {shop.create(number)["session_id"] for number in range(3)}
    for session_id in sessions:
        shop.pay(session_id)
    assert under_way.wait(PATIENCE)
    eventually(lambda: len(receiver.requests) == 3)
    web, worker = running.direct_children()
    os.kill(worker, signal.SIGKILL)
    eventually(lambda: running.direct_children()[1:] not in ([], [worker]))

    assert states(shop) == [("leased", 0, 3)]
    assert len(receiver.requests) == 3

    ask(shop, "UPDATE webhooks_delivery SET lease_until = '2020-01-01 00:00:00'")
    eventually(lambda: states(shop) == [("done", 1, 3)])
    assert shop.told("payment.success") == sessions
    assert len(receiver.requests) == 6
    assert running.direct_children()[0] == web


def test_two_workers_and_their_sweeps_send_everything_once(on_servers, second_worker, shop, receiver):
    shop.open()
    receiver.answer(Answering(after=0.02))
    sessions = [shop.create(number)["session_id"] for number in range(200)]
    for session_id in sessions:
        shop.pay(session_id)
    eventually(lambda: states(shop) == [("done", 1, 200)])
    assert shop.told("payment.success") == set(sessions)
    assert shop.soonest_repetition() == float("inf")
    assert second_worker.poll() is None


def states(shop: Shop) -> list[tuple[str, int, int]]:
    """Return state, attempts and how many deliveries there are of it."""
    return ask(shop, "SELECT state, attempt_count, count(*) FROM webhooks_delivery GROUP BY state, attempt_count")


def ask(shop: Shop, statement: str) -> list[tuple[Any, ...]]:
    if "DATABASE_URL" in shop.installation.environment:
        return shop.sql(statement)
    with closing(sqlite3.connect(shop.installation.data / "paygate.sqlite3", timeout=PATIENCE)) as database, database:
        return database.execute(statement).fetchall()
