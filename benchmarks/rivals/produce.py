"""What the benchmark asks of the two other senders. Runs in .venv-bench; answers in JSON.

`prepare URLS…`, then `queue WHICH COUNT`, `queue-hanging WHICH COUNT` and `pace WHICH COUNT PER_SECOND`, where WHICH is
`plain` or `django-webhook`. URLs name the sender in their path.
"""

import json
import os
import sys
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "benchmarks.rivals.settings")

import django

django.setup()

from django.core.management import call_command
from django.db import transaction
from django_webhook.models import Webhook, WebhookSecret
from django_webhook.tasks import fire_webhook

from benchmarks.bodies import event_body
from benchmarks.rivals.celery import app
from benchmarks.rivals.models import Attempt, Endpoint
from benchmarks.rivals.tasks import send


def prepare(*urls: str) -> None:
    call_command("migrate", run_syncdb=True, verbosity=0)
    for url in urls:
        if "/plain" in url:
            Endpoint.objects.create(url=url, secret=uuid.uuid4().hex)
        else:
            webhook = Webhook.objects.create(url=url)
            WebhookSecret.objects.create(webhook=webhook, token=uuid.uuid4().hex)


def queue(which: str, count: str) -> None:
    _queue(which, int(count), _endpoints(which, hanging=False))


def queue_hanging(which: str, count: str) -> None:
    _queue(which, int(count), _endpoints(which, hanging=True))


def pace(which: str, count: str, per_second: str) -> dict[str, float]:
    """Commit a row and queue its webhook, so many a second. Returns the moment of each commit by session."""
    committed: dict[str, float] = {}
    endpoints = _endpoints(which, hanging=False)
    some = Endpoint.objects.create(url="http://none.example.in/", secret="")
    start = time.time()
    for number in range(int(count)):
        time.sleep(max(0.0, start + number / float(per_second) - time.time()))
        code, body = _body()
        with transaction.atomic():
            transaction.on_commit(lambda code=code: committed.setdefault(code, time.time()))
            Attempt.objects.create(endpoint=some, started_at=datetime.now(UTC), duration_ms=0)
            transaction.on_commit(_sender(which, endpoints[number % len(endpoints)], body))
    return committed


def purge() -> None:
    app.control.purge()


def _queue(which: str, count: int, endpoints: list[int]) -> None:
    for number in range(count):
        _sender(which, endpoints[number % len(endpoints)], _body()[1])()


def _endpoints(which: str, *, hanging: bool) -> list[int]:
    model = Endpoint if which == "plain" else Webhook
    part = f"/{which}-hanging/" if hanging else f"/{which}/"
    return list(model.objects.filter(url__contains=part).values_list("pk", flat=True))


def _sender(which: str, endpoint: int, body: str) -> Callable[[], object]:
    if which == "plain":
        return lambda: send.delay(endpoint, body)
    return lambda: fire_webhook.delay(endpoint, body, topic="payments.Payment/create", object_type="payments.Payment")


def _body() -> tuple[str, str]:
    code = uuid.uuid4().hex[:16].upper()
    return code, json.dumps(event_body(str(uuid.uuid4()), code, "2026-04-14T01:05:00.000Z"), separators=(",", ":"))


if __name__ == "__main__":
    verb = {"prepare": prepare, "queue": queue, "queue-hanging": queue_hanging, "pace": pace, "purge": purge}
    print(json.dumps(verb[sys.argv[1]](*sys.argv[2:])))
