"""What a benchmark stands on: databases of its own, processes and the CPU time they take, receivers, the machine."""

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg

TICKS = os.sysconf("SC_CLK_TCK")


@contextmanager
def database(name: str = "paygate_bench") -> Iterator[str]:
    """Make a database on the server that DATABASE_URL names, and drop it afterwards."""
    server = os.environ.get("DATABASE_URL", "postgres://root@127.0.0.1:5432/postgres")
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        admin.execute(f"CREATE DATABASE {name}")
    try:
        yield urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
    finally:
        with psycopg.connect(server, autocommit=True) as admin:
            admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def running(
    *command: str, environment: Mapping[str, str] | None = None, log: Path
) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a command in a process group of its own, and end it and all it started."""
    with log.open("ab") as file:
        process = subprocess.Popen(command, env=environment, stdout=file, stderr=file, start_new_session=True)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(3)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def cpu_seconds(pid: int) -> float:
    """Return the CPU time of a process and of those it started."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except FileNotFoundError:
        return 0
    # User and system time, its own and that of children that have ended.
    return sum(map(int, fields[11:15])) / TICKS + sum(cpu_seconds(int(child)) for child in children)


def wait_until(condition: Callable[[], object], *, seconds: float, every: float = 0.05) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(every)
    return True


@dataclass
class Came:
    """What came to a sender's endpoints: how many, and the moments of the first and the last."""

    count: int = 0
    first: float = 0
    last: float = 0

    @property
    def per_second(self) -> float:
        return (self.count - 1) / (self.last - self.first) if self.last > self.first else 0


@dataclass
class Receivers:
    answering: int
    hanging: int

    def url(self, sender: str, number: int) -> str:
        return f"http://127.0.1.{number + 1}:{self.answering}/{sender}/{number}"

    def hanging_url(self, sender: str, number: int) -> str:
        return f"http://127.0.2.{number + 1}:{self.hanging}/{sender}-hanging/{number}"

    def came(self, sender: str) -> Came:
        return Came(**self._ask("counts").get(sender, {}))

    def times(self, sender: str) -> dict[str, float]:
        return self._ask(f"times/{sender}")

    def reset(self) -> None:
        self._ask("reset")

    def _ask(self, what: str) -> Any:
        web = http.client.HTTPConnection("127.0.0.1", self.answering, timeout=20)
        web.request("GET", f"/{what}")
        answer = json.loads(web.getresponse().read())
        web.close()
        return answer


@contextmanager
def receivers(delay_ms: int) -> Iterator[Receivers]:
    command = [sys.executable, "-m", "benchmarks.receiver", str(delay_ms)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            answering, hanging = process.stdout.readline().split()
            yield Receivers(int(answering), int(hanging))
        finally:
            process.terminate()


def machine() -> str:
    """Say what this runs on, for below a table."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown CPU")
    load = ", ".join(f"{each:.1f}" for each in os.getloadavg())
    return f"{os.cpu_count()} × {model}, Python {sys.version.split()[0]}, load average {load}"


def percentile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else float("nan")
