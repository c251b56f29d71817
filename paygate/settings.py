"""Settings, all read from the environment (or `.env`); `.env.example` lists every variable."""

import base64
import os
import secrets
import sys
from pathlib import Path
from urllib.parse import urlsplit

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from paygate import __version__
from paygate.environment import Env
from paygate.keyfiles import read_secret

BASE_DIR = Path(__file__).resolve().parent.parent
env = Env()
# What the environment says wins over the file.
env.read_env(os.environ.get("PAYGATE_ENV_FILE", BASE_DIR / ".env"))

# Where and how this installation runs

PAYGATE_ENV = env.str("PAYGATE_ENV", "local")
if PAYGATE_ENV not in {"local", "production"}:
    raise ImproperlyConfigured("PAYGATE_ENV is either 'local' or 'production'.")
PRODUCTION = PAYGATE_ENV == "production"
PAYGATE_VERSION = __version__
DEBUG = False
DATA_DIR = Path(env.str("PAYGATE_DATA_DIR", str(BASE_DIR / "var"))).resolve()
PORT = env.int("PORT", 3000)
BASE_URL = env.str("PAYGATE_BASE_URL", f"http://localhost:{PORT}").rstrip("/")
_base = urlsplit(BASE_URL)
if _base.scheme not in {"http", "https"} or not _base.hostname or _base.path or _base.query:
    raise ImproperlyConfigured("PAYGATE_BASE_URL is a scheme, a host and at most a port, as in https://pay.example.in")
IS_LOCALHOST = _base.hostname in {"localhost", "127.0.0.1", "::1"}
IS_HTTPS = _base.scheme == "https"
# While the links name this machine alone, nobody else needs to reach it.
WEB_HOST = env.str("PAYGATE_HOST", "127.0.0.1" if IS_LOCALHOST else "0.0.0.0")  # noqa: S104

# Secrets

_keys = DATA_DIR / "keys"
SECRET_KEY = read_secret(
    "SECRET_KEY", directory=_keys, generate=None if PRODUCTION else lambda: secrets.token_urlsafe(50)
)
ENCRYPTION_KEYS = read_secret(
    "PAYGATE_ENCRYPTION_KEYS",
    directory=_keys,
    generate=None if PRODUCTION else lambda: "1:" + base64.b64encode(secrets.token_bytes(32)).decode(),
)

# Django

ALLOWED_HOSTS = list(dict.fromkeys([_base.hostname, *env.list("ALLOWED_HOSTS", default=[])]))
if IS_LOCALHOST:
    ALLOWED_HOSTS += ["localhost", "127.0.0.1", "[::1]"]
CSRF_TRUSTED_ORIGINS = [BASE_URL]
# HTTPS ends at a proxy; most often that is on this host.
TRUSTED_PROXIES = env.networks("TRUSTED_PROXIES", ["127.0.0.0/8", "::1/128"] if IS_HTTPS else [])
INSTALLED_APPS = [
    "backoffice.apps.BackofficeAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular",
    "csp",
    "corsheaders",
    "apikeys",
    "payments",
    "reconciliation",
    "webhooks",
    "checkout",
    "guide",
    "backoffice.apps.BackofficeConfig",
]
MIDDLEWARE = [
    "paygate.middleware.RequestContextMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "paygate.middleware.BodyMiddleware",
    "paygate.middleware.PagePolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "paygate.urls"
WSGI_APPLICATION = "paygate.wsgi.application"
APPEND_SLASH = False
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_TZ = True
STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
MEDIA_ROOT = DATA_DIR / "media"
# A bank statement is looked at in memory; what is larger than any goes where everything is kept, and is refused.
FILE_UPLOAD_MAX_MEMORY_SIZE = 26 * 1024 * 1024
FILE_UPLOAD_TEMP_DIR = str(DATA_DIR)

# Database: SQLite in the data directory unless DATABASE_URL says otherwise

DATABASES = {"default": env.database("DATABASE_URL", f"sqlite:///{DATA_DIR / 'paygate.sqlite3'}")}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # FULL, because this is money: NORMAL may lose the last commits on power loss.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": (
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA cache_size=-20000; "
            "PRAGMA mmap_size=134217728; PRAGMA journal_size_limit=67108864;"
        ),
    }
