"""Fifty callers at one price at once, against the real server on SQLite."""

import json
import re
import urllib.error
import urllib.request
from collections import Counter
from concurrent.futures import ThreadPoolExecutor


def create(installation, key):
    request = urllib.request.Request(
        f"http://127.0.0.1:{installation.port}/api/v1/create-payment",
        data=b'{"amount": 100}',
        headers={"X-API-Key": key, "Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, json.load(answer)["payment"]["payable_amount"]
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, int(refused.headers["Retry-After"])


def test_no_amount_is_given_twice_and_nobody_is_refused_before_all_are_taken(installation):
    installation.start_and_wait()
    key = re.search(r"pgk_test_[A-Za-z0-9_-]{43}", installation.said())[0]

    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(lambda _: create(installation, key), range(120)))

    amounts = [amount for status, amount in answers if status == 201]
    waits = [wait for status, wait in answers if status == 503]
    assert Counter(status for status, _ in answers) == {201: 99, 503: 21}
    assert sorted(amounts) == [paise / 100 for paise in range(9901, 10000)]
    assert all(1 <= wait <= 2400 for wait in waits)
