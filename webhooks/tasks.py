from celery import shared_task
from celery.worker import state as worker

from payments import bell
from webhooks import dispatcher, redelivery, retention, services

# How long a dispatcher waits for the next payment. A busy shop's are sent without a dispatcher starting for each.
STAY_SECONDS = 1.0


@shared_task
def dispatch() -> None:
    """Fan out new events and deliver what is due. Rung by beat every second and by every commit of an event."""
    services.deliver_due(stopping=_worker_is_stopping, staying=STAY_SECONDS)


@shared_task
def redeliver() -> None:
    """Ask again for what staff want sent again, batch by batch."""
    while redelivery.continue_redelivery():
        pass


@shared_task
def prune() -> None:
    """Delete old attempts."""
    looked_at: int | None = 0
    while looked_at is not None:
        looked_at = retention.prune_attempts(after=looked_at)


def ring_dispatch(**_: object) -> None:
    if not dispatcher.wake():
        bell.ring(dispatch)


def _worker_is_stopping() -> bool:
    return worker.should_stop is not None or worker.should_terminate is not None
