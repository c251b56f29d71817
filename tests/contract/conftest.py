import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.programs import NODE
from tests.receivers import endpoint, receiver, start_receiver

__all__ = ["endpoint", "receiver", "start_receiver"]


@pytest.fixture(scope="session")
def verified_by_node() -> Iterator[Callable[[bytes, str, str], dict[str, Any]]]:
    """Hand a body, a signature and a secret to the guide's own sample, in one Node that stays up."""
    node = subprocess.Popen(
        [NODE, Path(__file__).parent / "receiver.mjs"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )

    def verify(body: bytes, signature: str, secret: str) -> dict[str, Any]:
        line = json.dumps({"body": body.decode(), "signature": signature, "secret": secret})
        node.stdin.write(line.encode() + b"\n")
        node.stdin.flush()
        return json.loads(node.stdout.readline())

    yield verify
    node.stdin.close()
    node.wait(10)
    node.stdout.close()
