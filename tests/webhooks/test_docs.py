"""docs/webhooks.md says what the code does."""

import json
import os
import re
import sqlite3
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks.webhooks import WebhookVerificationError

from payments.models import EventType
from tests.programs import NODE, install_node_packages, program
from webhooks import client, outcomes, schedule, services
from webhooks.models import DEFAULT_EVENTS, TEST_EVENT

TEXT = (Path(__file__).parents[2] / "docs" / "webhooks.md").read_text()
SHORTEST = timedelta(seconds=sum(schedule.DELAYS))
UNITS = {"second": 1, "minute": 60, "hour": 3600}


def samples(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", TEXT, re.DOTALL)


def test_the_retry_table_is_the_schedule():
    rows = re.findall(r"^\| (\d+) \| (\d+) (second|minute|hour)s \|$", TEXT, re.MULTILINE)
    assert [int(failure) for failure, _, _ in rows] == list(range(1, len(schedule.DELAYS) + 1))
    assert tuple(int(count) * UNITS[unit] for _, count, unit in rows) == schedule.DELAYS
    assert f"| {len(schedule.DELAYS) + 1} | it is given up" in TEXT


def test_the_events_are_all_there_and_the_default_ones_marked():
    rows = dict(re.findall(r"^\| `([a-z.]+)` \| .* \| (by default|on request|when asked for) \|$", TEXT, re.MULTILINE))
    assert set(rows) == {*EventType.values, TEST_EVENT}
    assert [event for event, sent in rows.items() if sent == "by default"] == list(DEFAULT_EVENTS)


@pytest.mark.parametrize(
    "said",
    [
        f"within {client.TOTAL_SECONDS:.0f} seconds ({client.CONNECT_SECONDS:.0f} to connect)",
        f"Up to {schedule.JITTER:.0%} is added".replace("%", " %"),
        f"fails {outcomes.DEGRADED_AFTER} times in a row",
        f"After {outcomes.DISABLED_AFTER.days} days of nothing",
        f"those of the last {schedule.WINDOW_IN_WORDS} are sent",
        f"given up, {SHORTEST.days} days and {SHORTEST.seconds // 3600} to {schedule.WINDOW.seconds // 3600} hours after",
        f"another {services.SECRET_OVERLAP.total_seconds() / 3600:.0f} hours",
        f"at most {client.READ_LIMIT // 1024} KB of an answer are read, and {client.KEEP_LIMIT // 1024} KB are kept",
    ],
)
def test_its_numbers_are_those_of_the_code(said):
    assert said in " ".join(TEXT.split())


@pytest.fixture
def request_received(db, endpoint, receiver, transactional_db):
    services.send_test(endpoint_id=endpoint.pk, actor="meera")
    services.deliver_due()
    return receiver.requests[0]


def test_the_headers_in_the_text_are_those_that_are_sent(request_received):
    shown = re.findall(r"^([A-Za-z-]+): ", samples("http")[0], re.MULTILINE)
    ours = {*request_received.headers} - {"Host", "Accept", "Accept-Encoding", "Content-Length"}
    assert set(shown) == ours


def test_the_python_samples_verify_what_is_sent(request_received, endpoint):
    verify, verify_standard = {}, {}
    exec(samples("python")[0], verify)
    exec(samples("python")[1], verify_standard)
    body, headers = request_received.body, dict(request_received.headers)

    assert verify["verify_webhook"](body, headers["X-Webhook-Signature"], endpoint.text)
    assert not verify["verify_webhook"](body + b" ", headers["X-Webhook-Signature"], endpoint.text)
    assert verify_standard["verify_standard_webhook"](body, headers, endpoint.text)["event"] == "webhook.test"
    with pytest.raises(WebhookVerificationError):
        verify_standard["verify_standard_webhook"](body + b" ", headers, endpoint.text)


def test_the_node_sample_verifies_what_is_sent(request_received, endpoint, tmp_path):
    calls = """
const [body, signature, secret] = process.argv.slice(2);
const bytes = Buffer.from(body);
console.log(verifyWebhook(bytes, signature, secret), verifyWebhook(Buffer.from(body + ' '), signature, secret),
            verifyWebhook(bytes, undefined, secret), verifyWebhook(bytes, 'zz', secret));
"""
    (tmp_path / "verify.mjs").write_text(samples("js")[0] + calls)
    signature = request_received.headers["X-Webhook-Signature"]
    command = [NODE, tmp_path / "verify.mjs", request_received.body.decode(), signature, endpoint.text]
    assert said_by(command).split() == ["true", "false", "false", "false"]


def test_the_node_sample_of_the_package_verifies_what_is_sent(request_received, endpoint, tmp_path):
    (tmp_path / "node_modules").symlink_to(install_node_packages())
    calls = """
const [body, headers, secret] = process.argv.slice(2);
console.log(verifyStandardWebhook(body, JSON.parse(headers), secret).event);
try {
  verifyStandardWebhook(body + ' ', JSON.parse(headers), secret);
} catch (error) {
  console.log('refused');
}
"""
    (tmp_path / "verify.mjs").write_text(samples("js")[1] + calls)
    headers = json.dumps(dict(request_received.headers))
    command = [NODE, tmp_path / "verify.mjs", request_received.body.decode(), headers, endpoint.text]
    assert said_by(command).split() == ["webhook.test", "refused"]


def test_the_php_sample_verifies_what_is_sent(request_received, endpoint, tmp_path):
    [sample] = samples("php")
    sample = sample.replace("<?php", "<?php $secret = getenv('SECRET');", 1).replace("php://input", "php://stdin")
    (tmp_path / "verify.php").write_text(sample + "echo $event['event'];")
    signature = request_received.headers["X-Webhook-Signature"]
    command = [program("php"), tmp_path / "verify.php"]
    environment = {"SECRET": endpoint.text, "HTTP_X_WEBHOOK_SIGNATURE": signature}

    assert said_by(command, stdin=request_received.body, env=environment) == "webhook.test"
    assert said_by(command, stdin=request_received.body + b" ", env=environment) == ""
    assert said_by(command, stdin=request_received.body, env={"SECRET": endpoint.text}) == ""


def test_the_go_sample_verifies_what_is_sent(request_received, endpoint, tmp_path):
    (tmp_path / "webhook").mkdir()
    (tmp_path / "go.mod").write_text("module shop\n\ngo 1.19\n")
    (tmp_path / "webhook" / "verify.go").write_text(samples("go")[0])
    (tmp_path / "main.go").write_text("""
package main

import (
	"fmt"
	"os"
	"shop/webhook"
)

func main() {
	body, signature, secret := []byte(os.Args[1]), os.Args[2], os.Args[3]
	fmt.Println(webhook.Verify(body, signature, secret), webhook.Verify(append(body, ' '), signature, secret),
		webhook.Verify(body, "", secret), webhook.Verify(body, "zz", secret), webhook.Verify(body, signature, "other"))
}
""")
    signature = request_received.headers["X-Webhook-Signature"]
    command = [program("go"), "run", ".", request_received.body.decode(), signature, endpoint.text]
    environment = {**os.environ, "GOFLAGS": "-mod=mod", "GOPROXY": "off", "GOCACHE": str(tmp_path / "cache")}
    assert said_by(command, env=environment, cwd=tmp_path).split() == ["true", "false", "false", "false", "false"]


def test_the_sql_sample_handles_an_event_once():
    [sample] = samples("sql")
    shop = sqlite3.connect(":memory:", isolation_level=None)
    shop.execute("CREATE TABLE handled_webhooks (id text PRIMARY KEY)")
    shop.execute("CREATE TABLE orders (reference text, amount numeric, paid_at text)")
    shop.execute("INSERT INTO orders VALUES ('ORDER-123', 100, NULL), ('ORDER-124', 100, NULL)")
    shop.executescript(sample)
    first = shop.execute("SELECT * FROM orders").fetchall()
    shop.executescript(sample)

    assert [paid_at is None for _, _, paid_at in first] == [False, True]
    assert shop.execute("SELECT * FROM orders").fetchall() == first
    assert shop.execute("SELECT count(*) FROM handled_webhooks").fetchone() == (1,)


def said_by(command: list[Any], *, stdin: bytes = b"", **options: Any) -> str:
    done = subprocess.run(command, input=stdin, capture_output=True, timeout=120, check=False, **options)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()
