from datetime import timedelta

from celery import shared_task

from reconciliation import services

# Younger alerts are left to the bell that rang for them.
PATIENCE = timedelta(seconds=5)


@shared_task
def process_new() -> None:
    """Process every stored alert at once; rung when one arrives."""
    while services.process_waiting() == services.BATCH:
        pass


@shared_task
def process_waiting() -> None:
    """Process alerts that were stored but not processed, whoever lost them."""
    while services.process_waiting(older_than=PATIENCE) == services.BATCH:
        pass
