"""The three signatures of phone apps, made here with other programs than the ones that check them."""

import base64
import json
import subprocess

import pytest

from reconciliation.forwarder_signatures import Signed, is_signed
from reconciliation.forwarders import read_fields

KEY = "s3cret-key"
NOW = 1_788_244_200
URL = "https://pay.example.in/hooks/alerts"
BODY = '{"event":"sms:received","payload":{"message":"₹99.01"}}'.encode()


def hmac_sha256(key: str, message: bytes) -> bytes:
    """Sign with OpenSSL."""
    command = ["openssl", "dgst", "-sha256", "-hmac", key, "-binary"]
    return subprocess.run(command, input=message, capture_output=True, check=True).stdout


def request(headers=None, fields=None, *, body=BODY, url=URL, now=NOW) -> Signed:
    return Signed(body=body, headers=headers or {}, fields=fields or {}, url=url, now=now)


def capcom6(stamp: int = NOW, *, key: str = KEY, body: bytes = BODY) -> dict[str, str]:
    return {"X-Timestamp": str(stamp), "X-Signature": hmac_sha256(key, body + str(stamp).encode()).hex()}


def smsforwarder(stamp: int = NOW * 1000, *, key: str = KEY) -> str:
    return base64.b64encode(hmac_sha256(key, f"{stamp}\n{key}".encode())).decode()


def jwt(*, key: str = KEY, alg: str = "HS256", **claims) -> dict[str, str]:
    said = {"aud": URL, "iss": "api.httpsms.com", "sub": "u", "exp": NOW + 600, "nbf": NOW - 600, **claims}

    def part(value) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    signed = f"{part({'alg': alg, 'typ': 'JWT'})}.{part(said)}"
    signature = base64.urlsafe_b64encode(hmac_sha256(key, signed.encode())).decode().rstrip("=")
    return {"Authorization": f"Bearer {signed}.{signature}"}


def test_sms_gateway_signs_the_body_and_the_time():
    assert is_signed("capcom6", KEY, request(capcom6()))
    assert is_signed("capcom6", KEY, request({**capcom6(), "X-Signature": capcom6()["X-Signature"].upper()}))


@pytest.mark.parametrize(
    "given",
    [
        request(),
        request(capcom6(key="other")),
        request(capcom6(), body=BODY + b" "),
        request(capcom6(NOW - 301)),
        request(capcom6(NOW + 301)),
        request({**capcom6(), "X-Timestamp": "१७"}),
        request({**capcom6(), "X-Timestamp": "-5"}),
        request({**capcom6(), "X-Signature": "é"}),
        request({"X-Timestamp": str(NOW)}),
    ],
)
def test_what_sms_gateway_did_not_sign_is_refused(given):
    assert not is_signed("capcom6", KEY, given)


@pytest.mark.parametrize("encode", [lambda sign: sign, lambda sign: sign.replace("+", "%2B").replace("/", "%2F")])
def test_sms_forwarder_signs_the_time(encode):
    for stamp in range(NOW * 1000, NOW * 1000 + 8):
        form = f"from=VM-SBIUPI-S&content=x&timestamp={stamp}&sign={encode(smsforwarder(stamp))}"
        fields = read_fields(form.encode(), content_type="application/x-www-form-urlencoded")

        assert is_signed("smsforwarder", KEY, request(fields=fields))


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"timestamp": str(NOW * 1000), "sign": smsforwarder(key="other")},
        {"timestamp": str(NOW * 1000 + 1), "sign": smsforwarder()},
        {"timestamp": str(NOW * 1000 - 300_001), "sign": smsforwarder(NOW * 1000 - 300_001)},
    ],
)
def test_what_sms_forwarder_did_not_sign_is_refused(fields):
    assert not is_signed("smsforwarder", KEY, request(fields=fields))


def test_httpsms_sends_a_token_for_this_address():
    assert is_signed("httpsms", KEY, request(jwt()))
    assert is_signed("httpsms", KEY, request(jwt(aud=["https://x", URL])))


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer a.b.c"},
        {"Authorization": "Bearer ..."},
        jwt(key="other"),
        jwt(alg="none"),
        jwt(alg="HS512"),
        jwt(aud="https://elsewhere"),
        jwt(iss="somebody"),
        jwt(exp=NOW - 1),
        jwt(exp=None),
        jwt(exp=True),
        jwt(nbf=NOW + 400),
        {"Authorization": jwt()["Authorization"].replace("Bearer", "Basic")},
    ],
)
def test_what_httpsms_did_not_sign_is_refused(headers):
    assert not is_signed("httpsms", KEY, request(headers))


@pytest.mark.parametrize("kind", ["capcom6", "smsforwarder", "httpsms"])
def test_without_a_key_nothing_is_signed(kind):
    assert not is_signed(kind, "", request({**capcom6(), **jwt()}))
