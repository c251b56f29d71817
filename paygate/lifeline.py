"""Ending with the parent: no process may outlive the one that supervises it, even if that one is killed outright."""

import ctypes
import os
import signal
import sys
import threading

_PR_SET_PDEATHSIG = 1
_LOOK_SECONDS = 0.5


def die_with(parent_pid: int, death_signal: signal.Signals = signal.SIGKILL) -> None:
    """Have this process receive `death_signal` once its parent, `parent_pid`, is gone.

    On Linux the kernel sees to it; elsewhere a thread looks who the parent is. Neither is inherited by a fork.
    """
    if sys.platform != "linux" or not _ask_kernel(death_signal):
        threading.Thread(target=_watch, args=(parent_pid, death_signal), name="lifeline", daemon=True).start()
    elif os.getppid() != parent_pid:
        os.kill(os.getpid(), death_signal)  # it went before the kernel was asked


def _ask_kernel(death_signal: signal.Signals) -> bool:
    return bool(ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0) == 0)


def _watch(parent_pid: int, death_signal: signal.Signals) -> None:
    pause = threading.Event()
    while os.getppid() == parent_pid:
        pause.wait(_LOOK_SECONDS)
    os.kill(os.getpid(), death_signal)
