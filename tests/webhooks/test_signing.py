"""Vectors computed once with OpenSSL and with other libraries; nothing here is checked against itself."""

import base64
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook

from webhooks import signing

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BODY = b'{"test": 2432232314}'


def test_the_standard_signature_is_the_one_in_the_specification():
    signature = signing.standard_signature(
        SECRET, webhook_id="msg_p5jXN8AQM9LWM0D4loKWxJek", timestamp=1614265330, body=BODY
    )
    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_the_header_of_the_brief_is_keyed_with_the_whole_text_of_the_secret():
    # printf '{"test": 2432232314}' | openssl dgst -sha256 -hmac whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw
    assert signing.body_signature(SECRET, BODY) == "80ec8a89ce3cd22133a1066caecb4d04fea7467657c8514d717ec42c38a5c94c"


def test_text_beyond_ascii_is_signed_as_utf_8():
    # printf '{"name":"आशा"}' | openssl dgst -sha256 -hmac whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw
    assert (
        signing.body_signature(SECRET, '{"name":"आशा"}'.encode())
        == "3c80ac8d9a08239287cd5b7c8fc975462496496c2e35cf746c06d4d22d19aa28"
    )


def test_a_minted_secret_is_32_random_bytes_in_base64():
    secret = signing.mint_secret()
    assert secret.startswith("whsec_")
    assert len(base64.b64decode(secret.removeprefix("whsec_"), validate=True)) == 32
    assert signing.mint_secret() != secret


@given(body=st.text(), moment=st.integers(0, 2**33))
def test_an_independent_library_makes_the_same_signature(body, moment):
    secret = signing.mint_secret()
    theirs = Webhook(secret).sign("msg_1", datetime.fromtimestamp(moment, UTC), body)
    assert signing.standard_signature(secret, webhook_id="msg_1", timestamp=moment, body=body.encode()) == theirs


def test_every_header_of_the_contract_is_there():
    headers = signing.headers(
        secret=SECRET,
        also=(),
        webhook_id="7b2c",
        event="payment.success",
        attempt=3,
        timestamp=1614265330,
        body=BODY,
        version="1.2.3",
    )
    assert headers == {
        "Content-Type": "application/json",
        "User-Agent": "PayGate/1.2.3",
        "X-Webhook-Event": "payment.success",
        "X-Webhook-Signature": "80ec8a89ce3cd22133a1066caecb4d04fea7467657c8514d717ec42c38a5c94c",
        "X-Webhook-Attempt": "3",
        "webhook-id": "7b2c",
        "webhook-timestamp": "1614265330",
        "webhook-signature": signing.standard_signature(SECRET, webhook_id="7b2c", timestamp=1614265330, body=BODY),
    }


def test_a_secret_that_is_no_base64_signs_nothing():
    with pytest.raises(ValueError, match="base64"):
        signing.standard_signature("whsec_not base64", webhook_id="1", timestamp=1, body=b"")
