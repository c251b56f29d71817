"""POST /api/v1/create-payment."""

import json
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from payments.models import PaymentSession, UpiAccount

URL = "/api/v1/create-payment"
BRIEF = {
    "amount": 100,
    "customer_name": "John Doe",
    "customer_email": "john@example.com",
    "merchant_ref": "ORDER-123",
    "metadata": {"order_id": "ORD-456", "product": "Premium Plan"},
}


@time_machine.travel(datetime(2026, 4, 14, 1, 0, 0, tzinfo=UTC), tick=False)
def test_the_briefs_own_request_gets_the_briefs_answer(asha, account, call):
    answer = call(asha, "post", URL, BRIEF)

    assert answer.status_code == 201
    body = answer.json()
    assert list(body) == ["success", "payment"]
    assert body["success"] is True
    payment = body["payment"]
    session = PaymentSession.objects.get()
    assert payment == {
        "session_id": session.session_id,
        "requested_amount": 100,
        "payable_amount": session.payable_paise / 100,
        "currency": "INR",
        "status": "pending",
        "exception": "",
        "customer_name": "John Doe",
        "customer_email": "john@example.com",
        "customer_phone": "",
        "merchant_ref": "ORDER-123",
        "description": "",
        "metadata": {"order_id": "ORD-456", "product": "Premium Plan"},
        "checkout_url": f"http://localhost:3000/checkout/{session.session_id}",
        "upi_id": "asha.traders@okhdfcbank",
        "upi_name": "ASHA SHARMA",
        "upi_deeplink": session.upi_link,
        "qr_url": f"http://localhost:3000/checkout/{session.session_id}/qr.png",
        "return_url": "",
        "utr": None,
        "test": False,
        "created_at": "2026-04-14 01:00:00",
        "created_at_iso": "2026-04-14T01:00:00Z",
        "expires_at": "2026-04-14 01:10:00",
        "expires_at_iso": "2026-04-14T01:10:00Z",
        "expires_in": 600,
        "paid_at": None,
        "paid_at_iso": None,
        "cancelled_at": None,
        "cancelled_at_iso": None,
        "server_time": "2026-04-14 01:00:00",
        "server_time_iso": "2026-04-14T01:00:00Z",
    }
    assert session.hold_until == datetime(2026, 4, 14, 1, 40, tzinfo=UTC)


def test_amounts_are_exact_numbers_on_the_wire(asha, account, call, monkeypatch):
    monkeypatch.setattr("payments.amounts._draw_free", lambda *_: 10010)

    answer = call(asha, "post", URL, '{"amount": 100.50}')

    assert b'"requested_amount":100.5,"payable_amount":100.10,' in answer.content


def test_the_upi_link_names_payee_reference_and_amount(asha, account, call, monkeypatch):
    monkeypatch.setattr("payments.amounts._draw_free", lambda *_: 9937)

    payment = call(asha, "post", URL, {"amount": "100"}).json()["payment"]

    session_id = payment["session_id"]
    assert payment["upi_deeplink"] == (
        f"upi://pay?pa=asha.traders@okhdfcbank&pn=ASHA%20SHARMA&tr={session_id}&tn=Order%20{session_id}&am=99.37&cu=INR"
    )


def test_the_session_id_is_sixteen_hexadecimal_digits(asha, account, call):
    session_id = call(asha, "post", URL, {"amount": 100}).json()["payment"]["session_id"]

    assert len(session_id) == 16
    assert set(session_id) <= set("0123456789ABCDEF")


def test_a_test_key_works_at_once(testing, call):
    payment = call(testing, "post", URL, {"amount": 100}).json()["payment"]

    assert payment["test"] is True
    assert payment["upi_id"] == "paygate.test@invalid"


def test_a_live_key_without_an_account_is_told_so(asha, call):
    UpiAccount.objects.create(upi_id="old@oksbi", payee_name="OLD", enabled=False)

    answer = call(asha, "post", URL, {"amount": 100})

    assert answer.status_code == 503
    assert answer.json()["error"]["code"] == "no_upi_account"
    assert not PaymentSession.objects.exists()


def test_null_means_absent(asha, account, call):
    names = ["customer_name", "customer_email", "customer_phone", "merchant_ref", "metadata", "description"]
    body = {"amount": 100, **dict.fromkeys([*names, "return_url", "expires_in", "payment_method"])}

    payment = call(asha, "post", URL, body).json()["payment"]

    assert (payment["customer_name"], payment["metadata"], payment["expires_in"]) == ("", {}, 599)


def test_unknown_fields_are_ignored(asha, account, call):
    assert call(asha, "post", URL, {"amount": 100, "colour": {"deep": [1]}}).status_code == 201


def test_texts_are_kept_as_they_were_sent(asha, account, call):
    payment = call(
        asha, "post", URL, {"amount": 100, "customer_name": " जॉन <b>😀 ", "merchant_ref": "O" * 255}
    ).json()["payment"]

    assert payment["customer_name"] == " जॉन <b>😀 "
    assert payment["merchant_ref"] == "O" * 255


@pytest.mark.parametrize("amount", ["2", "2.00", "100000", "100000.00"])
def test_the_limits_themselves_are_accepted(asha, account, call, amount):
    assert call(asha, "post", URL, f'{{"amount": {amount}}}').status_code == 201


