"""Rate limits: per key, and per address for requests without a good key."""

import socket
import threading
import time
from datetime import UTC, datetime

import pytest
import redis
import time_machine
from django.conf import settings
from limits import RateLimitItemPerSecond
from rest_framework.test import APIClient

from apikeys import throttling
from apikeys.services import issue_key

pytestmark = pytest.mark.django_db
ME = "/api/v1/me"


@pytest.fixture(autouse=True)
def one_moment():
    """The window of three seconds does not move on while a slow machine calls."""
    with time_machine.travel(datetime(2026, 4, 14, tzinfo=UTC), tick=False):
        yield


def call_me(text, address="203.0.113.7"):
    return APIClient().get(ME, headers={"X-API-Key": text}, REMOTE_ADDR=address)


def test_a_key_is_limited_and_told_when_to_come_back(settings):
    settings.KEY_REQUESTS_PER_SECOND = 1
    _, text = issue_key(label="Busy")

    answers = [call_me(text) for _ in range(4)]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    refused = answers[3]
    assert refused.json()["error"]["code"] == "rate_limited"
    assert refused["RateLimit-Policy"] == '"key";q=3;w=3'
    assert 1 <= int(refused["Retry-After"]) <= 3
    assert refused["RateLimit"] == f'"key";r=0;t={refused["Retry-After"]}'


def test_a_keys_own_limit_wins(settings):
    settings.KEY_REQUESTS_PER_SECOND = 1
    _, text = issue_key(label="Large shop", requests_per_second=2)

    assert [call_me(text).status_code for _ in range(7)] == [200] * 6 + [429]


def test_refused_calls_count_too(settings):
    settings.KEY_REQUESTS_PER_SECOND = 1
    _, text = issue_key(label="Reader", permissions=["read"])
    client = APIClient(headers={"X-API-Key": text})

    statuses = [client.get("/api/v1/payments").status_code, client.delete("/api/v1/me").status_code]
    statuses += [client.get("/api/v1/payments").status_code for _ in range(2)]

    assert statuses == [403, 405, 403, 429]


def test_keys_are_counted_apart(settings):
    settings.KEY_REQUESTS_PER_SECOND = 1
    (_, first), (_, second) = issue_key(label="One"), issue_key(label="Two")

    for _ in range(4):
        call_me(first)

    assert call_me(second).status_code == 200


def test_failed_authentications_are_limited_per_address(settings):
    settings.FAILED_AUTH_PER_MINUTE = 2

    assert [call_me("nonsense").status_code for _ in range(4)] == [401, 401, 429, 429]
    assert call_me("nonsense", "203.0.113.8").status_code == 401


def test_a_good_key_is_not_refused_for_its_addresss_failures(settings, asha):
    settings.FAILED_AUTH_PER_MINUTE = 1
    for _ in range(5):
        call_me("nonsense")

    assert call_me(asha.text).status_code == 200


def test_twenty_callers_at_once_pass_exactly_as_often_as_allowed(limiter_url):
    limiter = throttling.Limiter(limiter_url, prefix="paygate-test:atomic")
    item = RateLimitItemPerSecond(10, 60)
    passed = []

    def hit():
        try:
            limiter.hit("test", item, limiter_url)
            passed.append(1)
        except throttling.RateLimited:
            pass

    threads = [threading.Thread(target=hit) for _ in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(passed) == 10


# In the process, and in Redis where the tests are given one.
@pytest.fixture(params=list(dict.fromkeys(["", settings.REDIS_URL])), ids=lambda url: "redis" if url else "in process")
def limiter_url(request):
    if request.param:
        client = redis.Redis.from_url(request.param)
        for key in client.scan_iter("paygate-test:*"):
            client.delete(key)
        client.close()
    return request.param


@pytest.fixture
def hanging_redis():
    """A server that accepts connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"redis://127.0.0.1:{server.getsockname()[1]}/0"


@pytest.mark.parametrize("kind", ["hanging", "refusing"])
def test_a_redis_that_does_not_answer_is_asked_once_and_then_left_alone(hanging_redis, kind, monkeypatch):
    url = hanging_redis if kind == "hanging" else "redis://127.0.0.1:1/0"
    limiter = throttling.Limiter(url)
    item = RateLimitItemPerSecond(3, 60)
    asked = []
    shared_hit = limiter._shared.hit
    monkeypatch.setattr(
        limiter._shared, "hit", lambda *args, **kwargs: asked.append(time.monotonic()) or shared_hit(*args, **kwargs)
    )

    for _ in range(3):
        limiter.hit("test", item, "asha")
    with pytest.raises(throttling.RateLimited):
        limiter.hit("test", item, "asha")

    assert len(asked) == 1


def test_after_ten_seconds_redis_is_asked_again(hanging_redis, monkeypatch):
    limiter = throttling.Limiter(hanging_redis)
    item = RateLimitItemPerSecond(100, 60)
    limiter.hit("test", item, "asha")
    asked = []
    monkeypatch.setattr(limiter._shared, "hit", lambda *_, **__: asked.append(1) or True)
    clock = time.monotonic()
    monkeypatch.setattr(throttling.time, "monotonic", lambda: clock + throttling.BREAKER_SECONDS + 1)

    limiter.hit("test", item, "asha")

    assert asked == [1]
