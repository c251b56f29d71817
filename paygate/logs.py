"""What every log line carries, and what none may show."""

import logging
import re
from contextvars import ContextVar

from django.db.utils import InterfaceError, OperationalError

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


class DatabaseTroubleFilter(logging.Filter):
    """Tells of a database that does not answer in one line: sweeps try every second, and a traceback adds nothing."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.exc_info and isinstance(record.exc_info[1], (OperationalError, InterfaceError)):
            record.exc_info = None
        return True


class MaskingFormatter(logging.Formatter):
    """Masks secrets in the finished text, traceback included."""

    def format(self, record: logging.LogRecord) -> str:
        return mask_secrets(super().format(record))