@pytest.mark.parametrize(
    "amount",
    [
        "1e2",
        "NaN",
        "true",
        "false",
        '""',
        '" 100"',
        '"١٠٠"',
        "-1",
        "100.001",
        "1.99",
        "100000.01",
        "0",
        "null",
        "[]",
        "{}",
    ]
    + ['"1e2"', '"100 "', '"0100"', '"₹100"', '"100,50"', "1" * 400, '"NaN"', '"1\\u0000"', '"\\ud800"'],
)
def test_what_is_no_amount_within_the_limits_is_refused(asha, account, call, amount):
    answer = call(asha, "post", URL, f'{{"amount": {amount}}}')

    assert answer.status_code == 400
    assert not PaymentSession.objects.exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("customer_name", 5),
        ("customer_name", True),
        ("customer_name", ["x"]),
        ("customer_name", "x" * 256),
        ("customer_name", "a\x00b"),
        ("customer_name", "\ud800"),
        ("customer_email", "nobody"),
        ("customer_email", "a@b@c"),
        ("customer_email", "a" * 250 + "@example.in"),
        ("customer_phone", {"a": 1}),
        ("customer_phone", "9" * 256),
        ("merchant_ref", 123),
        ("merchant_ref", "x" * 256),
        ("description", "x" * 501),
        ("metadata", "text"),
        ("metadata", [1]),
        ("metadata", {"a": {"b": {"c": {"d": {"e": {}}}}}}),
        ("metadata", {"a": 2**53}),
        ("metadata", {"__proto__": 1}),
        ("metadata", {"a": "x" * 8200}),
        ("return_url", "javascript:alert(1)"),
        ("return_url", "/relative"),
        ("return_url", "https://user:pw@shop.example.in/"),
        ("return_url", "https://shop.example.in@evil.example/"),
        ("return_url", "https://"),
        ("return_url", "https://a b/"),
        ("return_url", "https:\\\\evil"),
        ("return_url", "https://shop.example.in:port/"),
        ("return_url", "https://[::1/"),
        ("return_url", "https://shop.example.in/" + "x" * 2048),
        ("expires_in", 59),
        ("expires_in", 86401),
        ("expires_in", 600.5),
        ("expires_in", "600"),
        ("expires_in", -600),
        ("expires_in", True),
        ("payment_method", "card"),
        ("payment_method", 1),
    ],
)
def test_a_wrong_field_is_named_and_changes_nothing(asha, account, call, field, value):
    answer = call(asha, "post", URL, {"amount": 100, field: value})

    assert answer.status_code == 400
    error = answer.json()["error"]
    assert error["code"] == "validation_error"
    assert list(error["fields"]) == [field]
    assert not PaymentSession.objects.exists()


@pytest.mark.parametrize(
    "url",
    [
        "https://shop.example.in/thanks?order=1",
        "http://localhost:8080/done",
        "http://192.168.1.5/",
        "https://दुकान.भारत/",
    ],
)
def test_a_return_url_may_have_any_host(asha, account, call, url):
    assert call(asha, "post", URL, {"amount": 100, "return_url": url}).json()["payment"]["return_url"] == url


@pytest.mark.parametrize("seconds", [60, 86400])
def test_the_merchant_may_choose_how_long_it_stays_open(asha, account, call, seconds):
    with time_machine.travel(datetime(2026, 4, 14, tzinfo=UTC), tick=False):
        payment = call(asha, "post", URL, {"amount": 100, "expires_in": seconds}).json()["payment"]

    assert payment["expires_in"] == seconds
    assert PaymentSession.objects.get().hold_until == datetime(2026, 4, 14, tzinfo=UTC) + timedelta(
        seconds=seconds + 1800
    )


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{",
        "[]",
        "null",
        '"text"',
        "5",
        "{'amount': 1}",
        b"\xff\xfe",
        '{"amount": NaN}',
        '{"a":' * 3000,
        b'{"amount": 100',
    ],
)
def test_what_is_not_a_json_object_is_refused(asha, account, call, body):
    answer = call(asha, "post", URL, body)

    assert answer.status_code == 400
    assert answer.json()["error"]["code"] in {"invalid_json", "validation_error"}
    assert not PaymentSession.objects.exists()


def test_another_content_type_is_415(asha, account, client):
    answer = client.post(
        URL, "amount=100", content_type="application/x-www-form-urlencoded", headers={"X-API-Key": asha.text}
    )

    assert answer.status_code == 415
    assert answer.json()["error"]["code"] == "unsupported_media_type"


def test_a_charset_beside_the_content_type_is_fine(asha, account, client):
    answer = client.post(
        URL,
        json.dumps({"amount": 100}),
        content_type="application/json; charset=UTF-8",
        headers={"X-API-Key": asha.text},
    )

    assert answer.status_code == 201


def test_a_large_body_is_413(asha, account, call):
    answer = call(asha, "post", URL, json.dumps({"amount": 100, "x": "x" * 10_000_000}))

    assert answer.status_code == 413
    assert answer.json()["error"]["code"] == "body_too_large"
    assert not PaymentSession.objects.exists()


def test_creating_takes_four_statements(asha, account, call, django_assert_num_queries):
    # The key, the accounts, the amounts in use, the row (with its savepoint inside this test's transaction).
    with django_assert_num_queries(6):
        call(asha, "post", URL, {"amount": 100})
