"""One Celery worker with beat inside, as the start command runs it: `python -m paygate.worker PARENT_PID`."""

import os
import sys
import warnings
from functools import partial
from typing import Any

from celery import signals

from paygate import lifeline
from paygate.celery import app

THREADS = 4


def main() -> None:
    lifeline.die_with(int(sys.argv[1]))
    signals.beat_embedded_init.connect(partial(_hold_beat, os.getpid()), weak=False)
    # Celery warns because a pickled message could run anything; here messages are JSON.
    warnings.filterwarnings("ignore", message="You're running the worker with superuser privileges")
    app.worker_main(
        [
            "--quiet",
            "worker",
            "--beat",
            "--pool=threads",
            f"--concurrency={THREADS}",
            "--without-gossip",
            "--without-mingle",
            "--without-heartbeat",
        ]
    )


def _hold_beat(worker_pid: int, **kwargs: Any) -> None:
    lifeline.die_with(worker_pid)


if __name__ == "__main__":
    main()
