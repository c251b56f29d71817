"""What the settings make of the environment, seen from a process of its own."""

import ast
import json
import os
import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
SECRETS = {
    "SECRET_KEY": "only-for-tests-0123456789-abcdefghijklmnopqrstuvwxyz",
    "PAYGATE_ENCRYPTION_KEYS": "1:" + "A" * 43 + "=",
}
PRODUCTION = {"PAYGATE_ENV": "production", "PAYGATE_BASE_URL": "https://pay.example.in"}
READERS = {"str", "int", "bool", "list", "networks", "database", "mail_server"}


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """A bare environment with a data directory that does not exist yet."""
    return {
        "PATH": os.environ["PATH"],
        "PAYGATE_DATA_DIR": str(tmp_path / "data"),
        "PAYGATE_ENV_FILE": os.devnull,
        "DJANGO_SETTINGS_MODULE": "paygate.settings",
    }


def python(code: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False
    )


def settings(environment: dict[str, str], *names: str) -> list[Any]:
    code = f"""
import json
from django.conf import settings
print(json.dumps([getattr(settings, name) for name in {names!r}], default=str))
"""
    done = python(code, environment)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def refusal(environment: dict[str, str]) -> str:
    done = python("from django.conf import settings; settings.DEBUG", environment)
    assert done.returncode == 1
    return done.stderr.strip().splitlines()[-1]


def variables_that_are_read() -> set[str]:
    found = {"PAYGATE_ENV_FILE"}
    for node in ast.walk(ast.parse((ROOT / "paygate" / "settings.py").read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call) or not node.args or not isinstance(node.args[0], ast.Constant):
            continue
        name = node.args[0].value
        if isinstance(node.func, ast.Attribute) and node.func.attr in READERS and _is_env(node.func.value):
            found.add(name)
        elif isinstance(node.func, ast.Name) and node.func.id == "read_secret":
            found |= {name, f"{name}_FILE"}
    return found


def _is_env(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "env"


def example() -> dict[str, str]:
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    return dict(re.findall(r"^([A-Z_]+)=(.*)$", text, re.MULTILINE))


def test_the_example_lists_every_variable_and_no_other():
    assert variables_that_are_read() == set(example())


def test_every_variable_of_the_example_is_explained():
    lines = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    for before, line in pairwise(lines):
        if "=" in line and not line.startswith("#"):
            assert before.startswith("#") or "=" in before, line


def test_no_application_reads_the_environment_by_itself():
    """A command may take an option from it: that is no setting."""
    for path in ROOT.glob("[a-z]*/**/*.py"):
        inside = path.relative_to(ROOT).parts
        if inside[0] not in {"paygate", "tests", "var", "benchmarks"} and "commands" not in inside:
            assert "os.environ" not in path.read_text(encoding="utf-8"), path


def test_the_example_says_what_holds_without_it(environment):
    names = ["WEB_HOST", "BASE_URL", "WEB_PROCESSES", "WEB_THREADS", "MAX_AMOUNT_PAISE", "TRUSTED_PROXIES"]
    secrets = {"SECRET_KEY": "x", "PAYGATE_ENCRYPTION_KEYS": SECRETS["PAYGATE_ENCRYPTION_KEYS"]}
    values = {name: value for name, value in example().items() if name not in environment}
    assert settings({**environment, **values, **secrets}, *names) == settings({**environment, **secrets}, *names)


def test_secrets_are_generated_once_and_kept_private(environment, tmp_path):
    first = settings(environment, "SECRET_KEY", "ENCRYPTION_KEYS")
    assert settings(environment, "SECRET_KEY", "ENCRYPTION_KEYS") == first
    keys = tmp_path / "data" / "keys"
    assert sorted(path.name for path in keys.iterdir()) == ["paygate_encryption_keys", "secret_key"]
    assert keys.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in keys.iterdir()} == {0o600}


@pytest.mark.parametrize("missing", list(SECRETS))
def test_production_refuses_to_start_without_a_secret_and_generates_none(environment, tmp_path, missing):
    given = {name: value for name, value in SECRETS.items() if name != missing}
    message = f"Set {missing} (or {missing}_FILE): PAYGATE_ENV=production generates no secrets."
    assert refusal({**environment, **PRODUCTION, **given}).endswith(message)
    assert not (tmp_path / "data").exists()


def test_production_reads_its_secrets_from_files(environment, tmp_path):
    files = {}
    for name, value in SECRETS.items():
        (tmp_path / name).write_text(f"{value}\n", encoding="utf-8")
        files[f"{name}_FILE"] = str(tmp_path / name)
    assert settings({**environment, **PRODUCTION, **files}, "SECRET_KEY", "ENCRYPTION_KEYS") == list(SECRETS.values())


def test_a_secret_file_that_cannot_be_read_is_named(environment):
    said = refusal({**environment, **PRODUCTION, **SECRETS, "SECRET_KEY": "", "SECRET_KEY_FILE": "/nowhere/key"})
    assert "SECRET_KEY_FILE cannot be read" in said


def test_production_at_an_https_address_passes_djangos_deployment_check(environment):
    code = "from django.core.management import execute_from_command_line as run; import sys; run(['manage.py', *sys.argv[1:]])"
    done = subprocess.run(
        [sys.executable, "-c", code, "check", "--deploy", "--fail-level", "WARNING", "--tag", "security"],
        cwd=ROOT,
        env={**environment, **PRODUCTION, **SECRETS},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("base_url", "secure"),
    [("https://pay.example.in", True), ("http://localhost:3000", False), ("http://10.0.0.5", False)],
)
def test_cookies_are_secure_and_hsts_is_sent_with_https_only(environment, base_url, secure):
    names = ("SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SECURE_SSL_REDIRECT")
    given = {**environment, "PAYGATE_BASE_URL": base_url}
    assert settings(given, *names) == [secure] * 3
    assert settings(given, "SECURE_HSTS_SECONDS") == [31_536_000 if secure else 0]


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]"])
def test_every_name_of_this_machine_is_localhost(environment, host):
    given = {**environment, "PAYGATE_BASE_URL": f"http://{host}:3000"}
    local, bound, networks = settings(given, "IS_LOCALHOST", "WEB_HOST", "WEBHOOK_ALLOW_NETS")
    assert (local, bound, networks) == (True, "127.0.0.1", ["127.0.0.0/8", "::1/128"])


