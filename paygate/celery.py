"""The Celery app and what beat rings. Every entry is idempotent and expires, so a backlog never piles up."""

import os
from typing import Any

from celery import Celery, signals

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "paygate.settings")

app = Celery("paygate")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@signals.setup_logging.connect
def _keep_settings_logging(**kwargs: Any) -> None:
    """Connected so that Celery leaves logging as the settings have it."""


def _every(seconds: float, task: str) -> dict[str, object]:
    return {"task": task, "schedule": seconds, "options": {"expires": seconds}}


BEAT_SCHEDULE = {
    "expire and release": _every(1, "payments.tasks.sweep"),
    "process waiting evidence": _every(2, "reconciliation.tasks.process_waiting"),
    "poll mailboxes": _every(20, "reconciliation.tasks.poll_mailboxes"),
    "import statements": _every(2, "reconciliation.tasks.import_statements"),
    "watch channels": _every(30, "reconciliation.tasks.watch"),
    "prune old texts": _every(3600, "reconciliation.tasks.prune"),
    "mail notices": _every(30, "payments.tasks.mail_notices"),
    "announce and deliver": _every(1, "webhooks.tasks.dispatch"),
    "prune old attempts": _every(3600, "webhooks.tasks.prune"),
    "send again": _every(2, "webhooks.tasks.redeliver"),
}
app.conf.beat_schedule = BEAT_SCHEDULE
app.conf.beat_scheduler = "paygate.beat:SteadyScheduler"
