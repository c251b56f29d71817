"""When a failed delivery is tried again. Pure."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

MINUTE = 60
HOUR = 60 * MINUTE

# Seconds to wait after the first failure, the second, …: about three days in all.
DELAYS = (
    5,
    30,
    2 * MINUTE,
    10 * MINUTE,
    30 * MINUTE,
    2 * HOUR,
    5 * HOUR,
    10 * HOUR,
    14 * HOUR,
    20 * HOUR,
    24 * HOUR,
)
MOST_ATTEMPTS = len(DELAYS) + 1
JITTER = 0.2
# Nobody's retries go on for longer, but for what a receiver asked to wait.
WINDOW = timedelta(seconds=sum(DELAYS) * (1 + JITTER))
WINDOW_IN_WORDS = f"{WINDOW.days} days and {WINDOW.seconds // HOUR} hours"


def delay_after(failures: int, *, luck: float, retry_after: float | None = None) -> timedelta | None:
    """Return how long to wait after the `failures`-th failure, or None to give up.

    `luck`, from 0 to 1, spreads retries: up to 20 % is added, never taken away. `retry_after` seconds, as the receiver
    asked, count between the planned delay and twice that.
    """
    if failures > len(DELAYS):
        return None
    planned = DELAYS[failures - 1]
    seconds = planned * (1 + JITTER * luck)
    if retry_after is not None:
        seconds = max(seconds, min(retry_after, 2 * planned))
    return timedelta(seconds=seconds)


def retry_after_seconds(header: str, *, now: datetime) -> float | None:
    """Return the seconds a `Retry-After` header asks for (a number or an HTTP date), or None for nonsense."""
    text = header.strip()
    if text.isascii() and text.isdigit() and len(text) < 10:
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    # A date in "-0000" has no zone; HTTP dates are UTC.
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (moment - now).total_seconds())
