"""kill -9 while a redelivery is worked off, and two workers at it."""

import os
import signal
import subprocess
import sys
from collections import Counter
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from apikeys.services import issue_key
from webhooks import redelivery, services
from webhooks.models import Delivery, Redelivery
from webhooks.tasks import redeliver

pytestmark = pytest.mark.django_db(transaction=True)

# Dies in the third batch, after its deliveries were written and before the job was.
WORKER = """
import os, signal
import django
django.setup()
from django.conf import settings
settings.DATABASES["default"]["NAME"] = {name!r}
from webhooks import redelivery
from webhooks.models import Redelivery
save = Redelivery.save
def save_or_die(job, **options):
    if job.done == 30:
        os.kill(os.getpid(), signal.SIGKILL)
    save(job, **options)
Redelivery.save = save_or_die
redelivery.BATCH = 10
while redelivery.continue_redelivery():
    pass
"""


@pytest.fixture
def job(transactional_db, account, call, monkeypatch) -> Redelivery:
    """Fifty deliveries have failed for good, and staff want them sent again."""
    monkeypatch.setattr(redelivery, "BATCH", 10)
    key, key.text = issue_key(label="Asha Traders")
    services.add_endpoint(api_key=key, url="https://shop.example.in/webhook", events=["payment.cancelled"])
    for number in range(50):
        payment = call(key, "post", "/api/v1/create-payment", {"amount": 100 + number}).json()["payment"]
        call(key, "post", f"/api/v1/cancel/{payment['session_id']}")
    services.fan_out_events()
    Delivery.objects.update(state="dead", closed_at=timezone.now(), attempt_count=12)
    since = timezone.now() - timedelta(hours=1)
    return redelivery.redeliver_failed(since=since, actor="meera", reason="The shop was down")


def test_a_killed_worker_loses_one_batch_at_most_and_another_goes_on(job):
    script = WORKER.format(name=connection.settings_dict["NAME"])
    worker = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"},
        timeout=60,
        check=False,
    )
    assert worker.returncode == -signal.SIGKILL
    job.refresh_from_db()
    assert (job.done, job.deliveries.count(), job.finished_at) == (20, 20, None)

    redeliver()

    job.refresh_from_db()
    assert (job.done, job.deliveries.count(), job.finished_at is not None) == (50, 50, True)


def test_two_workers_ask_for_each_once(job, together):
    assert together([redeliver, redeliver]) == [None, None]
    if not Redelivery.objects.get().finished_at:
        redeliver()

    job.refresh_from_db()
    assert (job.done, job.finished_at is not None) == (50, True)
    assert Counter(Delivery.objects.values_list("state", "redelivery")) == {("due", job.pk): 50}
