from celery import shared_task


@shared_task
def process_waiting() -> None:
    """Process alerts that were stored but not processed."""
