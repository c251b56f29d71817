"""From a bank's alert to the first byte of the webhook, in an installation of its own: `python -m benchmarks.credits`.

Starts PayGate by its one command, as the environment says (embedded without DATABASE_URL and REDIS_URL). Arguments: the
webhook's URL, how many credits, how many a second. Prints when each alert was posted, by session, in JSON.
"""

import http.client
import json
import os
import sys
import time
from pathlib import Path

import django

from benchmarks.stand import running, wait_until


def main(url: str, count: int, per_second: float) -> None:
    folder = Path(os.environ["PAYGATE_DATA_DIR"])
    with running(sys.executable, "-m", "paygate.runner", "--with-parent", log=folder.with_suffix(".log")):
        if not wait_until(_is_up, seconds=90):
            sys.exit(folder.with_suffix(".log").read_text())
        django.setup()
        path, texts = _prepare(url, count + 1)
        posted: dict[str, float] = {}
        for number, (session, text) in enumerate(texts.items()):
            # The first one wakes everything up and does not count.
            at = time.time() + (3 if number == 1 else 1 / per_second)
            moment = _post(path, text)
            if number:
                posted[session] = moment
            time.sleep(max(0.0, at - time.time()))
        time.sleep(3)
    print(json.dumps(posted))


def _is_up() -> bool:
    try:
        web = http.client.HTTPConnection("127.0.0.1", int(os.environ["PORT"]), timeout=2)
        web.request("GET", "/healthz", headers={"Host": "localhost"})
        return web.getresponse().status == 200
    except OSError:
        return False


def _prepare(url: str, count: int) -> tuple[str, dict[str, str]]:
    """Return the path that takes alerts, and the alert of each session."""
    from apikeys.services import issue_key
    from payments.models import UpiAccount
    from payments.services import SessionDetails, create_session
    from reconciliation.services import channels
    from webhooks import services

    UpiAccount.objects.create(upi_id="credits@oksbi", payee_name="BENCH")
    key, _ = issue_key(label="credits")
    services.add_endpoint(api_key=key, url=url)
    _, token = channels.add_phone(label="bench", senders=["SBIUPI"])
    texts = {}
    for number in range(count):
        created = create_session(api_key=key, requested_paise=(100 + number) * 100, details=SessionDetails())
        rupees, paise = divmod(created.session.payable_paise, 100)
        texts[created.session.session_id] = (
            f"Dear SBI User, your A/c X1234-credited by Rs.{rupees}.{paise:02d} on {time.strftime('%d%b%y')} "
            f"transfer from KIRAN RAO Ref No {103100084802 + number} -SBI"
        )
    return f"/hooks/alerts/{token}", texts


def _post(path: str, text: str) -> float:
    web = http.client.HTTPConnection("127.0.0.1", int(os.environ["PORT"]), timeout=10)
    moment = time.time()
    body = json.dumps({"from": "VM-SBIUPI-S", "text": text})
    web.request("POST", path, body, {"Content-Type": "application/json", "Host": "localhost"})
    answer = web.getresponse().read()
    assert b"stored" in answer, answer
    web.close()
    return moment


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]))
