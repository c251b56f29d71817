"""The web server as the start command runs it: `python -m paygate.web PARENT_PID`."""

import os
import signal
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string
from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server import Server

from paygate import lifeline

STOP_SECONDS = 20


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "paygate.settings")
    lifeline.die_with(int(sys.argv[1]))
    server = Server(
        "paygate.wsgi:application",
        address=settings.WEB_HOST,
        port=settings.PORT,
        interface=Interfaces.WSGI,
        workers=settings.WEB_PROCESSES,
        blocking_threads=settings.WEB_THREADS,
        blocking_threads_idle_timeout=600,
        websockets=False,
        log_level=LogLevels.warning,
        respawn_failed_workers=settings.WEB_PROCESSES > 1,
        workers_kill_timeout=STOP_SECONDS,
    )
    server.serve(target_loader=partial(_load_application, os.getpid()), wrap_loader=False)


def _load_application(server_pid: int) -> Callable[..., Any]:
    # The handlers inherited from the server only set a flag that nobody reads here: until this process has its own,
    # a SIGTERM must simply end it.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    lifeline.die_with(server_pid)
    application: Callable[..., Any] = import_string("paygate.wsgi.application")
    return application


if __name__ == "__main__":
    main()
