"""kill -9 while a webhook is on its way."""

import os
import signal
import subprocess
import sys
import threading
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from apikeys.services import issue_key
from payments import services as payments
from payments.models import UpiAccount
from tests.receivers import Answering, receiver, start_receiver
from webhooks import services
from webhooks.models import Attempt, Delivery, DeliveryState

__all__ = ["receiver", "start_receiver"]

pytestmark = pytest.mark.django_db(transaction=True)

WORKER = """
import django
django.setup()
from django.conf import settings
settings.DATABASES["default"]["NAME"] = {name!r}
from webhooks import services
services.deliver_due()
"""


@pytest.fixture
def waiting(transactional_db, receiver):
    UpiAccount.objects.create(upi_id="asha@oksbi", payee_name="ASHA")
    key, _ = issue_key(label="Asha Traders")
    services.add_endpoint(api_key=key, url=receiver.url)
    for number in range(3):
        created = payments.create_session(
            api_key=key, requested_paise=(100 + number) * 100, details=payments.SessionDetails()
        )
        assert payments.confirm_session(session_id=created.session.pk, credited_at=created.session.created_at)
    services.fan_out_events()


def start_worker() -> subprocess.Popen[bytes]:
    # The same keys open the secrets, another process holds the leases.
    script = WORKER.format(name=connection.settings_dict["NAME"])
    return subprocess.Popen(
        [sys.executable, "-c", script], env={**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"}
    )


def test_what_a_killed_worker_was_sending_is_sent_again_after_its_lease(waiting, receiver):
    receiver.answer(Answering(after=30), Answering(after=30), Answering(after=30), Answering())
    under_way = threading.Event()
    receiver.on_request = under_way.set
    worker = start_worker()
    assert under_way.wait(30)
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait(10)
    assert Delivery.objects.filter(state=DeliveryState.LEASED).count() == 3
    assert not Attempt.objects.exists()

    services.deliver_due()
    assert not Attempt.objects.exists()
    with time_machine.travel(timezone.now() + timedelta(seconds=46), tick=True):
        services.deliver_due()

    assert Delivery.objects.filter(state=DeliveryState.DONE, attempt_count=1).count() == 3
    sent = [request.headers["webhook-id"] for request in receiver.requests]
    assert len(set(sent)) == 3
    assert len(sent) > 3
