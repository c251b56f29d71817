"""The measured senders: PayGate's worker, a plain Celery task for each delivery, and the django-webhook package."""

import json
import os
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path
from typing import Any

from benchmarks.stand import Receivers, running

ENDPOINTS = 50
HANGING = 3
RIVALS_PYTHON = ".venv-bench/bin/python"
# As many tasks at a time as PayGate's worker takes; prefork, Celery's default, may use every core.
RIVALS_CONCURRENCY = 4


class Sender(ABC):
    name: str
    path: str

    @abstractmethod
    def worker(self) -> "AbstractContextManager[subprocess.Popen[bytes]]":
        """Run one worker."""

    @abstractmethod
    def queue(self, count: int) -> None:
        """Queue so many deliveries, spread over the endpoints."""

    @abstractmethod
    def queue_hanging(self, count: int) -> None:
        """Queue so many deliveries to endpoints that never answer, older than what is queued next."""

    @abstractmethod
    def pace(self, count: int, per_second: int) -> dict[str, float]:
        """Let so many things happen, so many a second; return the moment of each commit by session."""

    @abstractmethod
    def empty(self) -> None:
        """Forget what is queued. No worker runs."""

    def is_done(self) -> bool:
        return True


class PayGate(Sender):
    name, path = "PayGate", "paygate"

    def __init__(self, shops: Receivers, folder: Path) -> None:
        from benchmarks import outbox, seed  # isort: skip - loads Django, for the database named by now

        self.outbox, self.log = outbox, folder / "worker.log"
        self.account, issued = seed.prepare()
        self.keys = [key for key, _ in issued]
        outbox.add_endpoints(self.keys, [shops.url(self.path, number) for number in range(ENDPOINTS)])
        self.hanging_keys = [key for key, _ in seed.prepare()[1]][:HANGING]
        outbox.add_endpoints(self.hanging_keys, [shops.hanging_url(self.path, number) for number in range(HANGING)])

    def worker(self) -> "AbstractContextManager[subprocess.Popen[bytes]]":
        return running(sys.executable, "-m", "paygate.worker", str(os.getpid()), log=self.log)

    def queue(self, count: int) -> None:
        # An event goes to every endpoint of its key.
        events = count * len(self.keys) // ENDPOINTS
        self.outbox.add_events(events, account=self.account, keys=self.keys)

    def queue_hanging(self, count: int) -> None:
        self.outbox.add_events(count, account=self.account, keys=self.hanging_keys, age=timedelta(hours=1))

    def pace(self, count: int, per_second: int) -> dict[str, float]:
        from django.db import transaction

        from payments.services import SessionDetails, confirm_session, create_session

        sessions = [
            create_session(
                api_key=self.keys[number % len(self.keys)],
                requested_paise=(1000 + number) * 100,
                details=SessionDetails(merchant_ref="ORDER-123"),
            ).session
            for number in range(count)
        ]
        committed: dict[str, float] = {}
        start = time.time()
        for number, session in enumerate(sessions):
            time.sleep(max(0.0, start + number / per_second - time.time()))
            with transaction.atomic():
                transaction.on_commit(lambda code=session.session_id: committed.setdefault(code, time.time()))
                confirm_session(session_id=session.pk, credited_at=session.created_at)
        return committed

    def empty(self) -> None:
        self.outbox.empty()

    def is_done(self) -> bool:
        return not self.outbox.unsettled()


class Rival(Sender):
    def __init__(self, name: str, path: str, folder: Path) -> None:
        self.name, self.path, self.log = name, path, folder / f"{path}.log"

    @staticmethod
    def prepare(shops: Receivers) -> None:
        paths = ("plain", "django-webhook")
        urls = [shops.url(path, number) for path in paths for number in range(ENDPOINTS)]
        ask("prepare", *urls, *(shops.hanging_url(path, number) for path in paths for number in range(HANGING)))

    def worker(self) -> "AbstractContextManager[subprocess.Popen[bytes]]":
        command = [RIVALS_PYTHON, "-m", "celery", "-A", "benchmarks.rivals.celery", "--quiet", "worker"]
        command += ["--pool=prefork", f"--concurrency={RIVALS_CONCURRENCY}"]
        command += ["--without-gossip", "--without-mingle", "--without-heartbeat"]
        return running(*command, environment=_environment(), log=self.log)

    def queue(self, count: int) -> None:
        ask("queue", self.path, str(count))

    def queue_hanging(self, count: int) -> None:
        ask("queue-hanging", self.path, str(count))

    def pace(self, count: int, per_second: int) -> dict[str, float]:
        return ask("pace", self.path, str(count), str(per_second))

    def empty(self) -> None:
        ask("purge")


def ask(*what: str) -> Any:
    command = [RIVALS_PYTHON, "-m", "benchmarks.rivals.produce", *what]
    done = subprocess.run(command, env=_environment(), stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout)


def _environment() -> dict[str, str]:
    return {**os.environ, "DJANGO_SETTINGS_MODULE": "benchmarks.rivals.settings", "PYTHONWARNINGS": "ignore"}
