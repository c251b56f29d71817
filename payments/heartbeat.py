"""Signs of life of the background tasks, in the database, where every web process sees them."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from payments.models import Heartbeat

# Tasks run every second or two; a row a second each would cost more than it tells.
WRITE_EVERY = timedelta(seconds=10)
LATE = timedelta(minutes=2)

_written: dict[str, datetime] = {}


def note_success(sender: Any, **kwargs: object) -> None:
    beat(sender.name)


def beat(task: str) -> None:
    """Note that `task` has just ended well. Writes at most every `WRITE_EVERY` in a process."""
    now = timezone.now()
    # A clock that was set back does not keep it silent.
    if task in _written and abs(now - _written[task]) < WRITE_EVERY:
        return
    Heartbeat.objects.update_or_create(task=task, defaults={"beat_at": now})
    _written[task] = now


def stale(schedule: Mapping[str, float]) -> dict[str, float | None]:
    """Return the tasks that last ended well too long ago: seconds since then, None for never.

    `schedule` tells how often each one runs, in seconds; it may miss `LATE` and three turns. One that runs seldom may
    not have had its first turn yet.
    """
    now = timezone.now()
    beaten = dict(Heartbeat.objects.filter(task__in=schedule).values_list("task", "beat_at"))
    ages = {task: (now - beaten[task]).total_seconds() if task in beaten else None for task in sorted(schedule)}
    late = LATE.total_seconds()
    return {
        task: age
        for task, age in ages.items()
        if (schedule[task] <= late if age is None else age > late + 3 * schedule[task])
    }
