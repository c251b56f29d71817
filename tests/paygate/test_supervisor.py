"""The supervisor with small programs; the real ones are in test_start_command.py."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.paygate.processes import PATIENCE, ROOT, children_of, eventually, is_running

PARENT = """
    import os, sys
    from paygate.supervisor import Child, Supervisor
    programs = {programs!r}
    Supervisor(
        [Child(name, [sys.executable, "-c", code], os.environ, lambda line: print(line, flush=True))
         for name, code in programs.items()],
        stop_seconds={stop_seconds},
    ).run()
    print("over", flush=True)
"""
SLEEPER = "import os, time; open('{name}.pid', 'a').write(f'{{os.getpid()}} '); time.sleep(600)"
FINISHER = """
import os, signal, time
def finish(*_):
    time.sleep(0.5)
    open('finished', 'w').close()
    raise SystemExit
signal.signal(signal.SIGTERM, finish)
open('finisher.pid', 'w').write(str(os.getpid()))
time.sleep(600)
"""
STUBBORN = """
import os, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
open('stubborn.pid', 'w').write(str(os.getpid()))
time.sleep(600)
"""
LEAVES_A_CHILD = """
import os, subprocess, sys, time
child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])
open('parent.pid', 'a').write(f'{os.getpid()} ')
open('grandchild.pid', 'a').write(f'{child.pid} ')
time.sleep(600)
"""


class Parent(subprocess.Popen[bytes]):
    """A supervisor in a process of its own; what it says goes to a file, which no survivor keeps open."""

    log: Path

    def said(self) -> str:
        self.wait(PATIENCE)
        return self.log.read_text(encoding="utf-8")


@pytest.fixture
def supervise(tmp_path: Path) -> Iterator[Callable[..., Parent]]:
    started: list[Parent] = []

    def supervise(stop_seconds: float = 30, **programs: str) -> Parent:
        code = textwrap.dedent(PARENT.format(programs=programs, stop_seconds=stop_seconds))
        with (tmp_path / "log").open("wb") as log:
            parent = Parent(
                [sys.executable, "-c", code],
                cwd=tmp_path,
                env={**os.environ, "PYTHONPATH": str(ROOT)},
                stdout=log,
                start_new_session=True,
            )
        parent.log = tmp_path / "log"
        started.append(parent)
        return parent

    yield supervise
    for parent in started:
        survivors = children_of(parent.pid) if parent.poll() is None else []
        parent.kill()
        parent.wait()
        for pid in survivors:
            os.kill(pid, signal.SIGKILL)


@pytest.fixture
def pids(tmp_path: Path) -> Callable[[str], list[int]]:
    def pids(name: str) -> list[int]:
        file = tmp_path / f"{name}.pid"
        return [int(text) for text in file.read_text(encoding="utf-8").split()] if file.exists() else []

    return pids


def test_a_child_that_dies_is_started_again_and_later_each_time(supervise, tmp_path):
    parent = supervise(crashing="open('starts', 'a').write('x'); raise SystemExit(3)")

    eventually(lambda: (tmp_path / "starts").exists() and len((tmp_path / "starts").read_text()) >= 3)
    parent.send_signal(signal.SIGTERM)
    said = parent.said()

    assert "The crashing process ended (exit code 3); starting it again in 1 s." in said
    assert "The crashing process ended (exit code 3); starting it again in 2 s." in said
    assert said.endswith("over\n")


def test_what_a_dead_child_had_started_is_ended_before_it_starts_again(supervise, pids):
    supervise(parent=LEAVES_A_CHILD)
    eventually(lambda: pids("grandchild"))

    os.kill(pids("parent")[0], signal.SIGKILL)

    eventually(lambda: len(pids("parent")) == 2)
    assert not is_running(pids("grandchild")[0])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_to_the_whole_group_ends_all_and_restarts_none(supervise, pids, number):
    parent = supervise(one=SLEEPER.format(name="one"), two=SLEEPER.format(name="two"))
    eventually(lambda: pids("one") and pids("two"))

    os.killpg(parent.pid, number)

    assert parent.said() == "over\n"
    assert parent.returncode == 0
    assert not any(is_running(pid) for pid in pids("one") + pids("two"))


def test_children_that_get_the_signal_too_are_not_restarted(supervise, pids):
    parent = supervise(one=SLEEPER.format(name="one"), two=SLEEPER.format(name="two"))
    eventually(lambda: pids("one") and pids("two"))

    for pid in [*pids("one"), *pids("two"), parent.pid]:
        os.kill(pid, signal.SIGTERM)
    parent.wait(PATIENCE)

    assert (len(pids("one")), len(pids("two"))) == (1, 1)


def test_a_child_may_finish_what_it_does(supervise, pids, tmp_path):
    parent = supervise(finisher=FINISHER)
    eventually(lambda: pids("finisher"))

    parent.send_signal(signal.SIGTERM)
    parent.wait(PATIENCE)

    assert (tmp_path / "finished").exists()


def test_a_child_that_does_not_end_is_killed_when_its_time_is_over(supervise, pids):
    parent = supervise(stop_seconds=0.5, stubborn=STUBBORN)
    eventually(lambda: pids("stubborn"))

    parent.send_signal(signal.SIGTERM)
    parent.wait(10)

    assert not is_running(pids("stubborn")[0])


def test_a_second_signal_ends_everything_at_once(supervise, pids):
    parent = supervise(stop_seconds=600, stubborn=STUBBORN)
    eventually(lambda: pids("stubborn"))
    deadline = time.monotonic() + 30

    while parent.poll() is None and time.monotonic() < deadline:
        parent.send_signal(signal.SIGINT)
        try:
            parent.wait(0.7)
        except subprocess.TimeoutExpired:
            continue

    assert parent.returncode == 0
    assert not is_running(pids("stubborn")[0])


def test_the_same_signal_twice_at_once_is_one(supervise, pids, tmp_path):
    """`make` passes on what the whole group has got already."""
    parent = supervise(finisher=FINISHER)
    eventually(lambda: pids("finisher"))

    parent.send_signal(signal.SIGTERM)
    parent.send_signal(signal.SIGINT)
    parent.wait(PATIENCE)

    assert (tmp_path / "finished").exists()


def test_nohup_is_respected(supervise, pids):
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        parent = supervise(one=SLEEPER.format(name="one"))
        eventually(lambda: pids("one"))
    finally:
        signal.signal(signal.SIGHUP, before)

    parent.send_signal(signal.SIGHUP)
    with pytest.raises(subprocess.TimeoutExpired):
        parent.wait(1)


LIFELINE = """
    import os, subprocess, sys, time
    if len(sys.argv) == 1:
        subprocess.Popen([sys.executable, __file__, str(os.getpid())])
    else:
        from paygate import lifeline
        if {kernel_is_no_help}:
            lifeline._ask_kernel = lambda number: False
        lifeline.die_with(int(sys.argv[1]))
        open("child.pid", "w").write(str(os.getpid()))
    time.sleep(600)
"""


@pytest.mark.parametrize("kernel_is_no_help", [False, True])
def test_a_process_ends_with_its_parent_even_if_that_is_killed(tmp_path, pids, kernel_is_no_help):
    program = tmp_path / "program.py"
    program.write_text(textwrap.dedent(LIFELINE.format(kernel_is_no_help=kernel_is_no_help)), encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    parent = subprocess.Popen([sys.executable, str(program)], cwd=tmp_path, env=environment)
    eventually(lambda: pids("child"))
    child = pids("child")[0]
    assert is_running(child)

    parent.kill()
    parent.wait()

    eventually(lambda: not is_running(child), 10)


def test_a_process_whose_parent_has_gone_already_ends_too(tmp_path):
    code = "from paygate import lifeline; lifeline.die_with(1 << 22); print('outlived it')"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (-signal.SIGKILL, b"")
