"""A Django project with nothing but webhooks, sent in the two usual ways. Runs in .venv-bench."""

import os
from urllib.parse import urlsplit

_url = urlsplit(os.environ["RIVALS_DATABASE_URL"])
SECRET_KEY = "benchmark"
USE_TZ = True
INSTALLED_APPS = ["django_webhook", "benchmarks.rivals"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": _url.path[1:],
        "USER": _url.username or "",
        "PASSWORD": _url.password or "",
        "HOST": _url.hostname or "",
        "PORT": _url.port or "",
        "OPTIONS": {"server_side_binding": True},
        "CONN_MAX_AGE": 60,
    }
}
CELERY_BROKER_URL = os.environ["REDIS_URL"]
CELERY_BROKER_TRANSPORT_OPTIONS = {"global_keyprefix": os.environ.get("RIVALS_PREFIX", "rivals:")}
CELERY_TASK_IGNORE_RESULT = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 4
LOGGING = {"version": 1, "disable_existing_loggers": False, "root": {"level": "ERROR"}}
