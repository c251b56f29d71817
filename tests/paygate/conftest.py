from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from tests.paygate.processes import Installation

if settings.DATABASES["default"]["ENGINE"] != "django.db.backends.postgresql" or not settings.REDIS_URL:
    collect_ignore = ["test_on_servers.py"]


def running(installation: Installation) -> Iterator[Installation]:
    yield installation
    if installation.process and installation.process.poll() is None:
        installation.end()


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    yield from running(Installation(tmp_path))


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """One that runs for all tests that only talk to it."""
    installation = Installation(tmp_path_factory.mktemp("served"))
    yield from running(installation.start_and_wait())
