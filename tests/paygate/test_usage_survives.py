"""Requests counted in memory are in the database after an orderly stop."""

import re
import sqlite3

from tests.paygate.processes import eventually


def test_nothing_is_lost_on_an_orderly_stop(installation):
    installation.start_and_wait()
    key = re.search(r"pgk_test_[A-Za-z0-9_-]{43}", installation.said())[0]
    request = f"GET /api/v1/me HTTP/1.1\r\nHost: localhost\r\nX-API-Key: {key}\r\nConnection: close\r\n\r\n".encode()

    for _ in range(25):
        assert b" 200 " in installation.raw(request).split(b"\r\n")[0]
    assert installation.end() == 0

    eventually(lambda: counted(installation) == 25, seconds=1)


def counted(installation):
    with sqlite3.connect(installation.data / "paygate.sqlite3") as database:
        return database.execute("SELECT COALESCE(SUM(requests), 0) FROM apikeys_apikeyday").fetchone()[0]
