"""Signs of life of the background tasks, in the database, where every web process sees them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from payments.models import Heartbeat

# Tasks run every second or two; a row a second each would cost more than it tells.
WRITE_EVERY = timedelta(seconds=10)

_written: dict[str, datetime] = {}


def note_success(sender: Any, **kwargs: object) -> None:
    beat(sender.name)


def beat(task: str) -> None:
    """Note that `task` has just ended well. Writes at most every `WRITE_EVERY` in a process."""
    now = timezone.now()
    if task in _written and now - _written[task] < WRITE_EVERY:
        return
    Heartbeat.objects.update_or_create(task=task, defaults={"beat_at": now})
    _written[task] = now


def stale(tasks: Sequence[str], *, longer_than: timedelta) -> dict[str, float | None]:
    """Return those of `tasks` that last ended well too long ago: seconds since then, None for never."""
    now = timezone.now()
    beaten = dict(Heartbeat.objects.filter(task__in=tasks).values_list("task", "beat_at"))
    ages = {task: (now - beaten[task]).total_seconds() if task in beaten else None for task in tasks}
    return {task: age for task, age in ages.items() if age is None or age > longer_than.total_seconds()}
