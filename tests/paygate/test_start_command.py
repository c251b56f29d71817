"""The one-command start, as somebody runs it: real web server, real worker, real signals."""

import os
import re
import signal
import socket
import sqlite3
import time
import urllib.request
from contextlib import closing

import pytest

from tests.paygate.processes import ROOT, Installation, children_of, eventually, is_running

RESTARTED = "starting it again"


def answers(installation: Installation, path: str = "/healthz") -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{installation.port}{path}", timeout=10) as response:
            return response.status == 200
    except OSError:
        return False


def urlopen(installation: Installation, path: str) -> bytes:
    with urllib.request.urlopen(f"http://127.0.0.1:{installation.port}{path}", timeout=10) as response:
        return response.read()


def accounts(installation: Installation) -> tuple[int, int]:
    with closing(sqlite3.connect(installation.data / "paygate.sqlite3")) as database:
        count = "SELECT (SELECT count(*) FROM auth_user), (SELECT count(*) FROM apikeys_apikey)"
        return database.execute(count).fetchone()


def test_the_first_start_says_all_one_needs_and_the_second_only_where_it_is(installation):
    installation.start_and_wait()
    first = installation.said()
    assert re.search(r"^  Staff login  admin / \S{16}$", first, re.MULTILINE)
    assert re.search(r"^  Test key     pgk_test_[\w-]{43}$", first, re.MULTILINE)
    assert f"  Back office  http://localhost:{installation.port}/admin/\n" in first
    assert f"  API guide    http://localhost:{installation.port}/docs\n" in first
    assert answers(installation, "/admin/login/")
    assert installation.end() == 0

    installation.log.unlink()
    installation.start_and_wait()
    second = installation.said()
    assert f"  Back office  http://localhost:{installation.port}/admin/\n" in second
    assert "Staff login" not in second
    assert "pgk_" not in second
    assert accounts(installation) == (1, 1)


def test_the_worker_works(installation):
    installation.start_and_wait()
    eventually(lambda: b'"degraded": false' in urlopen(installation, "/readyz"))


def test_whatever_process_dies_runs_again(installation):
    installation.start_and_wait()
    web, worker = (int(child) for child in installation.direct_children())
    # The server that listens, the process behind it that answers, the worker.
    for victim, program in [(web, "web"), (None, "web"), (worker, "worker")]:
        if victim is None:
            victim = next(pid for pid in installation.direct_children() if pid != worker)
            victim = children_of(victim)[0]
        said = installation.said().count(f"The {program} process ended")
        before = set(installation.processes())
        os.kill(victim, signal.SIGKILL)
        eventually(lambda said=said, program=program: installation.said().count(f"The {program} process ended") > said)
        eventually(lambda before=before: len(installation.direct_children()) == 2 and answers(installation))
        gone = before - set(installation.processes())
        assert victim in gone
        assert not any(is_running(pid) for pid in gone)


def all_four(installation: Installation) -> list[int]:
    """The web server and the process behind it, the worker and its beat."""
    eventually(lambda: len(installation.processes()) == 4)
    return installation.processes()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_to_the_whole_process_group_ends_everything_in_order(installation, number):
    installation.start_and_wait()
    processes = all_four(installation)

    os.killpg(installation.process.pid, number)

    assert installation.process.wait(40) == 0
    assert not any(is_running(pid) for pid in processes)
    assert RESTARTED not in installation.said()
    assert installation.said().endswith("PayGate has stopped.\n")


def test_a_signal_to_every_process_restarts_none(installation):
    """What `systemctl stop` and `docker stop` without an init do."""
    installation.start_and_wait()
    processes = all_four(installation)

    for pid in [*processes, installation.process.pid]:
        os.kill(pid, signal.SIGTERM)

    assert installation.process.wait(40) == 0
    assert not any(is_running(pid) for pid in processes)


def test_nothing_outlives_a_killed_start_command(installation):
    installation.start_and_wait()
    processes = all_four(installation)

    installation.process.kill()
    installation.process.wait()

    eventually(lambda: not any(is_running(pid) for pid in processes), 10)
    installation.start_and_wait()
    assert accounts(installation) == (1, 1)


def test_it_may_be_ended_while_it_starts(installation):
    installation.start()
    eventually(lambda: (installation.data / "run.lock").exists())
    assert installation.end() in {0, 130}
    assert "Traceback" not in installation.said()


def test_a_port_in_use_is_one_line(installation):
    with closing(socket.create_server(("127.0.0.1", installation.port))):
        started_at = time.monotonic()
        assert installation.start().process.wait(40) == 1
    assert installation.said() == (
        f"PayGate cannot start: port {installation.port} on 127.0.0.1 cannot be used (Address already in use). "
        "End what listens there, or choose another: PORT=3001 make run\n"
    )
    assert time.monotonic() - started_at < 20
    assert not (installation.data / "paygate.sqlite3").exists()


def test_a_second_one_in_the_same_data_directory_is_one_line(installation, tmp_path):
    installation.start_and_wait()
    second = Installation(tmp_path / "second")
    (tmp_path / "second").mkdir()
    second.environment["PAYGATE_DATA_DIR"] = str(installation.data)

    assert second.start().process.wait(40) == 1
    assert second.said() == (
        f"PayGate cannot start: it runs already with the data directory {installation.data} "
        f"(process {installation.process.pid}).\n"
    )
    assert answers(installation)


def test_a_database_that_cannot_be_reached_is_named_without_its_password(installation):
    installation.environment["DATABASE_URL"] = "postgres://asha:hunter2@127.0.0.1:1/shop"
    impatient = "import sys; from paygate import runner; runner.DATABASE_SECONDS = 1; sys.exit(runner.main())"
    installation.command = ["-c", impatient]
    installation.start()
    eventually(lambda: "Waiting for the database shop at 127.0.0.1:1 …" in installation.said())
    assert installation.process.wait(60) == 1
    last = installation.said().splitlines()[-1]
    assert last.startswith("PayGate cannot start: the database shop at 127.0.0.1:1 cannot be reached: ")
    assert "hunter2" not in installation.said()


def test_nothing_is_written_outside_the_data_directory(installation, tmp_path):
    elsewhere = {name: tmp_path / name.lower() for name in ("HOME", "TMPDIR", "XDG_RUNTIME_DIR", "XDG_CACHE_HOME")}
    for directory in elsewhere.values():
        directory.mkdir()
    installation.environment |= {name: str(directory) for name, directory in elsewhere.items()}
    before = sorted(path.name for path in ROOT.iterdir())

    installation.start_and_wait()
    eventually(lambda: b'"degraded": false' in urlopen(installation, "/readyz"))
    assert installation.end() == 0

    assert [path for directory in elsewhere.values() for path in directory.rglob("*")] == []
    assert sorted(path.name for path in ROOT.iterdir()) == before
    assert installation.data.stat().st_mode & 0o777 == 0o700


def test_production_makes_no_secrets_and_no_accounts(installation):
    installation.environment["PAYGATE_ENV"] = "production"
    assert installation.start().process.wait(40) == 1
    assert "Set SECRET_KEY" in installation.said()
    assert installation.said().count("\n") == 1

    installation.log.unlink()
    installation.environment["SECRET_KEY"] = "only-for-tests-0123456789-abcdefghijklmnopqrstuvwxyz"
    installation.environment["PAYGATE_ENCRYPTION_KEYS"] = "1:" + "A" * 43 + "="
    installation.start_and_wait()
    assert "Staff login" not in installation.said()
    assert accounts(installation) == (0, 0)
    assert not (installation.data / "keys").exists()
