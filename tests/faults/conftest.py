"""What fails beneath a running PayGate. Collected where the tests have PostgreSQL and Redis, and so their programs."""

import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
import pytest
from django.conf import settings

from tests.faults.shops import Shop
from tests.paygate.processes import Installation
from tests.receivers import receiver, start_receiver
from tests.servers import PostgreSQL, Redis

__all__ = ["receiver", "start_receiver"]

if settings.DATABASES["default"]["ENGINE"] != "django.db.backends.postgresql" or not settings.REDIS_URL:
    collect_ignore_glob = ["test_*.py"]


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[Redis]:
    (tmp_path / "redis").mkdir()
    server = Redis(tmp_path / "redis").start()
    yield server
    server.stop()


@pytest.fixture
def postgresql() -> Iterator[PostgreSQL]:
    # Not in pytest's own directory, which is closed to other users, such as the server's.
    with TemporaryDirectory(prefix="paygate-postgresql-") as directory:
        server = PostgreSQL(Path(directory)).start()
        yield server
        server.stop()


@pytest.fixture
def database_url() -> Iterator[str]:
    """A database of the test's own on the server that the tests have."""
    own = f"paygate_fault_{secrets.token_hex(4)}"
    server = settings.DATABASES["default"]
    address = {"host": server["HOST"], "port": server["PORT"], "user": server["USER"], "password": server["PASSWORD"]}
    with psycopg.connect(**address, dbname="postgres", autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {own}")
        yield f"{os.environ['DATABASE_URL'].rpartition('/')[0]}/{own}"
        admin.execute(f"DROP DATABASE {own} WITH (FORCE)")


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    """Not started: a test first says which servers it uses."""
    installation = Installation(tmp_path)
    installation.environment["KEY_REQUESTS_PER_SECOND"] = "100000"
    yield installation
    if installation.process and installation.process.poll() is None:
        installation.end()


@pytest.fixture
def shop(installation: Installation, receiver: object) -> Shop:
    return Shop(installation, receiver)
