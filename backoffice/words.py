"""How things read in the back office: money, times, states. People get words, not codes."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst

from payments.amounts import INDIA
from payments.models import PaymentSession, SessionException
from payments.money import in_words_of_rupees
from reconciliation.models import Credit
from reconciliation.times import Precision

NOTHING = "—"


def rupees(paise: int | None) -> SafeString | str:
    """Return `₹1,00,000.00`, kept on one line and aligned by its digits."""
    return NOTHING if paise is None else format_html('<span class="money">{}</span>', in_words_of_rupees(paise))


def when(moment: datetime | None) -> SafeString | str:
    """Return a time as clocks in India show it, with UTC for those who point at it."""
    if moment is None:
        return NOTHING
    return _time(moment, "%-d %b %Y, %H:%M:%S")


def day(moment: datetime | None) -> SafeString | str:
    """Return a time as lists show it: to the minute."""
    if moment is None:
        return NOTHING
    this_year = moment.astimezone(INDIA).year == timezone.now().astimezone(INDIA).year
    return _time(moment, "%-d %b, %H:%M" if this_year else "%-d %b %Y, %H:%M")


def credited(credit: Credit, shown: Callable[[datetime], SafeString | str] = when) -> SafeString | str:
    """Return when money came in, as exactly as that is known: of a statement's row only the day."""
    if credit.precision != Precision.DATE:
        return shown(credit.credited_at)
    day = credit.credited_at.astimezone(INDIA).date()
    return format_html('<time datetime="{}">{}</time>', day.isoformat(), f"{day:%-d %b %Y}")


def chip(state: str, text: str = "") -> SafeString:
    """Return a state as a coloured label; the colour never says more than the word."""
    return format_html('<span class="chip chip-{}">{}</span>', state, text or capfirst(state.replace("_", " ")))


def test_mark(test: bool) -> SafeString | str:
    return chip("test", "Test") if test else ""


def session_states(session: PaymentSession, now: datetime) -> SafeString:
    """Return a session's status at `now`, what was odd about it, and its mode."""
    odd = chip("odd", SessionException(session.exception).label) if session.exception else ""
    return format_html("{}{}{}", chip(session.status_at(now)), odd, test_mark(session.test))


def source(session: PaymentSession) -> str:
    """Return who asked for the payment: the key's label, or `Dashboard`."""
    return session.api_key.label if session.api_key else "Dashboard"


def code(text: str) -> SafeString | str:
    return format_html("<code>{}</code>", text) if text else NOTHING


def of_bank(text: str) -> str:
    """Return a cell of a bank's statement; some write a hyphen where there is nothing."""
    return text if text.strip(" -") else NOTHING


def copyable(text: str, label: str = "Copy") -> SafeString:
    """Return a text with a button that copies it; without JavaScript the text can still be selected."""
    return format_html(
        '<span class="copyable"><code>{}</code> <button type="button" class="copy" data-copy="{}">{}</button></span>',
        text,
        text,
        label,
    )


def span(delta: timedelta) -> str:
    """Return a length of time in its largest units: `8 minutes`, `1 hour 5 minutes`, `40 seconds`."""
    minutes, seconds = divmod(max(0, int(delta.total_seconds())), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = [(days, "day"), (hours, "hour"), (minutes, "minute"), (seconds, "second")]
    said = [f"{number} {unit}{'' if number == 1 else 's'}" for number, unit in parts if number]
    return " ".join(said[: 2 if days or hours else 1]) or "0 seconds"


def counted(number: int, one: str) -> str:
    """Return `1 row`, `1,234 rows`."""
    return f"{number:,} {one}{'' if number == 1 else 's'}"


def up_to(rows: models.QuerySet[Any], most: int) -> str:
    """Return how many rows there are, counted no further than `most`: `12`, or `more than 1,000`."""
    count = rows.order_by()[: most + 1].count()
    return f"more than {most:,}" if count > most else f"{count:,}"


def until(moment: datetime) -> str:
    """Return `in 8 minutes` or `8 minutes ago`."""
    now = timezone.now()
    return f"in {span(moment - now)}" if moment > now else f"{span(now - moment)} ago"


def _time(moment: datetime, shape: str) -> SafeString:
    utc = moment.astimezone(UTC)
    return format_html(
        '<time datetime="{}" title="{} UTC">{}</time>',
        utc.strftime("%Y-%m-%dT%H:%M:%SZ"),
        utc.strftime("%Y-%m-%d %H:%M:%S"),
        moment.astimezone(INDIA).strftime(shape),
    )
