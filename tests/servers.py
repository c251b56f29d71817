"""Servers of a test's own, which it may stop, freeze and restart: Redis and PostgreSQL on free ports."""

import os
import shutil
import signal
import socket
import subprocess
import threading
from contextlib import closing, suppress
from pathlib import Path

from tests.paygate.processes import PATIENCE, eventually, free_port


class Redis:
    """A Redis without a memory of its own on disk."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> "Redis":
        command = ["redis-server", "--bind", "127.0.0.1", "--port", str(self.port), "--save", "", "--appendonly", "no"]
        with (self.directory / "redis.log").open("ab") as log:
            self.process = subprocess.Popen([*command, "--dir", str(self.directory)], stdout=log, stderr=log)
        eventually(lambda: self.says("PING") == b"+PONG\r\n")
        return self

    def says(self, command: str) -> bytes:
        """Return the answer to one command, nothing if there is none within a second."""
        with suppress(OSError), closing(socket.create_connection(("127.0.0.1", self.port), timeout=1)) as connection:
            connection.sendall(f"{command}\r\n".encode())
            return connection.recv(1000)
        return b""

    def freeze(self) -> None:
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        self.process.kill()
        self.process.wait(PATIENCE)


class Mute:
    """Listens where a server should, accepts every connection and never says a word. Nor does it hang up: whoever is
    connected has to find out alone that nothing comes any more.
    """

    def __init__(self, port: int) -> None:
        self.accepted: list[socket.socket] = []
        self.socket = socket.create_server(("127.0.0.1", port), backlog=100)
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                self.accepted.append(self.socket.accept()[0])

    def close(self) -> None:
        # A thread in `accept` would keep the port.
        with suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()

    def hang_up(self) -> None:
        for connection in self.accepted:
            connection.close()


class PostgreSQL:
    """A database server with its own data directory. It refuses to run as root, so root runs it as `postgres`."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.data = directory / "data"
        self.port = free_port()
        self.url = f"postgres://paygate@127.0.0.1:{self.port}/paygate"
        self.bin = max(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
        self.as_user: list[str] = []
        if os.getuid() == 0:
            shutil.chown(directory, "postgres")
            self.as_user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"]

    def start(self) -> "PostgreSQL":
        self._run("initdb", "--username=paygate", "--auth=trust", "--encoding=UTF8", "--no-sync", "-D", str(self.data))
        options = f"-p {self.port} -k {self.directory} -c listen_addresses=127.0.0.1 -c max_connections=100"
        self._run("pg_ctl", "start", "-w", "-D", str(self.data), "-l", str(self.directory / "log"), "-o", options)
        self._run("createdb", "-h", "127.0.0.1", "-p", str(self.port), "-U", "paygate", "paygate")
        return self

    def restart(self, mode: str) -> None:
        self._run("pg_ctl", "restart", "-w", "-m", mode, "-D", str(self.data), "-l", str(self.directory / "log"))

    def stop(self) -> None:
        self._run("pg_ctl", "stop", "-w", "-m", "immediate", "-D", str(self.data))

    def _run(self, program: str, *arguments: str) -> None:
        command = [*self.as_user, str(self.bin / program), *arguments]
        done = subprocess.run(
            command, cwd=self.directory, stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE, check=False
        )
        assert done.returncode == 0, done.stderr.decode()
