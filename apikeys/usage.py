"""Counting calls per key without a write per request.

Every process counts in memory; one daemon thread adds the counts to `ApiKeyDay` every few seconds, and once more when
the process ends in order. A process killed outright loses the counts since its last flush, at most `FLUSH_SECONDS`.
"""

import atexit
import logging
import threading
from collections import Counter
from datetime import date

from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from apikeys.models import ApiKey, ApiKeyDay

FLUSH_SECONDS = 5.0

logger = logging.getLogger(__name__)
_lock = threading.Lock()
_counts: Counter[tuple[int, date]] = Counter()
_flusher: threading.Thread | None = None


def count_request(api_key_id: int) -> None:
    """Count one call made with this key, today (UTC)."""
    global _flusher
    with _lock:
        _counts[api_key_id, timezone.now().date()] += 1
        # Started by the first request and not at import, because threads do not survive a fork.
        if _flusher is None:
            _flusher = threading.Thread(target=_flush_for_ever, name="usage", daemon=True)
            _flusher.start()
            atexit.register(flush)


def flush() -> None:
    """Add what was counted in this process to the database; on failure it stays counted for the next time."""
    with _lock:
        counts = dict(_counts)
        _counts.clear()
    if not counts:
        return
    try:
        _store(counts)
    except Exception:
        with _lock:
            _counts.update(counts)
        logger.warning("Request counts could not be stored; they are kept for the next try.", exc_info=True)


@transaction.atomic
def _store(counts: dict[tuple[int, date], int]) -> None:
    known = set(ApiKey.objects.filter(pk__in={api_key_id for api_key_id, _ in counts}).values_list("pk", flat=True))
    # Sorted, so that two processes take the rows' locks in the same order.
    for (api_key_id, day), requests in sorted(counts.items()):
        if api_key_id not in known:
            continue
        row, created = ApiKeyDay.objects.get_or_create(api_key_id=api_key_id, day=day, defaults={"requests": requests})
        if not created:
            ApiKeyDay.objects.filter(pk=row.pk).update(requests=F("requests") + requests)


def _flush_for_ever() -> None:
    pause = threading.Event()
    while True:
        pause.wait(FLUSH_SECONDS)
        flush()
        connection.close()
