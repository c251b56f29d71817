"""The start command on PostgreSQL and Redis; collected only where the tests have both."""

import json
import os
import re
import secrets
import urllib.request
from collections.abc import Iterator

import psycopg
import pytest
from django.conf import settings

from tests.paygate.processes import Installation, children_of, eventually


@pytest.fixture
def on_servers(tmp_path) -> Iterator[Installation]:
    """An installation with a PostgreSQL database of its own, and Redis keys of its own."""
    own = f"paygate_start_{secrets.token_hex(4)}"
    server = settings.DATABASES["default"]
    address = {"host": server["HOST"], "port": server["PORT"], "user": server["USER"], "password": server["PASSWORD"]}
    admin = psycopg.connect(**address, dbname="postgres", autocommit=True)
    admin.execute(f"CREATE DATABASE {own}")
    installation = Installation(tmp_path)
    base = os.environ["DATABASE_URL"].rpartition("/")[0]
    installation.environment |= {
        "DATABASE_URL": f"{base}/{own}",
        "REDIS_URL": settings.REDIS_URL,
        "REDIS_PREFIX": f"{own}:",
        "WEB_PROCESSES": "2",
    }
    yield installation
    if installation.process and installation.process.poll() is None:
        installation.end()
    admin.execute(f"DROP DATABASE {own} WITH (FORCE)")
    admin.close()


def test_the_same_command_runs_on_postgresql_and_redis(on_servers):
    on_servers.start_and_wait()
    eventually(lambda: ready(on_servers) == {"ok": True, "degraded": False, "problems": []})
    key = re.search(r"pgk_test_[\w-]{43}", on_servers.said())[0]
    request = urllib.request.Request(
        f"http://127.0.0.1:{on_servers.port}/api/v1/create-payment",
        data=b'{"amount": 100}',
        headers={"X-API-Key": key, "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=10) as response:
        assert json.load(response)["payment"]["status"] == "pending"
    web = on_servers.direct_children()[0]
    assert len(children_of(web)) == 2
    assert not (on_servers.data / "paygate.sqlite3").exists()
    assert not list((on_servers.data / "queue").glob("messages/*"))
    assert on_servers.end() == 0


def ready(installation: Installation) -> object:
    with urllib.request.urlopen(f"http://127.0.0.1:{installation.port}/readyz", timeout=10) as response:
        return json.load(response)
