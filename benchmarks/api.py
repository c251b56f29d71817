"""Create, get and list under load: `python -m benchmarks.api`, beside a bare view, in one run.

Needs PostgreSQL (DATABASE_URL names the server; a database `paygate_bench` is made and dropped) and wrk.
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
from urllib.parse import urlsplit, urlunsplit

import psycopg

SECONDS = int(os.environ.get("BENCH_SECONDS", "8"))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
SIZES = (10_000, 1_000_000)


@dataclass(frozen=True)
class Load:
    per_second: float
    errors: int
    p50_ms: float
    p99_ms: float


@contextmanager
def database() -> Iterator[str]:
    server = os.environ.get("DATABASE_URL", "postgres://root@127.0.0.1:5432/postgres")
    url = urlunsplit(urlsplit(server)._replace(path="/paygate_bench"))
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute("DROP DATABASE IF EXISTS paygate_bench WITH (FORCE)")
        admin.execute("CREATE DATABASE paygate_bench")
        try:
            yield url
        finally:
            admin.execute("DROP DATABASE paygate_bench WITH (FORCE)")


@contextmanager
def server(settings: str) -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--workers", "2", "--blocking-threads", "1", "--backlog", "1024", "--no-ws", "--log-level", "error"]
    process = subprocess.Popen(
        [*command, "paygate.wsgi:application"], env=os.environ | {"DJANGO_SETTINGS_MODULE": settings}
    )
    try:
        deadline = time.monotonic() + 30
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                if time.monotonic() > deadline or process.poll() is not None:
                    raise
                time.sleep(0.1)
        yield port
    finally:
        process.terminate()
        process.wait(20)


def wrk(port: int, mode: str, files: list[Path], *, connections: int = 16, seconds: int = SECONDS) -> Load:
    script = Path(__file__).with_name("load.lua")
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", str(script), f"http://127.0.0.1:{port}"]
    output = subprocess.run([*command, "--", mode, *map(str, files)], capture_output=True, text=True, check=True).stdout
    words = next(line for line in output.splitlines() if line.startswith("RESULT")).split()
    return Load(float(words[1]), int(words[2]), float(words[3]), float(words[4]))


def best(loads: list[Load]) -> Load:
    return max(loads, key=lambda load: load.per_second)


def show(name: str, load: Load, note: str = "") -> None:
    print(
        f"| {name} | {load.per_second:,.0f}/s | {load.p50_ms:.1f} ms | {load.p99_ms:.1f} ms | {load.errors} | {note} |",
        flush=True,
    )


def measure(folder: Path) -> None:
    from benchmarks import seed  # isort: skip - loads Django, for the database named just now
    from apikeys.keys import hash_key
    from apikeys.models import ApiKey
    from payments.models import PaymentSession

    account, texts = seed.prepare()
    keys = folder / "load-keys"
    keys.write_text("\n".join(texts) + "\n")
    with server("benchmarks.bare_settings") as bare_port, server("benchmarks.settings") as port:
        wrk(bare_port, "bare", [keys], seconds=2)
        wrk(port, "create", [keys], seconds=2)
        print("| what | rate | p50 | p99 | errors | ratio |\n|---|---|---|---|---|---|")
        rows = 0
        for size in SIZES:
            by_hash = {text: ApiKey.objects.get(key_hash=hash_key(text)).pk for text in texts}
            seed.seed(size - rows, account=account, key_ids=list(by_hash.values()))
            rows = size
            text_of = {pk: text for text, pk in by_hash.items()}
            known = (
                PaymentSession.objects.filter(api_key__in=text_of).order_by("?").values_list("api_key_id", "session_id")
            )
            sessions = folder / "load-sessions"
            sessions.write_text("".join(f"{text_of[pk]} {session_id}\n" for pk, session_id in known[:5000]))
            # Alternating, so that whatever else the machine does meets both.
            rounds = [(wrk(bare_port, "bare", [keys]), wrk(port, "create", [keys])) for _ in range(ROUNDS)]
            bare, create = best([each for each, _ in rounds]), best([each for _, each in rounds])
            get = wrk(port, "get", [keys, sessions])
            listing = wrk(port, "list", [keys])
            show(f"bare view, {size:,} sessions", bare)
            show(f"create-payment, {size:,} sessions", create, f"{create.per_second / bare.per_second:.0%} of bare")
            show(f"get payment, {size:,} sessions", get, f"{get.per_second / create.per_second:.1f} × create")
            show(f"list of 50, {size:,} sessions", listing)


def main() -> None:
    if not shutil.which("wrk"):
        sys.exit("wrk is missing: apt-get install wrk")
    with database() as url, tempfile.TemporaryDirectory() as folder:
        os.environ |= {"DATABASE_URL": url, "PAYGATE_DATA_DIR": folder, "DJANGO_SETTINGS_MODULE": "benchmarks.settings"}
        subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], check=True)
        measure(Path(folder))


if __name__ == "__main__":
    main()
