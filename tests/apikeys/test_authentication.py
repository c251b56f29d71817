"""The header X-API-Key: one answer for every failure, and what a good key may do."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.utils import timezone
from rest_framework.test import APIClient

from apikeys import keys, services
from apikeys.models import ApiKey

ME = "/api/v1/me"
CALLS = {
    "create": ("post", "/api/v1/create-payment"),
    "read": ("get", "/api/v1/payment/0000000000000000"),
    "list": ("get", "/api/v1/payments"),
    "cancel": ("post", "/api/v1/cancel/0000000000000000"),
}


@pytest.fixture
def clock():
    with time_machine.travel(datetime(2026, 4, 14, tzinfo=UTC), tick=False) as clock:
        yield clock


def me(text):
    return APIClient().get(ME, headers={"X-API-Key": text} if text is not None else {})


def test_keys_have_the_shape_the_guide_shows(asha, testing):
    assert asha.text.startswith("pgk_")
    assert len(asha.text) == 4 + 43
    assert testing.text.startswith("pgk_test_")
    assert len(testing.text) == 9 + 43


def test_only_a_hash_is_stored(asha):
    stored = ApiKey.objects.filter(pk=asha.pk).values().get()

    assert asha.text not in str(stored)
    assert stored["key_hash"] == keys.hash_key(asha.text)
    assert stored["prefix"] == asha.text[:10]


def test_a_good_key_is_let_in(asha):
    assert me(asha.text).status_code == 200


def test_every_failure_has_the_same_answer(asha, ravi, testing):
    services.disable_key(api_key_id=asha.pk)
    ApiKey.objects.filter(pk=ravi.pk).update(expires_at=timezone.now())
    tried = [
        None,
        "",
        "nonsense",
        "pgk_" + "A" * 43,
        asha.text,
        ravi.text,
        testing.text + "x",
        f" {testing.text[:-1]}",
        "pgk_\x00",
    ]

    answers = [me(text) for text in tried]

    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.json()["message"] for answer in answers}) == 1
    assert {answer.json()["error"]["code"] for answer in answers} == {"invalid_api_key"}
    assert all(answer["WWW-Authenticate"] for answer in answers)


def test_a_disabled_key_can_be_enabled_again(asha):
    services.disable_key(api_key_id=asha.pk)
    assert services.enable_key(api_key_id=asha.pk)

    assert me(asha.text).status_code == 200


def test_after_rotation_both_texts_work_until_the_chosen_time(asha, clock):
    new = services.rotate_key(api_key_id=asha.pk, overlap=timedelta(hours=1))

    assert [me(asha.text).status_code, me(new).status_code] == [200, 200]
    clock.shift(timedelta(hours=1))
    assert [me(asha.text).status_code, me(new).status_code] == [401, 200]


def test_rotation_without_overlap_ends_the_old_text_at_once(asha):
    new = services.rotate_key(api_key_id=asha.pk)

    assert [me(asha.text).status_code, me(new).status_code] == [401, 200]


def test_rotation_keeps_the_row_and_its_sessions(asha, account, call):
    session_id = call(asha, "post", CALLS["create"][1], {"amount": 100}).json()["payment"]["session_id"]
    asha.text = services.rotate_key(api_key_id=asha.pk)

    assert call(asha, "get", f"/api/v1/payment/{session_id}").status_code == 200


@pytest.mark.parametrize("permission", CALLS)
def test_a_missing_permission_is_named(call, db, permission):
    others = [each for each in CALLS if each != permission]
    key, key.text = services.issue_key(label="Half", permissions=others)

    answer = call(key, *CALLS[permission], {"amount": 100} if permission == "create" else None)

    assert answer.status_code == 403
    assert answer.json()["error"]["code"] == "permission_denied"
    assert f"'{permission}'" in answer.json()["message"]


@pytest.mark.parametrize("permission", CALLS)
def test_one_permission_opens_one_call(call, account, permission):
    key, key.text = services.issue_key(label="One", permissions=[permission])

    allowed = [
        name
        for name in CALLS
        if call(key, *CALLS[name], {"amount": 100} if name == "create" else None).status_code != 403
    ]

    assert allowed == [permission]


@pytest.mark.parametrize("method", ["put", "patch", "delete", "options", "get"])
def test_an_unknown_method_is_405_before_permissions_are_judged(call, db, method):
    key, key.text = services.issue_key(label="Reader", permissions=["read"])

    answer = call(key, method, CALLS["create"][1])

    assert answer.status_code == 405
    assert answer.json()["error"]["code"] == "method_not_allowed"


def test_head_is_answered_like_get(asha, call):
    assert call(asha, "head", CALLS["list"][1]).status_code == 200


def test_a_new_key_has_the_four_default_permissions(asha):
    assert asha.permissions == ["create", "read", "list", "cancel"]
