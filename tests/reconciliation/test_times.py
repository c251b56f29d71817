"""When a credit happened: the text's time, the SMS centre's, the arrival."""

from datetime import UTC, datetime, timedelta

import pytest

from reconciliation.times import INDIA, NoSuchTime, Precision, read_printed, time_of_credit, times_of_mail

ARRIVED = datetime(2026, 9, 1, 12, 5, 0, tzinfo=INDIA)


def india(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=INDIA)


@pytest.mark.parametrize(
    "text", ["01Sep26", "01-Sep-26", "01-SEP-2026", "01-09-26", "01/09/26", "01/09/2026", "2026-09-01", "01SEP2026",
             "1 Sep 2026", "September 1, 2026"],
)  # fmt: skip
def test_dates_are_indian_days(text):
    printed = read_printed(text)

    assert printed.earliest == india(2026, 9, 1)
    assert printed.latest == india(2026, 9, 2) - timedelta(microseconds=1)
    assert printed.precision == Precision.DATE


@pytest.mark.parametrize(
    ("clock", "earliest", "precision"),
    [
        ("20:20:52", india(2026, 9, 1, 20, 20, 52), "second"),
        ("10:47:14 AM", india(2026, 9, 1, 10, 47, 14), "second"),
        ("12:00:27 am", india(2026, 9, 1, 0, 0, 27), "second"),
        ("12:30 PM", india(2026, 9, 1, 12, 30), "minute"),
        ("17:36", india(2026, 9, 1, 17, 36), "minute"),
        ("17", india(2026, 9, 1, 17), "hour"),
    ],
)
def test_a_time_of_the_day_is_as_exact_as_it_is_printed(clock, earliest, precision):
    printed = read_printed("01-09-26", clock)

    assert (printed.earliest, printed.precision) == (earliest, precision)
    widths = {"second": timedelta(0), "minute": timedelta(minutes=1), "hour": timedelta(hours=1)}
    assert max(printed.latest - printed.earliest, timedelta(0)) <= widths[precision]


@pytest.mark.parametrize(
    ("day", "clock"), [("31-02-26", ""), ("01Foo26", ""), ("00-01-26", ""), ("01-13-26", ""), ("yesterday", ""),
                       ("01-09-26", "25:00"), ("01-09-26", "13:00 PM"), ("01-09-26", "10:61"), ("01-09-26", "soon")],
)  # fmt: skip
def test_there_is_no_such_day_or_hour(day, clock):
    with pytest.raises(NoSuchTime):
        read_printed(day, clock)


def weigh(printed=None, sent_at=None, arrived_at=ARRIVED):
    when = time_of_credit(printed=printed, sent_at=sent_at, arrived_at=arrived_at, received_at=arrived_at)
    return when.earliest, when.latest, when.precision.value


def test_seconds_in_the_text_win_over_the_centre():
    printed = read_printed("01-09-26", "12:00:10")

    assert weigh(printed, india(2026, 9, 1, 12, 0, 40)) == (printed.earliest, printed.earliest, "second")


def test_a_printed_minute_is_narrowed_by_the_centre_inside_it():
    printed = read_printed("01-09-26", "12:00")
    inside = india(2026, 9, 1, 12, 0, 40)

    assert weigh(printed, inside) == (inside, inside, "centre")


@pytest.mark.parametrize("sent_at", [None, india(2026, 9, 1, 12, 1, 5), india(2026, 9, 1, 11, 59, 59)])
def test_a_printed_minute_stands_where_the_centre_says_something_else(sent_at):
    printed = read_printed("01-09-26", "12:00")

    assert weigh(printed, sent_at) == (printed.earliest, printed.latest, "minute")


def test_an_hour_behaves_like_a_minute():
    printed = read_printed("01-09-26", "11")
    inside = india(2026, 9, 1, 11, 59, 0)

    assert weigh(printed, inside) == (inside, inside, "centre")
    assert weigh(printed, india(2026, 9, 1, 12, 0, 1)) == (printed.earliest, printed.latest, "hour")


@pytest.mark.parametrize("sent_at", [india(2026, 9, 1, 12, 0), india(2026, 8, 31, 0, 0, 1)])
def test_the_centre_tells_the_time_of_a_printed_day(sent_at):
    assert weigh(read_printed("01-09-26"), sent_at) == (sent_at, sent_at, "centre")


def test_a_day_alone_is_no_time():
    printed = read_printed("25-08-26")

    assert weigh(printed, None)[2] == "date"
    assert weigh(printed, india(2026, 9, 1, 12, 0))[2] == "date"


def test_a_days_alert_without_the_centres_time_counts_as_of_its_arrival():
    assert weigh(read_printed("01-09-26"), None) == (ARRIVED, ARRIVED, "arrival")


def test_without_a_printed_time_the_centre_counts_and_then_the_arrival():
    sent_at = india(2026, 9, 1, 12, 0)

    assert weigh(None, sent_at) == (sent_at, sent_at, "centre")
    assert weigh(None, None) == (ARRIVED, ARRIVED, "arrival")


@pytest.mark.parametrize(
    ("printed", "sent_at", "precision"),
    [
        (None, india(2026, 9, 1, 12, 9), "centre"),
        (read_printed("01-09-26", "12:09:00"), None, "second"),
        (read_printed("01-09-26", "12:09"), None, "minute"),
    ],
)
def test_no_time_is_later_than_the_arrival(printed, sent_at, precision):
    assert weigh(printed, sent_at) == (ARRIVED, ARRIVED, precision)


@pytest.mark.parametrize(
    ("stored_after", "is_date_signed", "is_certain"),
    [
        (2, True, True),
        (300, True, True),
        (301, True, False),
        (-300, True, True),
        (-301, True, False),
        (2, False, False),
    ],
)
def test_the_earlier_time_of_an_e_mail_counts(stored_after, is_date_signed, is_certain):
    dated = india(2026, 9, 1, 12, 0)
    stored_at = dated + timedelta(seconds=stored_after)
    earliest = min(dated, stored_at)

    sent_at, arrived_at = times_of_mail(dated=dated, is_date_signed=is_date_signed, stored_at=stored_at)

    assert (sent_at, arrived_at) == (earliest if is_certain else None, earliest)


def test_times_are_kept_in_utc():
    assert read_printed("01-09-26", "12:00:00").earliest.tzinfo == UTC
