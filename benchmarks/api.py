"""The API under load, beside a bare view, in one run: `make bench`.

Needs PostgreSQL (DATABASE_URL names the server; a database `paygate_bench` is made there and dropped) and wrk. Limits
are counted in Redis where REDIS_URL is set. Prints tables for docs/benchmarks.md.
"""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.stand import database

SECONDS = int(os.environ.get("BENCH_SECONDS", "8"))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
SMALL, LARGE = 10_000, 1_000_000
PAGES = {
    "first page": "/api/v1/payments",
    "hundredth page": "/api/v1/payments?cursor={cursor}",
    "status=success": "/api/v1/payments?status=success",
    "status=expired": "/api/v1/payments?status=expired",
    "merchant_ref": "/api/v1/payments?merchant_ref=ORDER-7",
    "created_before": "/api/v1/payments?created_before={middle}",
    "capacity": "/api/v1/capacity?amount=500",
}


@dataclass(frozen=True)
class Load:
    per_second: float
    errors: int
    p50_ms: float
    p99_ms: float


def main() -> None:
    if not shutil.which("wrk"):
        sys.exit("wrk is missing. On Debian: apt-get install wrk")
    with database() as url, tempfile.TemporaryDirectory() as folder:
        os.environ |= {"DATABASE_URL": url, "PAYGATE_DATA_DIR": folder, "DJANGO_SETTINGS_MODULE": "benchmarks.settings"}
        for command in ("migrate", "collectstatic"):
            subprocess.run([sys.executable, "manage.py", command, "--no-input", "-v0"], check=True)
        measure(Path(folder))


def measure(folder: Path) -> None:
    from benchmarks import seed  # isort: skip - loads Django, for the database named just now

    account, issued = seed.prepare()
    keys = [key for key, _ in issued]
    file = folder / "load-keys"
    file.write_text("".join(f"{text}\n" for _, text in issued))
    pages: dict[int, dict[str, Load]] = {}
    with server("benchmarks.bare_settings") as bare_port, server("benchmarks.settings") as port:
        for warm_up in ((bare_port, "bare"), (port, "create")):
            wrk(*warm_up, file, seconds=2)
        print("| what | rate | p50 | p99 | errors | ratio |\n|---|---|---|---|---|---|")
        for size, more in ((SMALL, SMALL), (LARGE, LARGE - SMALL)):
            seed.seed(more, account=account, keys=keys)
            _show_calls(size, bare_port, port, file, _sessions_file(folder, dict(issued)))
            pages[size] = {name: _page(port, path, file, keys[0]) for name, path in PAGES.items()}
    print(f"\n| page of 50 | p50 at {SMALL:,} | p50 at {LARGE:,} | ratio |\n|---|---|---|---|")
    for name in PAGES:
        small, large = pages[SMALL][name].p50_ms, pages[LARGE][name].p50_ms
        print(f"| {name} | {small:.1f} ms | {large:.1f} ms | {large / small:.2f} |")


def _show_calls(size: int, bare_port: int, port: int, keys: Path, sessions: Path) -> None:
    # Taking turns, so that whatever else the machine does meets both.
    rounds = [(wrk(bare_port, "bare", keys), wrk(port, "create", keys)) for _ in range(ROUNDS)]
    bare, create = _best([each for each, _ in rounds]), _best([each for _, each in rounds])
    reads = [(wrk(bare_port, "bare-get", keys, sessions), wrk(port, "get", keys, sessions)) for _ in range(ROUNDS)]
    bare_get, get = _best([each for each, _ in reads]), _best([each for _, each in reads])
    _show(f"bare view, {size:,} sessions", bare)
    _show(f"create-payment, {size:,} sessions", create, f"{create.per_second / bare.per_second:.0%} of bare")
    _show(
        f"bare view that reads, {size:,} sessions", bare_get, f"{bare_get.per_second / create.per_second:.1f} × create"
    )
    _show(
        f"get payment, {size:,} sessions",
        get,
        f"{get.per_second / create.per_second:.1f} × create, {get.per_second / bare_get.per_second:.0%} of bare",
    )


def _page(port: int, path: str, keys: Path, key: Any) -> Load:
    from payments.api.pagination import write_cursor

    own = key.sessions.order_by("-created_at", "-id")
    last_of_page_99 = own[99 * 50 - 1]
    middle = own[own.count() // 2].created_at.strftime("%Y-%m-%dT%H:%M:%SZ")
    path = path.format(cursor=write_cursor(last_of_page_99), middle=middle)
    # One connection: this asks how long a page takes, not how many a second.
    return wrk(port, "list", keys, path, connections=1, seconds=max(2, SECONDS // 3))


def _sessions_file(folder: Path, texts: dict[Any, str]) -> Path:
    text_of = {key.pk: text for key, text in texts.items()}
    from payments.models import PaymentSession

    some = PaymentSession.objects.filter(api_key__in=text_of).order_by("?")[:5000]
    file = folder / "load-sessions"
    file.write_text("".join(f"{text_of[each.api_key_id]} {each.session_id}\n" for each in some))
    return file


def wrk(port: int, what: str, *arguments: Path | str, connections: int = 16, seconds: int = SECONDS) -> Load:
    script = Path(__file__).with_name("load.lua")
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", str(script), f"http://127.0.0.1:{port}", "--"]
    done = subprocess.run([*command, what, *map(str, arguments)], capture_output=True, text=True, check=True)
    words = next(line for line in done.stdout.splitlines() if line.startswith("RESULT")).split()
    return Load(float(words[1]), int(words[2]), float(words[3]), float(words[4]))


@contextmanager
def server(settings: str) -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--workers", "2", "--blocking-threads", "1", "--backlog", "1024", "--no-ws", "--log-level", "error"]
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": settings}
    process = subprocess.Popen([*command, "paygate.wsgi:application"], env=environment)
    try:
        _wait_for(port, process)
        yield port
    finally:
        process.terminate()
        process.wait(20)


def _wait_for(port: int, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            if time.monotonic() > deadline or process.poll() is not None:
                raise
            time.sleep(0.1)


def _best(loads: list[Load]) -> Load:
    return max(loads, key=lambda load: load.per_second)


def _show(name: str, load: Load, ratio: str = "") -> None:
    figures = f"{load.per_second:,.0f}/s | {load.p50_ms:.1f} ms | {load.p99_ms:.1f} ms | {load.errors}"
    print(f"| {name} | {figures} | {ratio} |", flush=True)


if __name__ == "__main__":
    main()
