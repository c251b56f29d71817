"""Merchants' servers for the benchmarks, in one cheap process: `python -m benchmarks.receiver DELAY_MS`.

Prints two ports: one answers 200 after the delay, the other accepts and never answers. It listens on all of
127.0.0.0/8, so that each endpoint can have an address of its own. `GET /counts` tells what came since `GET /reset`, by
the first part of the path; `GET /times/<part>` the moment of the first byte of each session's first delivery.
"""

import asyncio
import json
import re
import sys
import time
from dataclasses import dataclass, field

SESSION = re.compile(rb'"session_id": ?"([^"]+)"')
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok"


@dataclass
class Lane:
    """What came to one kind of sender's endpoints."""

    count: int = 0
    first: float = 0
    last: float = 0
    times: dict[str, float] = field(default_factory=dict)

    def note(self, moment: float, body: bytes) -> None:
        self.first = self.first or moment
        self.last = moment
        self.count += 1
        if found := SESSION.search(body):
            self.times.setdefault(found[1].decode(), moment)


lanes: dict[str, Lane] = {}


class Receiver(asyncio.Protocol):
    def __init__(self, delay: float | None) -> None:
        self.delay = delay
        self.buffer = b""
        self.begun = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.begun = self.begun or time.time()
        self.buffer += data
        head, end, rest = self.buffer.partition(b"\r\n\r\n")
        if not end:
            return
        length = re.search(rb"content-length: ?(\d+)", head, re.IGNORECASE)
        size = int(length[1]) if length else 0
        if len(rest) < size:
            return
        self.buffer = rest[size:]
        begun, self.begun = self.begun, 0.0
        method, path, _ = head.split(b" ", 2)
        if method == b"GET":
            self._tell(path.decode())
            return
        lanes.setdefault(path.decode().split("/")[1], Lane()).note(begun, rest[:size])
        if self.delay is not None:
            asyncio.get_running_loop().call_later(self.delay, self._answer)

    def _answer(self) -> None:
        if not self.transport.is_closing():
            self.transport.write(ANSWER)

    def _tell(self, path: str) -> None:
        _, what, *name = path.split("/")
        if what == "reset":
            lanes.clear()
        body = json.dumps(lanes.get(name[0], Lane()).times if what == "times" else _counts()).encode()
        self.transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)


def _counts() -> dict[str, dict[str, float]]:
    return {name: {"count": lane.count, "first": lane.first, "last": lane.last} for name, lane in lanes.items()}


async def main() -> None:
    loop = asyncio.get_running_loop()
    delays = (float(sys.argv[1]) / 1000, None)
    servers = [
        await loop.create_server(lambda delay=delay: Receiver(delay), "0.0.0.0", 0, backlog=4096) for delay in delays
    ]
    print(*(server.sockets[0].getsockname()[1] for server in servers), flush=True)
    await asyncio.gather(*(server.serve_forever() for server in servers))


if __name__ == "__main__":
    asyncio.run(main())
