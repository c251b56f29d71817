"""Overrides for tests: a data directory of their own, fast password hashing, files served without a manifest."""

import os
import tempfile

os.environ.setdefault("PAYGATE_DATA_DIR", tempfile.mkdtemp(prefix="paygate-tests-"))

from paygate.settings import *  # noqa: F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
WHITENOISE_AUTOREFRESH = WHITENOISE_USE_FINDERS = True
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
