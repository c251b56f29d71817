"""The default installation as `make run` starts it: SQLite, Celery over files, nothing else."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator

import pytest

PATIENCE = 90
# Two seconds are promised; a machine that runs other tests beside may take longer.
PROMISED_WITH_SLACK = 8

PAY = """
import sys
import django
django.setup()
from apikeys.services import issue_key
from payments.models import UpiAccount
from payments.services import SessionDetails, confirm_session, create_session
from webhooks.services import add_endpoint
UpiAccount.objects.get_or_create(upi_id="asha@oksbi", test=False, defaults={"payee_name": "ASHA"})
key, _ = issue_key(label="Asha Traders")
add_endpoint(api_key=key, url=sys.argv[1])
session = create_session(api_key=key, requested_paise=100_00, details=SessionDetails()).session
confirm_session(session_id=session.pk, credited_at=session.created_at)
"""


@pytest.fixture
def installation(tmp_path) -> Iterator[dict[str, str]]:
    """A running PayGate; gives the environment of its commands."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    kept = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}
    settings = {"PAYGATE_DATA_DIR": str(tmp_path / "data"), "PORT": str(port)}
    environment = {**kept, **settings, "DJANGO_SETTINGS_MODULE": "paygate.settings"}
    with (tmp_path / "log").open("wb") as log:
        runner = subprocess.Popen([sys.executable, "-m", "paygate.runner"], env=environment, stdout=log, stderr=log)
    try:
        wait_for(lambda: all_is_well(port))
        yield environment
    finally:
        runner.terminate()
        runner.wait(PATIENCE)


def all_is_well(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer:
            return json.load(answer)["problems"] == []
    except (urllib.error.URLError, OSError):
        return False


def wait_for(condition: Callable[[], object]) -> float:
    begun = time.monotonic()
    while not condition():
        assert time.monotonic() < begun + PATIENCE
        time.sleep(0.01)
    return time.monotonic() - begun


def test_a_payment_is_announced_within_seconds(installation, receiver):
    subprocess.run([sys.executable, "-c", PAY, receiver.url], env=installation, check=True)
    assert wait_for(lambda: receiver.requests) < PROMISED_WITH_SLACK
    assert receiver.requests[0].headers["X-Webhook-Event"] == "payment.success"
