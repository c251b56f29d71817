"""Overrides for tests: a data directory of their own, fast password hashing, files served without a manifest."""

import atexit
import os
import shutil
import tempfile

if "PAYGATE_DATA_DIR" not in os.environ:
    os.environ["PAYGATE_DATA_DIR"] = tempfile.mkdtemp(prefix="paygate-tests-")
    atexit.register(shutil.rmtree, os.environ["PAYGATE_DATA_DIR"], ignore_errors=True)
# What somebody has in `.env` is about their installation.
os.environ["PAYGATE_ENV_FILE"] = os.devnull

from paygate.settings import *  # noqa: F403
from paygate.settings import DATA_DIR, DATABASES

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
WHITENOISE_AUTOREFRESH = WHITENOISE_USE_FINDERS = True
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}

if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # A file, as in production: threads of a database in memory do not wait for each other, they fail at once.
    DATABASES["default"]["TEST"] = {"NAME": DATA_DIR / "tests.sqlite3"}
    DATABASES["default"]["OPTIONS"]["init_command"] += "PRAGMA synchronous=OFF;"
