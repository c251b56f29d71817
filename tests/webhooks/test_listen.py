"""`manage.py listen`: events over the API, forwarded as signed webhooks to a developer's machine."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from standardwebhooks import Webhook

from webhooks import services, signing

pytestmark = pytest.mark.django_db(transaction=True)
ROOT = Path(__file__).parents[2]
SECRET = signing.mint_secret()


@pytest.fixture
def listen(live_server, receiver):
    """Start the real command and stop it as a developer does, with Ctrl-C."""
    processes = []

    def listen(key_text, *more):
        command = [sys.executable, "-u", "manage.py", "listen", "--api", live_server.url, "--key", key_text]
        command += ["--forward-to", f"{receiver.url}/webhook", "--secret", SECRET, *more]
        environment = os.environ | {"DJANGO_SETTINGS_MODULE": "tests.settings"}
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
        processes.append(process)
        return process

    yield listen
    for process in processes:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)


def wait_for(condition):
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_events_arrive_signed_byte_for_byte(asha, pay, listen, receiver):
    first, second = pay(asha), pay(asha, 500)
    services.fan_out_events()

    process = listen(asha.text, "--from", "0")

    wait_for(lambda: len(receiver.requests) == 2)
    events = [session.events.get() for session in (first, second)]
    assert [request.body.decode() for request in receiver.requests] == [event.body for event in events]
    for request in receiver.requests:
        Webhook(SECRET).verify(request.body, dict(request.headers))
        assert request.headers["X-Webhook-Signature"] == signing.body_signature(SECRET, request.body)
        assert request.headers["X-Webhook-Event"] == "payment.success"
    assert "Forwarding events" in process.stdout.readline()
    assert process.stdout.readline() == "Ready. The feed goes on from 2.\n"
    assert process.stdout.readline() == f"payment.success {first.session_id} ► 200\n"


def test_it_begins_with_what_happens_from_now_on(asha, pay, listen, receiver):
    pay(asha)
    services.fan_out_events()
    process = listen(asha.text)
    while not process.stdout.readline().startswith("Ready"):
        assert process.poll() is None
    later = pay(asha, 500)
    services.fan_out_events()

    wait_for(lambda: receiver.requests)

    assert [later.session_id.encode() in request.body for request in receiver.requests] == [True]


def test_a_wrong_key_is_told_in_words(live_server):
    with pytest.raises(CommandError, match="valid API key"):
        call_command("listen", forward_to="http://127.0.0.1:9/", key="pgk_wrong", api=live_server.url, secret=SECRET)


def test_a_key_is_needed():
    with pytest.raises(CommandError, match="PAYGATE_API_KEY"):
        call_command("listen", forward_to="http://127.0.0.1:9/", key="")
