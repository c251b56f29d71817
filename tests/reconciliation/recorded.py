"""Requests as phone apps send them, in `fixtures/forwarders/*.http`: a request line, headers, an empty line, the body."""

from dataclasses import dataclass, field
from pathlib import Path

from django.test import Client

DIRECTORY = Path(__file__).parent / "fixtures" / "forwarders"
NAMES = sorted(path.stem for path in DIRECTORY.glob("*.http"))
HEARTBEATS = [name for name in NAMES if name.startswith("heartbeat")]
MESSAGES = [name for name in NAMES if name not in HEARTBEATS]


@dataclass(frozen=True)
class Recorded:
    """`path` holds `{token}`; the body is as it is before it goes out in chunks."""

    path: str
    headers: dict[str, str]
    body: bytes = field(repr=False)

    @property
    def is_chunked(self) -> bool:
        return self.headers.get("Transfer-Encoding") == "chunked"

    def replace(self, old: str, new: str) -> "Recorded":
        return Recorded(self.path.replace(old, new), self.headers, self.body.replace(old.encode(), new.encode()))

    def send(self, token: str):
        """Post it through Django, which has put chunks together by then."""
        headers = {name: value for name, value in self.headers.items() if name not in {"Host", "Transfer-Encoding"}}
        content_type = headers.pop("Content-Type", "")
        client = Client(raise_request_exception=False)
        return client.post(self.path.format(token=token), self.body, content_type=content_type, headers=headers)


def recorded(name: str) -> Recorded:
    head, _, body = (DIRECTORY / f"{name}.http").read_bytes().partition(b"\n\n")
    request, *lines = head.decode().splitlines()
    headers = dict(line.split(": ", 1) for line in lines)
    return Recorded(request.split()[1], headers, body)
