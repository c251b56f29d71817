"""Deliveries under load, beside two usual ways to send webhooks, in one run: `make bench-webhooks`.

Needs PostgreSQL (DATABASE_URL names the server; databases of its own are made there and dropped) and Redis (REDIS_URL).
Prints tables for docs/benchmarks.md.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from benchmarks.senders import ENDPOINTS, HANGING, PayGate, Rival, Sender
from benchmarks.stand import (
    Came,
    Receivers,
    cpu_seconds,
    database,
    machine,
    percentile,
    receivers,
    wait_until,
)

COUNT = int(os.environ.get("BENCH_DELIVERIES", "5000"))
BACKLOG = int(os.environ.get("BENCH_BACKLOG", "100000"))
HANGING_EACH = 600
# A sender that is still not done after this has lost.
PATIENCE = 20
EVENTS, EVENTS_PER_SECOND = 200, 20
ANSWER_AFTER_MS = 5


def main() -> None:
    if not os.environ.get("REDIS_URL"):
        sys.exit("REDIS_URL is missing: the measured senders need Redis.")
    # Also then the workers are ended and the databases dropped.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    print(f"On {machine()}.\n")
    with ExitStack() as stack:
        url = stack.enter_context(database("paygate_bench_webhooks"))
        rivals_url = stack.enter_context(database("paygate_bench_rivals"))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        shops = stack.enter_context(receivers(ANSWER_AFTER_MS))
        (folder / "data" / "queue").mkdir(parents=True)
        os.environ |= {
            "DATABASE_URL": url,
            "RIVALS_DATABASE_URL": rivals_url,
            "PAYGATE_DATA_DIR": str(folder / "data"),
            "PAYGATE_ENV_FILE": os.devnull,
            "DJANGO_SETTINGS_MODULE": "benchmarks.settings",
            "REDIS_PREFIX": f"bench-{os.getpid()}:",
            "RIVALS_PREFIX": f"rivals-{os.getpid()}:",
            "WEBHOOK_ALLOW_NETS": "127.0.0.0/8",
        }
        subprocess.run([sys.executable, "manage.py", "migrate", "--no-input", "-v0"], check=True)
        Rival.prepare(shops)
        measure(shops, folder)
    print(f"\nLoad average at the end: {', '.join(f'{each:.1f}' for each in os.getloadavg())}.")


def measure(shops: Receivers, folder: Path) -> None:
    paygate = PayGate(shops, folder)
    senders = [
        Rival("plain: a Celery task and `requests` each", "plain", folder),
        Rival("django-webhook 0.0.15", "django-webhook", folder),
        paygate,
    ]
    alone = show_rates(senders, shops)
    show_latencies(senders, shops)
    show_fairness(senders, shops, alone)
    show_credits(shops, folder)
    show_backlog(paygate, shops)


def show_rates(senders: list[Sender], shops: Receivers) -> dict[str, Came]:
    print(f"| {COUNT:,} deliveries to {ENDPOINTS} endpoints | rate | worker's CPU each | ratio |\n|---|---|---|---|")
    alone: dict[str, Came] = {}
    for sender in senders:
        came, cpu_ms = drain(sender, COUNT, shops)
        alone[sender.path] = came
        ratio = came.per_second / alone["plain"].per_second
        print(f"| {sender.name} | {came.per_second:,.0f}/s | {cpu_ms:.2f} ms | {ratio:.1f} × |", flush=True)
    return alone


def drain(sender: Sender, count: int, shops: Receivers) -> tuple[Came, float]:
    """Return what came, and the worker's CPU time for each delivery in milliseconds."""
    shops.reset()
    sender.queue(count)
    with sender.worker() as process:
        wait_until(lambda: shops.came(sender.path).count, seconds=30)
        begun, cpu = shops.came(sender.path).count, cpu_seconds(process.pid)
        wait_until(lambda: shops.came(sender.path).count >= count, seconds=30 + count / 200, every=0.1)
        wait_until(sender.is_done, seconds=20, every=0.1)
        spent, came = cpu_seconds(process.pid) - cpu, shops.came(sender.path)
    sender.empty()
    if came.count != count:
        print(f"{sender.name}: {came.count:,} of {count:,} came.", file=sys.stderr)
    return came, spent * 1000 / max(1, came.count - begun)


