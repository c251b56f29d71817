"""A merchant's server that takes everything, as cheaply as Python can: prints its port, then, once told to stop, what it
has got: how many requests, and how many different `webhook-id`s.
"""

import asyncio
import re
import sys

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
ID = re.compile(rb"webhook-id: *(\S+)", re.IGNORECASE)

requests = 0
ids: set[bytes] = set()


class Sink(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport, self.buffer = transport, b""

    def data_received(self, data: bytes) -> None:
        global requests
        self.buffer += data
        while b"\r\n\r\n" in self.buffer:
            head, _, rest = self.buffer.partition(b"\r\n\r\n")
            length = int(LENGTH.search(head)[1])
            if len(rest) < length:
                return
            self.buffer = rest[length:]
            requests += 1
            ids.add(ID.search(head)[1])
            self.transport.write(ANSWER)


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


async def main() -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Sink, "127.0.0.1", 0)
    say(str(server.sockets[0].getsockname()[1]))
    await loop.run_in_executor(None, sys.stdin.readline)
    say(f"{requests} {len(ids)}")


asyncio.run(main())
