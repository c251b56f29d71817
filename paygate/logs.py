"""What every log line carries, and what none may show."""

import logging
import re
from contextvars import ContextVar

import kombu.exceptions
import redis
from celery.beat import SchedulingError
from django.db.utils import InterfaceError, OperationalError

OUTAGE_SECONDS = 30.0
_OUTAGES = (OperationalError, InterfaceError, kombu.exceptions.OperationalError, redis.RedisError, SchedulingError)

request_id: ContextVar[str] = ContextVar("request_id", default="-")

_SECRETS = re.compile(r"(/hooks/alerts/)[^/\s\"'?]+|\bpgk_(?:test_)?[A-Za-z0-9_-]{8,}|\bwhsec_[A-Za-z0-9+/=]+")


def mask_secrets(text: str) -> str:
    """Replace alert tokens in paths, API keys and webhook secrets with asterisks."""
    return _SECRETS.sub(lambda match: f"{match[1] or ''}***", text)


class ContextFilter(logging.Filter):
    """Gives each line the id of the request it belongs to."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = request_id.get()
        return True


class OutageFilter(logging.Filter):
    """Tells in one line, twice a minute, of a database or broker that does not answer: sweeps try every second."""

    def __init__(self) -> None:
        super().__init__()
        self._told: dict[tuple[str, type[BaseException]], float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if not isinstance(error, _OUTAGES):
            return True
        # Celery's beat puts a stack into the message itself.
        record.msg, record.args, record.exc_info = record.getMessage().partition("\n")[0], None, None
        told_at = self._told.get((record.name, type(error)), -OUTAGE_SECONDS)
        if record.created - told_at < OUTAGE_SECONDS:
            return False
        self._told[record.name, type(error)] = record.created
        return True


class MaskingFormatter(logging.Formatter):
    """Masks secrets in the finished text, traceback included."""

    def format(self, record: logging.LogRecord) -> str:
        return mask_secrets(super().format(record))
