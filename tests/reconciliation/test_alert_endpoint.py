"""POST /hooks/alerts/<token>: what a phone may send, and what it hears."""

import pytest
from django.db import OperationalError
from django.test import Client

from payments.models import PaymentEvent
from reconciliation.models import AlertChannel, Credit, Evidence
from reconciliation.services import alerts, channels
from tests.reconciliation.conftest import sbi_text

SMS = {"from": "VM-SBIUPI-S", "text": sbi_text(99_37)}
SHAPE = {"ok", "state", "message"}


def nothing_is_kept() -> bool:
    return not Evidence.objects.exists() and not Credit.objects.exists() and not PaymentEvent.objects.exists()


def test_a_message_is_kept_before_anything_else(forward, phone, rung):
    answer = forward(SMS)

    assert (answer.status_code, set(answer.json()), answer.json()["state"]) == (200, SHAPE, "stored")
    evidence = Evidence.objects.get()
    assert (evidence.sender, evidence.text, evidence.state) == ("SBIUPI", SMS["text"], "waiting")
    assert evidence.processed_at is None
    assert rung == ["reconciliation.tasks.process_new"]


def test_an_answer_has_the_same_shape_whatever_the_message(forward):
    bodies = [SMS, SMS, {"from": "Amma", "text": "Come home"}, {}, {"event": "system:ping"}, "{broken", b"\xff\xfe", ""]
    answers = [forward(body) for body in bodies]

    assert [answer.status_code for answer in answers] == [200] * len(bodies)
    assert all(set(answer.json()) == SHAPE and answer.json()["ok"] is True for answer in answers)
    assert [answer.json()["state"] for answer in answers][:4] == ["stored", "repeat", "not_listed", "heard"]


def test_sms_forwarder_finds_its_text_in_the_answer(forward):
    assert b'"ok":true' in forward(SMS).content


@pytest.mark.parametrize("token", ["x", "%00", "a" * 5000, "%F0%9F%98%80", "..", "%ED%A0%80"])
def test_a_wrong_token_is_refused_with_one_body(forward, token):
    answer = forward(SMS, token=token)

    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "invalid_token"
    assert answer.json()["message"] == forward(SMS, token="y").json()["message"]
    assert nothing_is_kept()


def test_a_channel_that_was_switched_off_is_refused_in_the_same_words(forward, phone):
    AlertChannel.objects.update(enabled=False)
    answer = forward(SMS)

    assert answer.status_code == 401
    assert answer.json()["message"] == forward(SMS, token="y").json()["message"]
    assert nothing_is_kept()


def test_a_rotated_token_is_refused(forward, phone):
    new = channels.rotate_token(channel_id=phone.pk)

    assert forward(SMS).status_code == 401
    assert forward(SMS, token=new).status_code == 200


@pytest.mark.parametrize("method", ["get", "put", "patch", "delete", "options"])
def test_only_post_is_understood(phone, method):
    answer = getattr(Client(), method)(f"/hooks/alerts/{phone.token}")

    assert (answer.status_code, answer.json()["error"]["code"]) == (405, "method_not_allowed")
    assert nothing_is_kept()


def test_no_csrf_token_is_asked_for(phone):
    client = Client(enforce_csrf_checks=True)

    assert client.post(f"/hooks/alerts/{phone.token}", SMS, content_type="application/json").status_code == 200


def test_a_large_body_is_refused(forward):
    answer = forward({"from": "VM-SBIUPI-S", "text": "x" * 70_000})

    assert answer.status_code == 413
    assert nothing_is_kept()


def test_what_could_not_be_kept_is_sent_again(forward, monkeypatch):
    def fail(**kwargs):
        raise OperationalError("the disk is full")

    monkeypatch.setattr(alerts, "record_evidence", fail)
    answer = forward(SMS)

    assert (answer.status_code, answer.json()["success"]) == (503, False)
    assert b"disk" not in answer.content


def test_private_messages_are_counted_and_never_kept(forward, phone):
    for text in ("Your OTP is 123456", "I love you"):
        forward({"from": "VM-AMAZON-S", "text": text})
    forward({"from": "+919812345678", "text": SMS["text"]})
    forward({"from": "VM-SBIUPI-P", "text": SMS["text"]})

    kept = Evidence.objects.order_by("pk")
    assert [(each.sender, each.count, each.text, each.state) for each in kept] == [
        ("AMAZON", 2, "", "not_listed"),
        ("no bank's header", 1, "", "not_listed"),
        ("SBIUPI", 1, "", "not_listed"),
    ]
    phone.refresh_from_db()
    assert (phone.alert_count, phone.refused_count) == (0, 4)
    assert alerts.process_waiting() == 0


def test_a_heartbeat_shows_that_the_phone_lives(forward, phone, clock):
    clock.shift(60)
    forward({"event": "system:ping"})

    phone.refresh_from_db()
    assert (phone.last_seen_at - phone.created_at).total_seconds() == 60
    assert nothing_is_kept()


@pytest.mark.parametrize(
    "body",
    [b'{"from":"VM-SBIUPI-S","text":"a\\u0000\\ud800"}', b'{"a":' * 3000, b"[" * 60_000, b'{"from":"VM-SBIUPI-S","text":"\xff\xfe"}',
     b'{"from":"VM-SBIUPI-S","text":"' + b"9" * 60_000 + b'"}', b'{"from":"VM-SBIUPI-S","text":"x","sentStamp":1e400}',
     b'{"from":"VM-SBIUPI-S","text":"x","sentStamp":' + b"9" * 5000 + b"}"],
    ids=["nul", "deep", "brackets", "no-utf8", "huge", "overflow", "digits"],
)  # fmt: skip
def test_hostile_bodies_break_nothing(forward, body):
    assert forward(body).status_code == 200
    alerts.process_waiting()
    assert not Evidence.objects.filter(state__in=("waiting", "failed")).exists()
    assert not Credit.objects.exists()
