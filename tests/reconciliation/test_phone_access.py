"""How a phone shows who it is, and what comes of many messages at once."""

import json
import logging
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from reconciliation.models import AlertChannel, Evidence
from reconciliation.services import channels
from tests.reconciliation.conftest import sbi_text
from tests.reconciliation.test_forwarder_signatures import hmac_sha256

ADDRESS = "/hooks/alerts"


def message(number: int = 0, *, sender: str = "VM-SBIUPI-S") -> dict[str, str]:
    return {"from": sender, "text": sbi_text(9901, rrn=f"6244000000{number:02d}")}


def post(body, *, path: str = ADDRESS, **headers):
    client = Client(raise_request_exception=False)
    text = body if isinstance(body, str) else json.dumps(body)
    return client.post(path, text, content_type="application/json", headers=headers)


@pytest.mark.parametrize(
    "header",
    [("Authorization", "Bearer {}"), ("Authorization", "bearer  {}"), ("X-Webhook-Secret", "{}"), ("X-Api-Key", "{}")],
)
def test_the_token_may_come_in_a_header(phone, header):
    name, form = header

    answer = post(message(), **{name: form.format(phone.token)})

    assert (answer.status_code, answer.json()["state"]) == (200, "stored")
    assert Evidence.objects.get().channel == phone


@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": "Bearer x"}, {"Authorization": "Bearer "}, {"X-Api-Key": "pgk_x"}]
)
def test_without_a_good_token_nothing_is_stored(phone, headers):
    answer = post(message(), **headers)

    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "invalid_token")
    assert not Evidence.objects.exists()


def test_tokens_cannot_be_tried_without_end_and_a_good_one_is_never_refused_for_it(phone, settings):
    settings.FAILED_AUTH_PER_MINUTE = 3

    answers = [post(message(), **{"X-Api-Key": f"wrong {n}"}).status_code for n in range(5)]

    assert answers == [401, 401, 401, 429, 429]
    assert post(message(), **{"X-Api-Key": phone.token}).status_code == 200


def test_the_former_address_works_for_as_long_as_was_said(phone, clock):
    new = channels.rotate_token(channel_id=phone.pk, overlap=timedelta(hours=1))

    assert post(message(1), path=f"{ADDRESS}/{phone.token}").status_code == 200
    assert post(message(2), path=f"{ADDRESS}/{new}").status_code == 200
    clock.shift(3601)
    assert post(message(3), path=f"{ADDRESS}/{phone.token}").status_code == 401
    assert post(message(4), path=f"{ADDRESS}/{new}").status_code == 200


def test_without_an_overlap_the_former_address_stops_at_once(phone):
    channels.rotate_token(channel_id=phone.pk)

    assert post(message(), path=f"{ADDRESS}/{phone.token}").status_code == 401


def test_where_the_app_signs_the_address_alone_is_not_enough(phone):
    key = channels.set_signing(channel_id=phone.pk, signing=AlertChannel.Signing.CAPCOM6)
    body = json.dumps({"event": "sms:received", "payload": {"sender": "VM-SBIUPI-S", "message": message()["text"]}})
    stamp = str(int(timezone.now().timestamp()))
    good = hmac_sha256(key, body.encode() + stamp.encode()).hex()
    path = f"{ADDRESS}/{phone.token}"

    refused = [post(body, path=path), post(body, path=path, **{"X-Timestamp": stamp, "X-Signature": "0" * 64})]

    assert [answer.json()["error"]["code"] for answer in refused] == ["invalid_signature"] * 2
    assert {answer.status_code for answer in refused} == {401}
    assert not Evidence.objects.exists()
    assert post(body, path=path, **{"X-Timestamp": stamp, "X-Signature": good}).status_code == 200
    assert Evidence.objects.count() == 1


def test_a_sign_of_life_is_signed_too_and_stores_nothing(phone):
    key = channels.set_signing(channel_id=phone.pk, signing=AlertChannel.Signing.CAPCOM6, key=" made-by-the-app ")
    body = '{"event":"system:ping","payload":{"health":{"status":"pass"}}}'
    stamp = str(int(timezone.now().timestamp()))
    signature = hmac_sha256("made-by-the-app", body.encode() + stamp.encode()).hex()

    answer = post(body, path=f"{ADDRESS}/{phone.token}", **{"X-Timestamp": stamp, "X-Signature": signature})

    phone.refresh_from_db()
    assert (key, answer.json()["state"]) == ("made-by-the-app", "heard")
    assert (phone.last_seen_at, phone.alert_count) == (timezone.now(), 0)


@pytest.mark.parametrize("wrap", [lambda each: each, lambda each: {"messages": each}, lambda each: {"data": each}])
def test_a_batch_is_kept_message_by_message(phone, wrap):
    batch = [message(1), message(2), message(1), message(3, sender="VM-ABCDEF-S"), {"from": "VM-SBIUPI-S"}]

    answer = post(wrap(batch), path=f"{ADDRESS}/{phone.token}")

    said = answer.json()
    assert (answer.status_code, said["ok"], said["state"]) == (200, True, "batch")
    assert (said["stored"], said["repeats"], said["not_listed"]) == (2, 1, 1)
    assert Evidence.objects.exclude(text="").count() == 2


def test_a_batch_that_is_too_large_is_refused_whole(phone):
    answer = post([{"from": "VM-SBIUPI-S", "text": "x"}] * 201, path=f"{ADDRESS}/{phone.token}")

    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_large")
    assert not Evidence.objects.exists()


def test_hours_of_messages_come_at_once_and_a_flood_is_slowed_down(phone, monkeypatch):
    monkeypatch.setattr("apikeys.throttling.ALERTS_PER_HALF_MINUTE", 4)

    answers = [post(message(n), path=f"{ADDRESS}/{phone.token}") for n in range(6)]

    assert [answer.status_code for answer in answers] == [200] * 4 + [429] * 2
    assert int(answers[-1]["Retry-After"]) >= 1
    assert Evidence.objects.count() == 4


def test_a_batch_counts_as_the_messages_in_it(phone, monkeypatch):
    monkeypatch.setattr("apikeys.throttling.ALERTS_PER_HALF_MINUTE", 5)
    path = f"{ADDRESS}/{phone.token}"

    answers = [post([message(n), message(n + 1), message(n + 2)], path=path) for n in (0, 3)]

    assert [answer.status_code for answer in answers] == [200, 429]
    assert Evidence.objects.count() == 3
    assert post([message(6), message(7)], path=path).status_code == 200


def test_no_text_of_another_sender_is_kept_or_logged(phone, caplog):
    caplog.set_level(logging.DEBUG)
    secret = {"text": "123456 is your OTP for a private matter", "from": "VM-ABCDEF-S"}

    post(secret, path=f"{ADDRESS}/{phone.token}")
    post([secret, {**secret, "from": "+919812345678"}], path=f"{ADDRESS}/{phone.token}")

    assert not Evidence.objects.exclude(text="").exists()
    assert "123456" not in caplog.text
