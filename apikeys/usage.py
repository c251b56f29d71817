"""Counting calls per key, and when it was last used, without a write per request.

Every process counts in memory; one daemon thread adds the counts to the database every few seconds, and once more when
the process ends in order. A process killed outright loses what it counted since, at most `FLUSH_SECONDS`.
"""

import logging
import threading
from dataclasses import dataclass, field
from datetime import date, datetime
from multiprocessing.util import Finalize

from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from apikeys.models import ApiKey, ApiKeyDay

FLUSH_SECONDS = 5.0

logger = logging.getLogger(__name__)


@dataclass
class Usage:
    """What one process saw of one key since the last flush."""

    requests: dict[date, int] = field(default_factory=dict)
    last_used_at: datetime | None = None
    last_used_ip: str | None = None
    previous_used_at: datetime | None = None

    def add(self, other: "Usage") -> None:
        """Add a later usage to this one."""
        for day, requests in other.requests.items():
            self.requests[day] = self.requests.get(day, 0) + requests
        self.last_used_at = other.last_used_at or self.last_used_at
        self.last_used_ip = other.last_used_ip or self.last_used_ip
        self.previous_used_at = other.previous_used_at or self.previous_used_at


_lock = threading.Lock()
_seen: dict[int, Usage] = {}
_flusher: threading.Thread | None = None


def count_request(api_key_id: int, client_ip: str, *, by_previous_text: bool = False) -> None:
    """Count one call made with this key now; `by_previous_text`: with its text of before the rotation."""
    global _flusher
    now = timezone.now()
    call = Usage({now.date(): 1}, now, client_ip or None, now if by_previous_text else None)
    with _lock:
        _seen.setdefault(api_key_id, Usage()).add(call)
        # Started by the first request and not at import, because threads do not survive a fork.
        if _flusher is None:
            _flusher = threading.Thread(target=_flush_for_ever, name="usage", daemon=True)
            _flusher.start()
            # The web server's workers are children of multiprocessing, which leave without running `atexit`.
            Finalize(None, flush, exitpriority=0)


def flush() -> None:
    """Add what was counted in this process to the database; on failure it stays counted for the next time."""
    global _seen
    with _lock:
        seen, _seen = _seen, {}
    if not seen:
        return
    try:
        _store(seen)
    except Exception:
        with _lock:
            later, _seen = _seen, seen
            for api_key_id, usage in later.items():
                _seen.setdefault(api_key_id, Usage()).add(usage)
        logger.warning("Request counts could not be stored; they are kept for the next try.", exc_info=True)


@transaction.atomic
def _store(seen: dict[int, Usage]) -> None:
    known = set(ApiKey.objects.filter(pk__in=seen).values_list("pk", flat=True))
    # Sorted, so that two processes take the rows' locks in the same order.
    for api_key_id in sorted(known):
        usage = seen[api_key_id]
        for day, requests in usage.requests.items():
            row, created = ApiKeyDay.objects.get_or_create(
                api_key_id=api_key_id, day=day, defaults={"requests": requests}
            )
            if not created:
                ApiKeyDay.objects.filter(pk=row.pk).update(requests=F("requests") + requests)
        changes = {"last_used_at": usage.last_used_at, "last_used_ip": usage.last_used_ip}
        if usage.previous_used_at:
            changes["previous_used_at"] = usage.previous_used_at
        ApiKey.objects.filter(pk=api_key_id).update(**changes)


def _flush_for_ever() -> None:
    pause = threading.Event()
    while True:
        pause.wait(FLUSH_SECONDS)
        flush()
        connection.close()
