"""Requests are counted without a write per request."""

import pytest

from apikeys import usage
from apikeys.models import ApiKeyDay


def counted(key):
    return sum(key.days.values_list("requests", flat=True))


def test_calls_are_counted_when_flushed(asha, ravi, call):
    for _ in range(3):
        call(asha, "get", "/api/v1/me")
    call(ravi, "get", "/api/v1/payment/unknown")
    assert not ApiKeyDay.objects.exists()

    usage.flush()
    call(asha, "get", "/api/v1/me")
    usage.flush()

    assert (counted(asha), counted(ravi)) == (4, 1)


def test_a_call_that_is_refused_is_counted_too(asha, call):
    call(asha, "delete", "/api/v1/me")
    usage.flush()

    assert counted(asha) == 1


def test_a_failed_authentication_counts_for_nobody(asha, call):
    call(None, "get", "/api/v1/me")
    usage.flush()

    assert counted(asha) == 0


def test_what_could_not_be_stored_is_kept(asha, call, monkeypatch):
    call(asha, "get", "/api/v1/me")
    with monkeypatch.context() as broken:
        broken.setattr(usage, "_store", lambda counts: 1 / 0)
        usage.flush()
    assert counted(asha) == 0

    usage.flush()
    assert counted(asha) == 1


@pytest.mark.usefixtures("db")
def test_counts_of_a_key_that_is_gone_do_not_block_the_others(asha):
    usage.count_request(10**9, "192.0.2.1")
    usage.count_request(asha.pk, "192.0.2.1")
    usage.flush()

    assert counted(asha) == 1
