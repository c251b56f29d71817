"""PayGate as it runs in production, with limits that one load generator cannot hit."""

from paygate.settings import *

KEY_REQUESTS_PER_SECOND = 1_000_000
LOGGING = {"version": 1, "disable_existing_loggers": False, "root": {"level": "ERROR"}}
