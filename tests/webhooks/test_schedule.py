from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webhooks.schedule import DELAYS, delay_after, retry_after_seconds

NOW = datetime(2026, 4, 14, 1, 5, tzinfo=UTC)
MINUTE, HOUR = 60, 3600


@pytest.mark.parametrize(
    ("failures", "seconds"),
    list(
        enumerate(
            [
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
            ],
            start=1,
        )
    ),
)
def test_the_waits_grow_from_seconds_to_a_day(failures, seconds):
    assert delay_after(failures, luck=0) == timedelta(seconds=seconds)


def test_after_the_twelfth_failure_it_gives_up():
    assert delay_after(11, luck=0) is not None
    assert delay_after(12, luck=0) is None
    assert delay_after(12, luck=0, retry_after=5) is None


def test_it_goes_on_for_three_days():
    assert timedelta(days=3) < timedelta(seconds=sum(DELAYS)) < timedelta(days=3.2)


@given(failures=st.integers(1, 11), luck=st.floats(0, 1))
def test_jitter_adds_a_fifth_at_most_and_takes_nothing_away(failures, luck):
    planned = timedelta(seconds=DELAYS[failures - 1])
    assert planned <= delay_after(failures, luck=luck) <= planned * 1.2


@given(failures=st.integers(1, 11), luck=st.floats(0, 1), asked=st.floats(0, 10**9))
def test_what_the_receiver_asks_for_is_honoured_between_the_plan_and_twice_the_plan(failures, luck, asked):
    planned = timedelta(seconds=DELAYS[failures - 1])
    delay = delay_after(failures, luck=luck, retry_after=asked)
    assert planned <= delay <= planned * 2
    assert delay >= min(timedelta(seconds=asked), planned * 2)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120),
        (" 7 ", 7),
        ("Tue, 14 Apr 2026 01:06:00 GMT", 60),
        ("Tue, 14 Apr 2026 01:06:00 -0000", 60),
        ("Tue, 14 Apr 2026 01:00:00 GMT", 0),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1e9", None),
        ("١٢٠", None),
        ("9" * 400, None),
    ],
)
def test_retry_after_is_a_number_or_a_date(header, seconds):
    assert retry_after_seconds(header, now=NOW) == seconds


@given(st.text() | st.from_regex(r"(Mon|Tue), \d{1,30} (Apr|Dec) \d{1,30} \d{1,5}:\d\d:\d\d ([+-]\d{4}|GMT)"))
def test_no_header_is_too_odd_to_be_read(header):
    seconds = retry_after_seconds(header, now=NOW)
    assert seconds is None or seconds >= 0
