from datetime import timedelta

from celery import shared_task

from reconciliation.services import alerts, mailbox, retention, statement_files, statements
from reconciliation.services import watch as watching

# Younger alerts are left to the bell that rang for them.
PATIENCE = timedelta(seconds=5)


@shared_task
def process_new() -> None:
    """Process every stored alert at once; rung when one arrives."""
    while alerts.process_waiting() == alerts.BATCH:
        pass


@shared_task
def process_waiting() -> None:
    """Process alerts that were stored but not processed, whoever lost them."""
    while alerts.process_waiting(older_than=PATIENCE) == alerts.BATCH:
        pass


@shared_task
def watch() -> None:
    """Look after the channels: who is silent, what is not understood any more."""
    watching.watch()


@shared_task
def prune() -> None:
    """Empty the texts of old alerts, and the networks of old claims."""
    while retention.prune_texts() == retention.BATCH:
        pass
    while retention.prune_networks() == retention.BATCH:
        pass


@shared_task
def poll_mailboxes() -> None:
    """Look into the mailboxes for banks' e-mails."""
    mailbox.poll_all()


@shared_task
def import_statements() -> None:
    """Read the statements that staff have loaded, and work through those that they have started."""
    while statement_files.read_next() or statements.continue_import():
        pass
