import logging
import sys

import pytest
from celery.beat import SchedulingError
from django.db import OperationalError
from redis import RedisError

from paygate import logs

FORMATTER = logs.MaskingFormatter("{levelname} [{request_id}] {message}", style="{")


def line(message: str, *args: object, error: BaseException | None = None) -> str:
    exc_info = (type(error), error, error.__traceback__) if error else None
    record = logging.LogRecord("paygate", logging.ERROR, __file__, 1, message, args, exc_info)
    assert all(each.filter(record) for each in (logs.ContextFilter(), logs.OutageFilter()))
    return FORMATTER.format(record)


def raised(error: Exception) -> Exception:
    try:
        raise error
    except type(error):
        return sys.exception() if sys.version_info >= (3, 11) else error


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("POST /hooks/alerts/abcDEF123_-x/ 200", "POST /hooks/alerts/***/ 200"),
        ('"GET /hooks/alerts/abc?x=1"', '"GET /hooks/alerts/***?x=1"'),
        ("key pgk_test_" + "a" * 43 + ".", "key ***."),
        ("key pgk_" + "A-_9" * 10, "key ***"),
        ("secret whsec_AbC+/=123 was", "secret *** was"),
        ("order ORDER-123 paid", "order ORDER-123 paid"),
    ],
)
def test_secrets_are_masked(text, shown):
    assert logs.mask_secrets(text) == shown


def test_secrets_are_masked_in_arguments_and_tracebacks():
    said = line("call with %s failed", "pgk_" + "a" * 43, error=raised(ValueError("whsec_abcdef")))
    assert "call with *** failed" in said
    assert "ValueError: ***" in said


def test_a_line_carries_the_id_of_its_request():
    token = logs.request_id.set("order-1234")
    assert line("hello") == "ERROR [order-1234] hello"
    logs.request_id.reset(token)
    assert line("hello") == "ERROR [-] hello"


@pytest.fixture
def outages():
    return logs.OutageFilter()


def told(outages, error: Exception, *, seconds: float, message: str = "sweep failed") -> str | None:
    record = logging.LogRecord("celery", logging.ERROR, __file__, 1, message, (), (type(error), error, None))
    record.created = seconds
    logs.ContextFilter().filter(record)
    return FORMATTER.format(record) if outages.filter(record) else None


@pytest.mark.parametrize("error", [OperationalError("connection refused"), SchedulingError(), RedisError()])
def test_an_outage_is_told_in_one_line_and_not_every_second(outages, error):
    message = "Message Error: refused\n['  File beat.py']"
    assert told(outages, error, seconds=0, message=message) == "ERROR [-] Message Error: refused"
    assert told(outages, error, seconds=29) is None
    assert told(outages, error, seconds=30) == "ERROR [-] sweep failed"


def test_a_fault_of_ours_is_told_whole_every_time(outages):
    for _ in range(2):
        assert told(outages, ValueError("no amount"), seconds=0) == "ERROR [-] sweep failed\nValueError: no amount"
