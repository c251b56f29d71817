"""Worker processes beside each other: one is killed while a webhook is on its way, the clock of one is ahead."""

import os
import signal
import subprocess
import sys
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import F
from django.utils import timezone

from apikeys.services import issue_key
from payments import services as payments
from payments.models import UpiAccount
from tests.paygate.processes import eventually
from tests.receivers import Answering, receiver, start_receiver
from webhooks import claims, services
from webhooks.models import Attempt, Delivery, DeliveryState

__all__ = ["receiver", "start_receiver"]

pytestmark = pytest.mark.django_db(transaction=True)

WORKER = """
from datetime import datetime, timedelta
import django
import time_machine
django.setup()
from django.conf import settings
settings.DATABASES["default"]["NAME"] = {name!r}
from webhooks import services
with time_machine.travel(datetime.now().astimezone() + timedelta(hours={hours_ahead}), tick=True):
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


def start_worker(*, hours_ahead: int = 0) -> subprocess.Popen[bytes]:
    # The same keys open the secrets, another process holds the leases.
    script = WORKER.format(name=connection.settings_dict["NAME"], hours_ahead=hours_ahead)
    return subprocess.Popen(
        [sys.executable, "-c", script], env={**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"}
    )


def test_what_a_killed_worker_was_sending_is_sent_again_after_its_lease(waiting, receiver):
    receiver.answer(Answering(after=30), Answering(after=30), Answering(after=30), Answering())
    worker = start_worker()
    eventually(lambda: len(receiver.requests) == 3)
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait(10)
    assert Delivery.objects.filter(state=DeliveryState.LEASED).count() == 3
    assert not Attempt.objects.exists()

    services.deliver_due()
    assert not Attempt.objects.exists()
    Delivery.objects.update(lease_until=F("lease_until") - claims.LEASE)
    services.deliver_due()

    assert Delivery.objects.filter(state=DeliveryState.DONE, attempt_count=1).count() == 3
    sent = [request.headers["webhook-id"] for request in receiver.requests]
    assert len(set(sent)) == 3
    assert len(sent) > 3


def test_a_worker_whose_clock_is_ahead_takes_nothing_from_one_that_is_sending(waiting, receiver):
    """It does all that is due by its own clock while the other waits for an answer."""
    early = Delivery.objects.order_by("created_at")[0]
    Delivery.objects.filter(pk=early.pk).update(next_at=timezone.now() + timedelta(hours=1))
    seen = []

    def let_the_other_work() -> None:
        returned = start_worker(hours_ahead=6).wait(30)
        early.refresh_from_db()
        seen.append((returned, early.state))

    receiver.on_request = let_the_other_work
    assert start_worker().wait(60) == 0

    assert seen == [(0, DeliveryState.DONE)]
    assert len(receiver.requests) == len({request.headers["webhook-id"] for request in receiver.requests}) == 3
    assert Delivery.objects.filter(state=DeliveryState.DONE, attempt_count=1).count() == 3
    assert Attempt.objects.filter(status=200).count() == 3
