"""The one-command start: prepares the data directory and the database, then keeps the web server and the worker alive.

`python -m paygate.runner`, or `make run`. With `--with-parent` it ends in order when its parent is gone.
"""

import argparse
import fcntl
import http.client
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from types import FrameType
from typing import IO

import django
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.db import OperationalError, connection

from paygate import lifeline
from paygate.keyfiles import make_private_directory
from paygate.supervisor import Child, Supervisor

DATABASE_SECONDS = 30.0
READY_SECONDS = 120.0
_asked = threading.Event()
_MIGRATION_LOCK = 0x706179676174  # "paygat", any number that all nodes agree on


class CannotStart(Exception):
    """The one line that says why."""


def main() -> int:
    arguments = argparse.ArgumentParser(prog="paygate.runner", description=__doc__)
    arguments.add_argument("--with-parent", action="store_true", help="end in order when the parent process is gone")
    if arguments.parse_args().with_parent:
        lifeline.die_with(os.getppid(), signal.SIGTERM)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _note)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "paygate.settings")
    os.umask(0o077)
    try:
        _run()
    except (CannotStart, ImproperlyConfigured) as error:
        sys.stderr.write(f"PayGate cannot start: {error}\n")
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def _note(number: int, frame: FrameType | None) -> None:
    """Note that somebody wants an end, which comes between two steps. Only a second request interrupts a step.

    Raised anywhere, the first one may fall into a finaliser, where Python drops it, and the start would go on.
    """
    if _asked.is_set():
        raise KeyboardInterrupt
    _asked.set()


def _heed() -> None:
    if _asked.is_set():
        raise KeyboardInterrupt


def _run() -> None:
    django.setup()
    with _only_one_here(make_private_directory(settings.DATA_DIR)):
        _check_port_is_free(settings.WEB_HOST, settings.PORT)
        _prepare()
        _heed()
        threading.Thread(target=_announce_when_ready, daemon=True).start()
        Supervisor([_child("web"), _child("worker")]).run()
    say("PayGate has stopped.")


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


@contextmanager
def _only_one_here(directory: Path) -> Iterator[None]:
    """Hold the data directory: two supervisors in it would be two beats, and two SQLite web servers."""
    with (directory / "run.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CannotStart(f"it runs already with the data directory {directory}{_process_in(lock)}.") from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def _process_in(lock: IO[str]) -> str:
    lock.seek(0)
    number = lock.read().strip()
    return f" (process {number})" if number else ""


def _check_port_is_free(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with closing(socket.socket(family, socket.SOCK_STREAM)) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            reason = f"port {port} on {host} cannot be used ({error.strerror})"
            raise CannotStart(f"{reason}. End what listens there, or choose another: PORT=3001 make run") from None


def _prepare() -> None:
    queue = make_private_directory(settings.DATA_DIR / "queue")
    # Bells from before: the sweeps find everything anyway.
    for message in queue.glob("messages/*"):
        message.unlink()
    make_private_directory(settings.DATA_DIR / "tmp")
    _wait_for_database()
    _heed()
    with _migration_lock():
        call_command("migrate", verbosity=0, interactive=False)
    _heed()
    call_command("collectstatic", verbosity=0, interactive=False)
    _heed()
    if not settings.PRODUCTION:
        call_command("first_start")
    connection.close()


def _wait_for_database() -> None:
    deadline = time.monotonic() + DATABASE_SECONDS
    waiting = False
    while True:
        try:
            return connection.ensure_connection()
        except OperationalError as error:
            where = _database_address()
            if time.monotonic() >= deadline:
                reason = " ".join(str(error).split())
                raise CannotStart(f"the database {where} cannot be reached: {reason}. See DATABASE_URL.") from None
            if not waiting:
                say(f"Waiting for the database {where} …")
                waiting = True
            time.sleep(0.5)
            _heed()


def _database_address() -> str:
    database = settings.DATABASES["default"]
    host = database.get("HOST")
    return f"{database['NAME']} at {host}:{database.get('PORT') or 5432}" if host else str(database["NAME"])


@contextmanager
def _migration_lock() -> Iterator[None]:
    """Let one node at a time migrate a database that several share. SQLite has one, and it holds the data directory."""
    if connection.vendor != "postgresql":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [_MIGRATION_LOCK])
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_MIGRATION_LOCK])


def _child(name: str) -> Child:
    command = [sys.executable, "-m", f"paygate.{name}", str(os.getpid())]
    environment = {**os.environ, "TMPDIR": str(settings.DATA_DIR / "tmp")}
    return Child(name, command, environment, say)


def _announce_when_ready() -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        if _answers():
            url = settings.BASE_URL
            say(f"PayGate is ready.\n  Back office  {url}/admin/\n  API guide    {url}/docs\n  Ctrl-C ends it.")
            return
        time.sleep(0.2)


def _answers() -> bool:
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.WEB_HOST, settings.WEB_HOST)  # noqa: S104
    with closing(http.client.HTTPConnection(host, settings.PORT, timeout=5)) as web:
        try:
            web.request("GET", "/healthz", headers={"Host": settings.ALLOWED_HOSTS[0]})
            return web.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False


if __name__ == "__main__":
    sys.exit(main())
