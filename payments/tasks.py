from celery import shared_task

from payments import services


@shared_task
def sweep() -> None:
    """Expire what is overdue and free the amounts whose hold is over."""
    while services.expire_due_sessions() == services.BATCH:
        pass
    while services.release_amounts() == services.BATCH:
        pass
