"""Whether this process answers (`/healthz`), and whether this installation can do its work (`/readyz`)."""

from typing import Any

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from paygate.celery import BEAT_SCHEDULE
from payments import heartbeat
from payments.models import Notice, NoticeKind

# What makes confirmation later than it should be, or doubtful.
_DEGRADING = (NoticeKind.CHANNEL_SILENT, NoticeKind.MAILBOX, NoticeKind.CLOCK)
_SWEEPS = {str(entry["task"]): float(str(entry["schedule"])) for entry in BEAT_SCHEDULE.values()}
_migrated = False


@csrf_exempt
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """This process answers; the start command serves only after migrations."""
    return JsonResponse({"ok": True})


@csrf_exempt
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """503 only where payments cannot be taken. Background work that lags makes it `degraded`: it is done later."""
    try:
        state = readiness()
    except DatabaseError:
        state = {"ok": False, "problems": ["The database does not answer."]}
    return JsonResponse(state, status=200 if state["ok"] else 503)


def readiness() -> dict[str, Any]:
    """Return `{"ok", "degraded", "problems"}`. Raises DatabaseError."""
    if not _is_migrated():
        return {"ok": False, "degraded": True, "problems": ["The database lacks migrations."]}
    late = heartbeat.stale(_SWEEPS)
    problems = [_in_words(task, age) for task, age in late.items()]
    problems += Notice.objects.filter(kind__in=_DEGRADING, resolved_at=None).values_list("subject", flat=True)
    return {"ok": True, "degraded": bool(problems), "problems": problems}


def _is_migrated() -> bool:
    # Migrations are applied once, but looking costs a walk over all of them: a yes is remembered.
    global _migrated
    if not _migrated:
        executor = MigrationExecutor(connection)
        _migrated = not executor.migration_plan(executor.loader.graph.leaf_nodes())
    else:
        connection.ensure_connection()
    return _migrated


def _in_words(task: str, age: float | None) -> str:
    since = "has not run yet" if age is None else f"last ran {age:.0f} s ago"
    return f"The background task {task} {since}. Is a worker with beat running, and does its broker answer?"
