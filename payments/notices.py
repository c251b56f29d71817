"""What staff must be told: an outbox of notices, shown on the dashboard while open and mailed by a task."""

import logging
from datetime import timedelta

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import IntegrityError, transaction
from django.utils import timezone

from payments.models import Notice, NoticeKind

# What could not be mailed for so long is no news any more; it stands on the overview.
MAIL_WITHIN = timedelta(days=3)
BATCH = 20

logger = logging.getLogger(__name__)


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


def tell_of(*, kind: NoticeKind, key: str, subject: str, text: str) -> bool:
    """Raise a notice, or let the open one say this; that one is not mailed again. Returns whether it was raised."""
    open_ones = Notice.objects.filter(kind=kind, subject_key=key, resolved_at=None)
    if open_ones.update(subject=subject[:200], text=text):
        return False
    return raise_notice(kind=kind, key=key, subject=subject, text=text)


def resolve_notice(*, kind: NoticeKind, key: str) -> bool:
    """Say that it is over. Returns whether it was open."""
    open_ones = Notice.objects.filter(kind=kind, subject_key=key, resolved_at=None)
    return bool(open_ones.update(resolved_at=timezone.now()))


def is_mail_configured() -> bool:
    return bool(settings.STAFF_EMAILS and settings.EMAIL_HOST)


def mail_notices() -> int:
    """Mail the notices nobody has mailed yet, oldest first. Returns how many; the others are tried again.

    A crash after sending repeats a mail rather than losing one.
    """
    if not is_mail_configured():
        return 0
    waiting = Notice.objects.filter(mailed_at=None, raised_at__gt=timezone.now() - MAIL_WITHIN).order_by("pk")
    mailed = 0
    for notice in waiting[:BATCH]:
        try:
            _mail(notice)
        except OSError as error:
            # smtplib's errors are OSErrors too. Their text may quote the server, which may quote the address.
            logger.warning("Notice %s could not be mailed (%s); it is tried again.", notice.pk, type(error).__name__)
            break
        Notice.objects.filter(pk=notice.pk).update(mailed_at=timezone.now())
        mailed += 1
    return mailed


def _mail(notice: Notice) -> None:
    text = f"{notice.text}\n\n{settings.BASE_URL}/admin/\n"
    subject = " ".join(f"PayGate: {notice.subject}".split())
    EmailMessage(subject=subject, body=text, to=settings.STAFF_EMAILS).send()
