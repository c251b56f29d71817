"""Pages of sessions, newest first, by a cursor that stays true while rows arrive."""

import base64
import binascii
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db.models import Q
from rest_framework.exceptions import ValidationError

from payments.models import PaymentEvent, PaymentEventQuerySet, PaymentSession, SessionQuerySet

DEFAULT_LIMIT, MAX_LIMIT = 50, 100
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Page:
    sessions: list[PaymentSession]
    next_cursor: str | None


def page_of(sessions: SessionQuerySet, *, cursor: str | None, limit: int) -> Page:
    """Return up to `limit` sessions older than the cursor. Raises ValidationError."""
    if cursor is not None:
        created_at, pk = _read_cursor(cursor)
        # The first condition alone decides where the index scan begins.
        sessions = sessions.filter(created_at__lte=created_at).filter(Q(created_at__lt=created_at) | Q(pk__lt=pk))
    rows = list(sessions.order_by("-created_at", "-id")[: limit + 1])
    return Page(rows[:limit], write_cursor(rows[limit - 1]) if len(rows) > limit else None)


@dataclass(frozen=True)
class Feed:
    events: list[PaymentEvent]
    next_cursor: str
    has_more: bool


def events_after(events: PaymentEventQuerySet, *, cursor: str | None, limit: int) -> Feed:
    """Return up to `limit` events that follow the cursor, and the cursor from which the next ones follow.

    No cursor begins with the oldest event; `latest` gives no event, only where the feed ends now. The position is
    given when an event is fanned out, after its commit, by one runner at a time: an event whose transaction commits
    late gets a later position and is never skipped. Raises ValidationError.
    """
    numbered = events.filter(feed_position__isnull=False).select_related("session").order_by("feed_position")
    if cursor == "latest":
        newest = numbered.last()
        return Feed([], str(newest.feed_position if newest else 0), False)
    position = _read_position(cursor) if cursor is not None else 0
    rows = list(numbered.filter(feed_position__gt=position)[: limit + 1])
    following = rows[:limit]
    return Feed(following, str(following[-1].feed_position if following else position), len(rows) > limit)


def _read_position(cursor: str) -> int:
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) < 19):
        raise ValidationError({"cursor": "This is not a cursor; use `next_cursor` of the page before."})
    return int(cursor)


def read_limit(text: str | None) -> int:
    """Return the page size asked for. Raises ValidationError."""
    if text is None:
        return DEFAULT_LIMIT
    if not (text.isascii() and text.isdigit() and len(text) <= 3 and 1 <= int(text) <= MAX_LIMIT):
        raise ValidationError({"limit": f"Send a whole number between 1 and {MAX_LIMIT}."})
    return int(text)


def write_cursor(session: PaymentSession) -> str:
    """Return the cursor from which the sessions older than this one follow."""
    microseconds = (session.created_at - _EPOCH) // timedelta(microseconds=1)
    return base64.urlsafe_b64encode(f"{microseconds}.{session.pk}".encode()).decode().rstrip("=")


def _read_cursor(cursor: str) -> tuple[datetime, int]:
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode("ascii")
        microseconds, _, pk = text.partition(".")
        if not (microseconds.isdigit() and pk.isdigit() and len(pk) < 19):
            raise ValueError
        return _EPOCH + timedelta(microseconds=int(microseconds)), int(pk)
    except (ValueError, OverflowError, binascii.Error):
        raise ValidationError({"cursor": "This is not a cursor; use `next_cursor` of the page before."}) from None
