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

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
WHITENOISE_AUTOREFRESH = WHITENOISE_USE_FINDERS = True
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
