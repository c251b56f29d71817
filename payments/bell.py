"""Waking a worker after a commit. Best effort: a sweep finds everything that a lost bell would have announced.

The request never talks to the broker. `ring` notes the task's name; one daemon thread of the process publishes it, at
most every `PAUSE_SECONDS`, and leaves the broker alone for `BREAKER_SECONDS` after a failure.
"""

import logging
import threading
from typing import Any

from celery import Task, current_app
from django.db import transaction
from django.dispatch import Signal

PAUSE_SECONDS = 0.02
BREAKER_SECONDS = 10.0

# Sent after the commit of a transaction that recorded events. A receiver may only ring its own bell: whatever must not
# be lost is read from PaymentEvent.
events_recorded = Signal()

logger = logging.getLogger(__name__)
_wanted: set[str] = set()
_awake = threading.Event()
_lock = threading.Lock()
_ringer: threading.Thread | None = None


def ring(task: "Task[Any, Any]") -> None:
    """Ask for `task` to run soon. Returns at once, raises nothing."""
    global _ringer
    with _lock:
        _wanted.add(task.name)
        # Started by the first ring and not at import, because threads do not survive a fork.
        if _ringer is None:
            _ringer = threading.Thread(target=_publish_for_ever, name="bell", daemon=True)
            _ringer.start()
    _awake.set()


def announce_after_commit() -> None:
    """Send `events_recorded` once the current transaction is committed."""
    transaction.on_commit(_announce, robust=True)


def _announce() -> None:
    events_recorded.send_robust(sender=None)


def _publish_for_ever() -> None:
    pause = threading.Event()
    while True:
        _awake.wait()
        _awake.clear()
        with _lock:
            names = sorted(_wanted)
            _wanted.clear()
        pause.wait(PAUSE_SECONDS if _publish(names) else BREAKER_SECONDS)


def _publish(names: list[str]) -> bool:
    try:
        for name in names:
            current_app.send_task(name, expires=60, retry=False)
    except Exception as error:
        logger.warning("The broker does not answer (%s); the sweeps go on without its bell.", type(error).__name__)
        return False
    return True
