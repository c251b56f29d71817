from celery import shared_task


@shared_task
def dispatch() -> None:
    """Fan out new events and deliver what is due."""
