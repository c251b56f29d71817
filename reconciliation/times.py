"""When a credit happened, and how exactly that is known. Pure."""

import re
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

INDIA = ZoneInfo("Asia/Kolkata")
# A bank may send a day's alert after midnight, or date it by its own booking day.
DATE_MARGIN = timedelta(days=1)
# Beyond that an e-mail was late, or moved, or one of the two clocks is wrong.
CLOCKS_AGREE = timedelta(minutes=5)
_INSTANT = timedelta(microseconds=1)


class Precision(StrEnum):
    SECOND = "second"
    CENTRE = "centre"
    MINUTE = "minute"
    HOUR = "hour"
    ARRIVAL = "arrival"
    DATE = "date"

    @property
    def width(self) -> timedelta:
        return _WIDTHS.get(self, timedelta(0))

    def beats(self, other: "Precision") -> bool:
        return _BEST_FIRST.index(self) < _BEST_FIRST.index(other)


_BEST_FIRST = tuple(Precision)
_WIDTHS = {
    Precision.MINUTE: timedelta(minutes=1) - _INSTANT,
    Precision.HOUR: timedelta(hours=1) - _INSTANT,
    Precision.DATE: timedelta(days=1) - _INSTANT,
}


@dataclass(frozen=True)
class CreditTime:
    """The moment of a credit lies from `earliest` to `latest`, both aware and included."""

    earliest: datetime
    latest: datetime
    precision: Precision

    @classmethod
    def starting(cls, earliest: datetime, precision: Precision) -> "CreditTime":
        return cls(earliest, earliest + precision.width, precision)

    def not_after(self, moment: datetime) -> "CreditTime":
        return replace(self, earliest=min(self.earliest, moment), latest=min(self.latest, moment))


def time_of_credit(
    *, printed: CreditTime | None, sent_at: datetime | None, arrived_at: datetime, received_at: datetime
) -> CreditTime:
    """Weigh the time in the alert's text, the SMS centre's time and the arrival at the phone, by the phone's clock.

    The text's seconds come first. A coarser text is narrowed by the SMS centre's time where that lies inside it. A date
    alone is never a time: without the centre's time such an alert counts as of its arrival, if it came that day. No
    time is later than `received_at`, when we had the alert by our own clock: a phone's may be hours behind.
    """
    sent_at = min(sent_at, received_at) if sent_at else None
    if printed is None:
        return CreditTime.starting(sent_at or arrived_at, Precision.CENTRE if sent_at else Precision.ARRIVAL)
    printed = printed.not_after(received_at)
    if printed.precision == Precision.SECOND:
        return printed
    if sent_at and _lies_in(sent_at, printed):
        return CreditTime.starting(sent_at, Precision.CENTRE)
    if printed.precision == Precision.DATE and sent_at is None and _lies_in(arrived_at, printed):
        return CreditTime.starting(arrived_at, Precision.ARRIVAL)
    return printed


def times_of_mail(*, dated: datetime, is_date_signed: bool, stored_at: datetime) -> tuple[datetime | None, datetime]:
    """Return when an e-mail was sent, None if that is uncertain, and the moment to count as its arrival.

    A mailbox stores an e-mail when it comes, which may be hours late, and again when it is moved or copied. So the
    earlier of the two times counts: as the bank's own only if the bank signed the Date line and both agree.
    """
    earliest = min(dated, stored_at)
    is_certain = is_date_signed and abs(stored_at - dated) <= CLOCKS_AGREE
    return earliest if is_certain else None, earliest


def _lies_in(moment: datetime, printed: CreditTime) -> bool:
    margin = DATE_MARGIN if printed.precision == Precision.DATE else timedelta(0)
    return printed.earliest - margin <= moment <= printed.latest + margin


_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DATES = (
    re.compile(r"(?P<year>[0-9]{4})-(?P<month>[0-9]{1,2})-(?P<day>[0-9]{1,2})"),
    re.compile(r"(?P<day>[0-9]{1,2})[-/ ]?(?P<month>[A-Za-z]{3,9})[-/ ]?(?P<year>[0-9]{4}|[0-9]{2})"),
    re.compile(r"(?P<day>[0-9]{1,2})[-/.](?P<month>[0-9]{1,2})[-/.](?P<year>[0-9]{4}|[0-9]{2})"),
    re.compile(r"(?P<month>[A-Za-z]{3,9}) ?(?P<day>[0-9]{1,2}), ?(?P<year>[0-9]{4})"),
)
_CLOCK = re.compile(
    r"(?P<hour>[0-9]{1,2})(?::(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2}))?)?(?: ?(?P<half>[AaPp])[Mm])?"
)


class NoSuchTime(ValueError):
    """A text prints a day or an hour that does not exist."""


def read_printed(date_text: str, time_text: str = "") -> CreditTime:
    """Return the time an alert prints, which is India's: a date, day first, with or without a time of the day.

    Raises NoSuchTime.
    """
    try:
        day = _read_date(date_text)
        moment, precision = _read_clock(time_text) if time_text else (time(), Precision.DATE)
    except ValueError as error:
        raise NoSuchTime(f"{date_text} {time_text}: {error}") from None
    return CreditTime.starting(_in_utc(day, moment), precision)


def _read_clock(text: str) -> tuple[time, Precision]:
    match = _CLOCK.fullmatch(text.strip())
    if match is None:
        raise ValueError("no time of the day")
    hour, minute, second = (int(match[part] or 0) for part in ("hour", "minute", "second"))
    if match["half"]:
        if not 1 <= hour <= 12:
            raise ValueError("no such hour before or after noon")
        hour = hour % 12 + (12 if match["half"] in "Pp" else 0)
    if match["minute"] is None:
        return time(hour), Precision.HOUR
    return time(hour, minute, second), Precision.SECOND if match["second"] else Precision.MINUTE


def _read_date(text: str) -> date:
    for shape in _DATES:
        if match := shape.fullmatch(text.strip()):
            year, month = int(match["year"]), match["month"]
            number = int(month) if month.isdecimal() else _MONTHS.index(month[:3].lower()) + 1
            return date(year + 2000 if year < 100 else year, number, int(match["day"]))
    raise ValueError("no date")


def _in_utc(day: date, moment: time) -> datetime:
    return datetime.combine(day, moment, INDIA).astimezone(UTC)