else:
    # Parameters travel apart from the statement, which also costs less than writing them into it.
    DATABASES["default"]["OPTIONS"] = {"server_side_binding": True}
    DATABASES["default"]["CONN_MAX_AGE"] = 60
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
    DATABASES["default"].setdefault("OPTIONS", {}).setdefault("connect_timeout", 5)

# Celery: Redis where there is one, else files in the data directory. Only a bell: nothing may depend on it.

REDIS_URL = env.str("REDIS_URL", "")
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_TIME_LIMIT = 120
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_REDIRECT_STDOUTS = False
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 10
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BEAT_SCHEDULE_FILENAME = str(DATA_DIR / "queue" / "beat-schedule")
if REDIS_URL:
    CELERY_BROKER_URL = REDIS_URL
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "global_keyprefix": env.str("REDIS_PREFIX", "paygate:"),
        "visibility_timeout": 600,
        "socket_timeout": 30,
        "socket_connect_timeout": 5,
        "socket_keepalive": True,
        "health_check_interval": 25,
    }
else:
    CELERY_BROKER_URL = "filesystem://localhost"  # the host is only there because Kombu asks for one
    CELERY_BROKER_TRANSPORT = "paygate.broker:Transport"
    CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(DATA_DIR / "queue" / "messages"),
        "data_folder_out": str(DATA_DIR / "queue" / "messages"),
        "control_folder": str(DATA_DIR / "queue" / "control"),
        "polling_interval": 0.2,
    }

# Web processes: limits and caches live in the process, unless Redis holds them for all. Django needs the interpreter
# for most of a request, so threads beyond a few only wait for each other.

_shared = DATABASES["default"]["ENGINE"] != "django.db.backends.sqlite3" and bool(REDIS_URL)
WEB_PROCESSES = env.int("WEB_PROCESSES", min(4, os.cpu_count() or 1) if _shared else 1)
WEB_THREADS = env.int("WEB_THREADS", 4 if WEB_PROCESSES == 1 else 2)
if WEB_PROCESSES > 1 and not _shared:
    raise ImproperlyConfigured("WEB_PROCESSES above 1 needs PostgreSQL and Redis: set DATABASE_URL and REDIS_URL.")

