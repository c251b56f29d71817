"""A shop at a running PayGate: it takes test payments over HTTP and gets webhooks."""

import json
import math
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections import Counter
from typing import Any

import psycopg

from tests.paygate.processes import PATIENCE, ROOT, Installation
from tests.receivers import Receiver


class Shop:
    """Every answer is kept in `statuses`, and how long it took in `seconds`."""

    def __init__(self, installation: Installation, receiver: Receiver) -> None:
        self.installation = installation
        self.receiver = receiver
        self.statuses: Counter[int] = Counter()
        self.seconds: list[float] = []
        self.key = ""

    def open(self) -> "Shop":
        said = self._command(
            "create_api_key", "--label", "Asha", "--test", "--webhook-url", self.receiver.url, "--json"
        )
        self.key = json.loads(said)["key"]
        return self

    def create(self, number: int, **headers: str) -> dict[str, Any]:
        """Ask for a payment; return it, or nothing if it was refused for now."""
        # Prices of their own, so that many payments fit beside each other.
        order = {"amount": 100 + number, "merchant_ref": f"ORDER-{number}"}
        return self._post("/api/v1/create-payment", order, **headers).get("payment", {})

    def pay(self, session_id: str) -> bool:
        return self._post("/api/v1/test/credits", {"session_id": session_id, "kind": "exact"})["success"]

    def soonest_repetition(self) -> float:
        """Return the least seconds between two deliveries of one event, infinity if none came twice."""
        last: dict[str, float] = {}
        least = float("inf")
        for request in sorted(self.receiver.requests, key=lambda request: request.at):
            webhook_id = request.headers["webhook-id"]
            least = min(least, request.at - last.get(webhook_id, -math.inf))
            last[webhook_id] = request.at
        return least

    def told(self, event: str) -> set[str]:
        """Return the sessions of which this event has arrived."""
        bodies = [json.loads(request.body) for request in list(self.receiver.requests)]
        return {body["session_id"] for body in bodies if body["event"] == event}

    def sql(self, statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.installation.environment["DATABASE_URL"], autocommit=True) as connection:
            cursor = connection.execute(statement, parameters)
            return cursor.fetchall() if cursor.description else []

    def _post(self, path: str, body: dict[str, Any], **headers: str) -> dict[str, Any]:
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.installation.port}{path}",
            data=json.dumps(body).encode(),
            headers={"X-API-Key": self.key, "Content-Type": "application/json", **headers},
        )
        begun = time.perf_counter()
        status, answer = _answer(request)
        self.seconds.append(time.perf_counter() - begun)
        self.statuses[status] += 1
        # An error is JSON of the same shape, whatever fails beneath.
        assert answer["success"] is (status < 400)
        return answer

    def _command(self, *arguments: str) -> str:
        command = [sys.executable, "manage.py", *arguments]
        environment = {**self.installation.environment, "LOG_LEVEL": "ERROR"}
        return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=True).stdout.decode()


def _answer(request: urllib.request.Request) -> tuple[int, dict[str, Any]]:
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)