def show_latencies(senders: list[Sender], shops: Receivers) -> None:
    print(f"\n| commit ► first byte, {EVENTS_PER_SECOND} events a second | p50 | p99 |\n|---|---|---|")
    for sender in senders:
        shops.reset()
        with sender.worker():
            # Ready once it has sent something.
            sender.queue(ENDPOINTS)
            wait_until(lambda sender=sender: shops.came(sender.path).count >= ENDPOINTS, seconds=30)
            committed = sender.pace(EVENTS, EVENTS_PER_SECOND)
            _show_times(sender.name, committed, sender.path, shops)
        sender.empty()


def _show_times(name: str, begun: dict[str, float], path: str, shops: Receivers) -> None:
    wait_until(lambda: begun.keys() <= shops.times(path).keys(), seconds=10)
    times = shops.times(path)
    taken = [(times[session] - moment) * 1000 for session, moment in begun.items() if session in times]
    if len(taken) != len(begun):
        print(f"{name}: {len(taken)} of {len(begun)} came.", file=sys.stderr)
    print(f"| {name} | {percentile(taken, 0.5):,.0f} ms | {percentile(taken, 0.99):,.0f} ms |", flush=True)


def show_fairness(senders: list[Sender], shops: Receivers, alone: dict[str, Came]) -> None:
    hanging = f"beside {HANGING} that never answer, {HANGING_EACH} queued before for each"
    print(f"\n| {COUNT:,} deliveries to healthy endpoints | alone | {hanging} | ratio |\n|---|---|---|---|")
    for sender in senders:
        shops.reset()
        sender.queue_hanging(HANGING * HANGING_EACH)
        sender.queue(COUNT)
        with sender.worker():
            wait_until(lambda sender=sender: shops.came(f"{sender.path}-hanging").count, seconds=30)
            done = wait_until(lambda sender=sender: shops.came(sender.path).count >= COUNT, seconds=PATIENCE)
        came, blocked = shops.came(sender.path), shops.came(f"{sender.path}-hanging")
        sender.empty()
        before = alone[sender.path].last - alone[sender.path].first
        taken = came.last - min(blocked.first, came.first or blocked.first) if done else float(PATIENCE)
        beside = f"{taken:.1f} s" if done else f"{came.count:,} sent in {PATIENCE} s, then stopped"
        ratio = f"{taken / before:.2f}" if done else "–"
        print(f"| {sender.name} | {before:.1f} s | {beside} | {ratio} |", flush=True)


def show_credits(shops: Receivers, folder: Path) -> None:
    print("\n| a bank's alert posted ► success ► first byte of the webhook | p50 | p99 |\n|---|---|---|")
    with database("paygate_bench_credits") as url:
        production = {**os.environ, "DATABASE_URL": url}
        _show_credits("PostgreSQL and Redis", "credits-redis", production, shops, folder)
    embedded = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL"}}
    _show_credits("embedded: SQLite, no Redis", "credits-embedded", embedded, shops, folder)


def _show_credits(name: str, path: str, environment: dict[str, str], shops: Receivers, folder: Path) -> None:
    shops.reset()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    (folder / path).mkdir()
    environment |= {"PORT": str(port), "PAYGATE_DATA_DIR": str(folder / path), "REDIS_PREFIX": f"{path}-{os.getpid()}:"}
    command = [sys.executable, "-m", "benchmarks.credits", shops.url(path, 0), "60", "5"]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    _show_times(name, json.loads(done.stdout), path, shops)


def show_backlog(paygate: PayGate, shops: Receivers) -> None:
    came, cpu_ms = drain(paygate, BACKLOG, shops)
    print(
        f"\n{BACKLOG:,} queued deliveries are sent in {came.last - came.first:.0f} s: {came.per_second:,.0f}/s, "
        f"{cpu_ms:.2f} ms of the worker's CPU each."
    )


if __name__ == "__main__":
    main()