# API

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["apikeys.authentication.ApiKeyAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["apikeys.permissions.HasApiKeyPermission"],
    "DEFAULT_PARSER_CLASSES": ["payments.api.parsers.StrictJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["payments.api.renderers.ExactJSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "payments.api.parsers.AlwaysJson",
    "EXCEPTION_HANDLER": "paygate.api_errors.exception_handler",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "PayGate API",
    "DESCRIPTION": "Take UPI payments straight into your own bank account.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.1",
    "LICENSE": {"name": "MIT"},
    # The file describes every installation; the served one names this installation's address.
    "SERVERS": [{"url": "http://localhost:3000"}],
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SORT_OPERATIONS": False,
    "SORT_OPERATION_PARAMETERS": False,
    "POSTPROCESSING_HOOKS": ["payments.api.schema_rules.add_common_rules"],
    "WEBHOOKS": [
        "payments.api.schema.payment_success",
        "payments.api.schema.payment_expired",
        "payments.api.schema.payment_cancelled",
        "payments.api.schema.payment_late",
    ],
}

KEY_REQUESTS_PER_SECOND = env.int("KEY_REQUESTS_PER_SECOND", 100)
FAILED_AUTH_PER_MINUTE = env.int("FAILED_AUTH_PER_MINUTE", 30)

# Keys that a shop's own pages use: what one client address may do, and how its answers reach the page

BROWSER_CREATES_PER_MINUTE = env.int("BROWSER_CREATES_PER_MINUTE", 5)
BROWSER_OPEN_SESSIONS = env.int("BROWSER_OPEN_SESSIONS", 5)
BROWSER_MAX_SECONDS = env.int("BROWSER_MAX_SECONDS", 900)
CORS_ALLOW_METHODS = ["GET", "POST"]
CORS_ALLOW_HEADERS = ["content-type", "idempotency-key", "x-api-key", "x-request-id"]
CORS_EXPOSE_HEADERS = ["X-Request-Id", "Retry-After"]
CORS_PREFLIGHT_MAX_AGE = 600

# Money, amounts and time (paise and seconds)

MIN_AMOUNT_PAISE = env.int("MIN_AMOUNT_PAISE", 200)
MAX_AMOUNT_PAISE = env.int("MAX_AMOUNT_PAISE", 100_000_00)
ALLOW_WHOLE_RUPEE = env.bool("ALLOW_WHOLE_RUPEE", False)
AMOUNT_WINDOW_PAISE = env.int("AMOUNT_WINDOW_PAISE", 99)
WIDER_AMOUNT_WINDOW_PAISE = env.int("WIDER_AMOUNT_WINDOW_PAISE", 0)
SESSION_SECONDS = env.int("SESSION_SECONDS", 600)
HOLD_SECONDS = env.int("HOLD_SECONDS", 1800)
LATE_POLICY = env.str("LATE_POLICY", "confirm")
if LATE_POLICY not in {"confirm", "review"}:
    raise ImproperlyConfigured("LATE_POLICY is either 'confirm' or 'review'.")
CLAIM_HOLD_SECONDS = env.int("CLAIM_HOLD_SECONDS", 86_400)
CLAIMS_PER_TEN_MINUTES = env.int("CLAIMS_PER_TEN_MINUTES", 10)
REFUSE_WHILE_UNWATCHED = env.bool("REFUSE_WHILE_UNWATCHED", False)
EVIDENCE_TEXT_DAYS = env.int("EVIDENCE_TEXT_DAYS", 90)
MAILBOX_CA_FILE = env.str("MAILBOX_CA_FILE", "")
SHOP_NAME = env.str("SHOP_NAME", "")

# Webhooks

WEBHOOK_ALLOW_NETS = [
    str(network) for network in env.networks("WEBHOOK_ALLOW_NETS", ["127.0.0.0/8", "::1/128"] if IS_LOCALHOST else [])
]
ATTEMPT_DAYS = env.int("ATTEMPT_DAYS", 90)

# Mail to staff: what they must know of; without a server and addresses it stands on the overview only

STAFF_EMAILS = env.list("STAFF_EMAILS", default=[])
_mail = env.mail_server("EMAIL_URL")
EMAIL_HOST = _mail.get("EMAIL_HOST", "")
EMAIL_PORT = _mail.get("EMAIL_PORT") or 25
EMAIL_HOST_USER = _mail.get("EMAIL_HOST_USER") or ""
EMAIL_HOST_PASSWORD = _mail.get("EMAIL_HOST_PASSWORD") or ""
EMAIL_USE_TLS = _mail.get("EMAIL_USE_TLS", False)
EMAIL_USE_SSL = _mail.get("EMAIL_USE_SSL", False)
DEFAULT_FROM_EMAIL = env.str("EMAIL_FROM", f"PayGate <paygate@{_base.hostname}>")
EMAIL_TIMEOUT = 10

# Browser security

CSRF_FAILURE_VIEW = "paygate.error_pages.csrf_failure"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = IS_HTTPS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_AGE = 8 * 3600
SECURE_SSL_REDIRECT = IS_HTTPS and env.bool("SECURE_SSL_REDIRECT", True)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if IS_HTTPS else None
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
SECURE_HSTS_SECONDS = 31_536_000 if IS_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = IS_HTTPS and env.bool("HSTS_SUBDOMAINS", False)
# Whether the domain's other hosts speak HTTPS is not for a payment page to decide.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    },
}

# Monitoring: without a token, /metrics answers private addresses only

METRICS_TOKEN = env.str("METRICS_TOKEN", "")

# Logs go to standard error; the middleware says whose request it is

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {
        "context": {"()": "paygate.logs.ContextFilter"},
        "outages": {"()": "paygate.logs.OutageFilter"},
    },
    "formatters": {
        "line": {
            "()": "paygate.logs.MaskingFormatter",
            "format": "{asctime} {levelname} {name} [{request_id}] {message}",
            "style": "{",
        },
    },
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "stream": sys.stderr,
            "formatter": "line",
            "filters": ["context", "outages"],
        },
    },
    "loggers": {
        "celery": {"level": "WARNING"},
        "kombu": {"level": "WARNING"},
        # Its debug lines hold the e-mails.
        "imapclient": {"level": "WARNING"},
        # A refused request has its line from paygate.requests already.
        "django.request": {"level": "ERROR"},
        "django.security.DisallowedHost": {"level": "CRITICAL"},
    },
    "root": {"handlers": ["stderr"], "level": env.str("LOG_LEVEL", "INFO")},
}
