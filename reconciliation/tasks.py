from datetime import timedelta

from celery import shared_task

from reconciliation import services

# Younger alerts are left to the bell that rang for them.
PATIENCE = timedelta(seconds=5)


@shared_task
def process_new() -> None:
    """Process every stored alert at once; rung when one arrives."""
    services.process_waiting()


@shared_task
def process_waiting() -> None:
    """Process alerts that were stored but not processed, whoever lost them."""
    services.process_waiting(older_than=PATIENCE)
