"""Beat, on a clock that may be set back."""

from typing import Any

from celery.beat import PersistentScheduler


class SteadyScheduler(PersistentScheduler):
    """Celery's own stands still until a clock that was set back has caught up: for hours, after a start with the
    hardware clock in local time. This one goes on from now.
    """

    def tick(self, *args: Any, **kwargs: Any) -> Any:
        now = self.app.now()
        ahead = [entry for entry in self.schedule.values() if entry.last_run_at and entry.last_run_at > now]
        for entry in ahead:
            entry.last_run_at = now
        if ahead:
            self._heap = None
        return super().tick(*args, **kwargs)
