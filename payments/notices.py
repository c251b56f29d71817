"""What staff must be told: an outbox of notices, shown on the dashboard while open and mailed by a task."""

from django.db import IntegrityError, transaction
from django.utils import timezone

from payments.models import Notice, NoticeKind


def raise_notice(*, kind: NoticeKind, key: str, subject: str, text: str) -> bool:
    """Tell staff, in the transaction of what happened. Returns whether this is news: an open one is left as it is.

    `key` names what it is about; `subject` is one line, `text` says what happened and what to do.
    """
    if Notice.objects.filter(kind=kind, subject_key=key, resolved_at=None).exists():
        return False
    notice = Notice(kind=kind, subject_key=key, subject=subject[:200], text=text, raised_at=timezone.now())
    try:
        with transaction.atomic():
            notice.save(force_insert=True)
    except IntegrityError:
        # Somebody else noticed it at the same moment.
        return False
    return True


def resolve_notice(*, kind: NoticeKind, key: str) -> bool:
    """Say that it is over. Returns whether it was open."""
    open_ones = Notice.objects.filter(kind=kind, subject_key=key, resolved_at=None)
    return bool(open_ones.update(resolved_at=timezone.now()))
