from celery import shared_task

from payments import notices, services


@shared_task
def sweep() -> None:
    """Expire what is overdue and free the amounts whose hold is over."""
    while services.expire_due_sessions() == services.BATCH:
        pass
    while services.release_amounts() == services.BATCH:
        pass


@shared_task
def mail_notices() -> None:
    """Tell staff by mail what they must know of."""
    notices.mail_notices()