def test_an_address_for_others_is_served_to_others_and_webhooks_stay_outside(environment):
    given = {**environment, "PAYGATE_BASE_URL": "https://pay.example.in"}
    assert settings(given, "IS_LOCALHOST", "WEB_HOST", "WEBHOOK_ALLOW_NETS") == [False, "0.0.0.0", []]


def test_sqlite_and_the_queue_of_files_are_served_by_one_process(environment):
    assert settings(environment, "WEB_PROCESSES", "WEB_THREADS") == [1, 4]
    assert refusal({**environment, "WEB_PROCESSES": "2"}).endswith(
        "WEB_PROCESSES above 1 needs PostgreSQL and Redis: set DATABASE_URL and REDIS_URL."
    )


def test_everything_embedded_lives_in_the_data_directory(environment, tmp_path):
    data = str(tmp_path / "data")
    database, broker, beat, static = settings(
        environment, "DATABASES", "CELERY_BROKER_TRANSPORT_OPTIONS", "CELERY_BEAT_SCHEDULE_FILENAME", "STATIC_ROOT"
    )
    folders = [value for name, value in broker.items() if "folder" in name]
    assert len(folders) == 3
    assert all(path.startswith(f"{data}/") for path in [database["default"]["NAME"], beat, static, *folders])


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("PORT", "three", "PORT cannot be understood"),
        ("PAYGATE_ENV", "prod", "PAYGATE_ENV is either 'local' or 'production'."),
        ("PAYGATE_BASE_URL", "pay.example.in", "PAYGATE_BASE_URL is a scheme, a host"),
        ("PAYGATE_BASE_URL", "https://pay.example.in/shop", "PAYGATE_BASE_URL is a scheme, a host"),
        ("DATABASE_URL", "mysql://root@localhost/shop", "DATABASE_URL must look like postgres://"),
        ("DATABASE_URL", "postgres://asha:se/cret@localhost/shop", "DATABASE_URL must look like postgres://"),
        ("TRUSTED_PROXIES", "10.0.0.0/8,proxy", "TRUSTED_PROXIES is a list of IP addresses and networks"),
        ("LATE_POLICY", "maybe", "LATE_POLICY is either 'confirm' or 'review'."),
    ],
)
def test_a_wrong_value_is_named_and_a_password_is_not(environment, name, value, says):
    said = refusal({**environment, name: value})
    assert says in said
    assert "se/cret" not in said


def test_an_empty_variable_is_an_absent_one(environment):
    given = {**environment, "PORT": "", "DATABASE_URL": "", "REDIS_URL": "", "PAYGATE_BASE_URL": ""}
    assert settings(given, "PORT", "BASE_URL") == [3000, "http://localhost:3000"]
