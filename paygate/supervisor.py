"""Keeping child processes alive until this one is told to stop, and ending all of them then."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from types import FrameType

LOOK_SECONDS = 0.1
STOP_SECONDS = 30.0
FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 30.0
# A child that ran this long was healthy: its next death starts the back-off anew.
HEALTHY_SECONDS = 60.0
SAME_SIGNAL_SECONDS = 1.0


@dataclass
class Child:
    """A program to keep running, in a process group of its own: a Ctrl-C in the terminal reaches the parent alone."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    say: Callable[[str], None]
    process: subprocess.Popen[bytes] | None = None
    pause: float = FIRST_PAUSE_SECONDS
    started_at: float = field(default=0.0)
    start_at: float = field(default=0.0)

    def look(self) -> None:
        """Start the program where it does not run and its back-off is over."""
        if self.process is None:
            if time.monotonic() >= self.start_at:
                self._start()
        elif (code := self.process.poll()) is not None:
            self._schedule_restart(code)

    def _start(self) -> None:
        self.started_at = time.monotonic()
        self.process = subprocess.Popen(  # noqa: S603 (our own module)
            self.command, env=dict(self.environment), stdin=subprocess.DEVNULL, start_new_session=True
        )

    def _schedule_restart(self, code: int) -> None:
        self.kill()
        now = time.monotonic()
        if now - self.started_at >= HEALTHY_SECONDS:
            self.pause = FIRST_PAUSE_SECONDS
        self.say(f"The {self.name} process ended ({_describe(code)}); starting it again in {self.pause:g} s.")
        self.start_at = now + self.pause
        self.pause = min(2 * self.pause, LONGEST_PAUSE_SECONDS)
        self.process = None

    def ask_to_end(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()

    def ended(self) -> bool:
        return self.process is None or self.process.poll() is not None

    def kill(self) -> None:
        """Kill the program and whatever it started and left behind."""
        if self.process is None:
            return
        # Either error means that the whole group is gone; macOS says it with the second.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


class Supervisor:
    """Runs children until SIGINT, SIGTERM or SIGHUP; a second one ends them at once."""

    def __init__(self, children: Sequence[Child], *, stop_seconds: float = STOP_SECONDS) -> None:
        self.children = children
        self.stop_seconds = stop_seconds
        self._asked_at: float | None = None
        self._impatient = False

    def run(self) -> None:
        """Return when every child has ended, on request only: a child that dies by itself is started again."""
        self._listen()
        try:
            while self._asked_at is None:
                for child in self.children:
                    child.look()
                time.sleep(LOOK_SECONDS)
            self._stop()
        finally:
            for child in self.children:
                child.kill()

    def _listen(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            # nohup has SIGHUP ignored, and means it.
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
                signal.signal(number, self._receive)

    def _receive(self, number: int, frame: FrameType | None) -> None:
        now = time.monotonic()
        if self._asked_at is None:
            self._asked_at = now
        # `make` passes on the signal that the terminal or init has sent to everybody: that is the first one again.
        elif now - self._asked_at > SAME_SIGNAL_SECONDS:
            self._impatient = True

    def _stop(self) -> None:
        for child in self.children:
            child.ask_to_end()
        deadline = time.monotonic() + self.stop_seconds
        while not self._impatient and time.monotonic() < deadline:
            if all(child.ended() for child in self.children):
                return
            time.sleep(LOOK_SECONDS)


def _describe(code: int) -> str:
    return f"exit code {code}" if code >= 0 else signal.Signals(-code).name
