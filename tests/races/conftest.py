"""Races are run on PostgreSQL: SQLite runs its writers one after the other."""

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, transaction

if settings.DATABASES["default"]["ENGINE"] != "django.db.backends.postgresql":
    collect_ignore_glob = ["test_*.py"]

PATIENCE = 20


def in_own_connection(function: Callable[[], Any]) -> Any:
    try:
        return function()
    finally:
        connection.close()


def somebody_waits_for_a_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return cursor.fetchone()[0] > 0


@pytest.fixture
def overlap(transactional_db) -> Callable[[Callable[[], Any], Callable[[], Any]], tuple[Any, Any]]:
    """Run `first` up to its commit, start `second`, and commit `first` once `second` waits for it or has ended."""

    def overlap(first: Callable[[], Any], second: Callable[[], Any]) -> tuple[Any, Any]:
        done, go = threading.Event(), threading.Event()

        def hold_open() -> Any:
            with transaction.atomic():
                result = first()
                done.set()
                assert go.wait(PATIENCE)
                return result

        with ThreadPoolExecutor(2) as pool:
            ours = pool.submit(in_own_connection, hold_open)
            assert done.wait(PATIENCE) or ours.result()
            theirs = pool.submit(in_own_connection, second)
            deadline = time.monotonic() + PATIENCE
            while not theirs.done() and not somebody_waits_for_a_lock() and time.monotonic() < deadline:
                threading.Event().wait(0.005)
            go.set()
            return ours.result(), theirs.result()

    return overlap


@pytest.fixture
def together(transactional_db) -> Callable[[Sequence[Callable[[], Any]]], list[Any]]:
    """Run all functions at the same moment, each on a connection of its own; exceptions are returned as results."""

    def together(functions: Sequence[Callable[[], Any]]) -> list[Any]:
        start = threading.Barrier(len(functions))

        def run(function: Callable[[], Any]) -> Any:
            start.wait(PATIENCE)
            try:
                return in_own_connection(function)
            except Exception as error:
                return error

        with ThreadPoolExecutor(len(functions)) as pool:
            return [future.result() for future in [pool.submit(run, function) for function in functions]]

    return together
