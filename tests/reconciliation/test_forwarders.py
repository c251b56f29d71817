"""What phone apps post, in every known shape."""

import json
import time
from datetime import UTC, datetime
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciliation.forwarders import Alert, read_alert, read_time

TEXT = "Dear SBI User, your A/c X1234-credited by Rs.99.01 on 01Sep26 transfer from A KUMAR Ref No 624412345678 -SBI"
MOMENT = datetime(2026, 9, 1, 6, 30, tzinfo=UTC)
STAMP = int(MOMENT.timestamp())


def from_json(**fields) -> Alert:
    return read_alert(json.dumps(fields).encode(), content_type="application/json; charset=utf-8")


@pytest.mark.parametrize("sender", ["from", "sender", "contact", "phoneNumber", "address", "title", "number"])
@pytest.mark.parametrize("text", ["text", "message", "content", "body", "sms", "msg", "org_content"])
def test_fields_go_by_many_names(sender, text):
    alert = from_json(**{sender: "VM-SBIUPI-S", text: TEXT})

    assert (alert.sender, alert.text) == ("VM-SBIUPI-S", TEXT)


def test_sms_to_url():
    body = {
        "from": "VM-SBIUPI-S",
        "text": TEXT,
        "sentStamp": STAMP * 1000,
        "receivedStamp": STAMP * 1000 + 5000,
        "sim": "sim1",
    }
    alert = from_json(**body)

    assert (alert.sent_at, (alert.seen_at - MOMENT).total_seconds()) == (MOMENT, 5)
    assert from_json(**body | {"sentStamp": str(STAMP * 1000)}).sent_at == MOMENT


def test_sms_gateway():
    alert = from_json(
        id="x", event="sms:received", webhookId="w", deviceId="d",
        payload={"messageId": "m", "sender": "VM-SBIUPI-S", "message": TEXT, "simNumber": 1, "receivedAt": "2026-09-01T12:00:00.000+05:30"},
    )  # fmt: skip

    assert (alert.sender, alert.text, alert.sent_at) == ("VM-SBIUPI-S", TEXT, MOMENT)


def test_a_heartbeat_has_no_text():
    assert from_json(event="system:ping", payload={"health": {}}).text == ""


def test_sms_forwarder_posts_a_form():
    body = urlencode(
        {"from": "VM-SBIUPI-S", "content": f"VM-SBIUPI-S\n{TEXT}\nSIM1", "timestamp": STAMP * 1000, "sign": "x"}
    )
    alert = read_alert(body.encode(), content_type="application/x-www-form-urlencoded")

    assert (alert.sender, alert.text) == ("VM-SBIUPI-S", f"{TEXT}\nSIM1")
    assert (alert.sent_at, alert.seen_at) == (None, MOMENT)


def test_httpsms_wraps_the_message_in_an_event():
    alert = from_json(
        data={"contact": "VM-SBIUPI-S", "content": TEXT, "message_id": "m", "owner": "+919800000000", "timestamp": "2026-09-01T06:30:00Z"},
        id="e", type="message.phone.received", time="2026-09-01T07:00:00Z", source="/v1/messages/receive",
    )  # fmt: skip

    assert (alert.sender, alert.text, alert.seen_at) == ("VM-SBIUPI-S", TEXT, MOMENT)


def test_plain_text_takes_its_sender_from_the_address():
    alert = read_alert(TEXT.encode(), content_type="text/plain", query="from=VM-SBIUPI-S&sentStamp=" + str(STAMP))

    assert (alert.sender, alert.text, alert.sent_at) == ("VM-SBIUPI-S", TEXT, MOMENT)


@pytest.mark.parametrize(
    "inner",
    [f'Say "hi". {TEXT}', f"Credit Alert!\n{TEXT}", f'{TEXT}\nand "more", too'],
    ids=["quotes", "newline", "both"],
)
def test_json_that_an_app_did_not_escape_is_understood(inner):
    body = '{"from":"VM-SBIUPI-S","text":"' + inner + '","sentStamp":' + str(STAMP * 1000) + "}"
    alert = read_alert(body.encode(), content_type="application/json")

    assert (alert.sender, alert.text, alert.sent_at) == ("VM-SBIUPI-S", inner, MOMENT)


def test_broken_json_is_read_in_one_pass():
    start = time.monotonic()
    read_alert(b"{" + b'"text":"x" ' * 5800, content_type="application/json")

    assert time.monotonic() - start < 1


def test_json_that_nobody_understands_is_text():
    assert read_alert(b'{"from" VM-SBIUPI', content_type="application/json") == Alert(
        sender="", text='{"from" VM-SBIUPI'
    )


@pytest.mark.parametrize(
    "text",
    [str(STAMP), str(STAMP * 1000), str(STAMP * 1000000), f"{STAMP}.123", "2026-09-01T06:30:00Z", "2026-09-01T12:00:00+05:30",
     "2026-09-01T12:00:00", "2026-09-01 12:00:00", " 2026-09-01T06:30:00.000Z "],
)  # fmt: skip
def test_times_come_in_many_forms(text):
    assert read_time(text) == MOMENT


@pytest.mark.parametrize(
    "text", ["", "soon", "0", "123", "9" * 16, "9" * 400, "1970-01-01T00:00:00Z", "9999-12-31T23:59:59-12:00", "-1"]
)
def test_what_is_no_time_is_none(text):
    assert read_time(text) is None


@given(
    body=st.binary() | st.text().map(lambda text: text.encode("utf-8", "surrogatepass")),
    content_type=st.sampled_from(
        ["application/json", "application/x-www-form-urlencoded", "text/plain", "", "image/png"]
    ),
    query=st.text(max_size=50),
)
def test_no_body_breaks_the_reader(body, content_type, query):
    assert isinstance(read_alert(body, content_type=content_type, query=query), Alert)


@given(body=st.recursive(st.none() | st.booleans() | st.floats() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(
    st.sampled_from(["from", "text", "payload", "data", "sentStamp", "x"]), inner)))  # fmt: skip
def test_no_json_breaks_the_reader(body):
    assert isinstance(read_alert(json.dumps(body).encode(), content_type="application/json"), Alert)


def test_deep_json_is_text_and_nothing_breaks():
    assert read_alert(b'{"a":' * 3000, content_type="application/json").sender == ""


def test_what_no_database_keeps_is_replaced():
    alert = read_alert(b'{"from":"VM-SBIUPI-S","text":"a\\u0000b\\ud800c"}', content_type="application/json")

    assert alert.text == "a\ufffdb\ufffdc"
