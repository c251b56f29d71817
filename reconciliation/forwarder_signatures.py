"""The signatures of phone apps, checked in constant time. Pure.

`capcom6` (SMS Gateway for Android): `X-Signature`, hex HMAC-SHA256 over the raw body and `X-Timestamp` (seconds).
`smsforwarder` (pppscn): `sign`, base64 HMAC-SHA256 over the timestamp in milliseconds, a line break and the key.
`httpsms`: a JWT signed with HS256 in `Authorization`, for the address it is sent to. The last two leave the
message uncovered.
"""

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

# How far a phone's clock may be off, and for how long a captured request can be sent again.
WITHIN_SECONDS = 300
ISSUER = "api.httpsms.com"


@dataclass(frozen=True, kw_only=True)
class Signed:
    """A request as it came. `headers` by their usual names, `fields` of its body by their plain names in small letters.

    `url`: the address it was sent to; `now` in Unix seconds.
    """

    body: bytes
    headers: Mapping[str, str]
    fields: Mapping[str, str]
    url: str
    now: float


def is_signed(kind: str, key: str, request: Signed) -> bool:
    """Say whether the app that signs in this way, with this key, has sent the request just now."""
    checks = {"capcom6": _capcom6, "smsforwarder": _smsforwarder, "httpsms": _httpsms}
    return bool(key) and checks[kind](key.encode(), request)


def _capcom6(key: bytes, request: Signed) -> bool:
    stamp = request.headers.get("X-Timestamp", "")
    if not _is_recent(stamp, request.now):
        return False
    expected = hmac.new(key, request.body + stamp.encode(), hashlib.sha256).hexdigest()
    return _same(expected, request.headers.get("X-Signature", "").strip().lower())


def _smsforwarder(key: bytes, request: Signed) -> bool:
    stamp = request.fields.get("timestamp", "")
    if not _is_recent(stamp, request.now * 1000, unit=1000):
        return False
    expected = base64.b64encode(hmac.new(key, stamp.encode() + b"\n" + key, hashlib.sha256).digest()).decode()
    # It is encoded for a URL, and in a form once more; a plain plus in a form is read as a blank.
    return _same(expected, unquote(request.fields.get("sign", "")).replace(" ", "+"))


def _httpsms(key: bytes, request: Signed) -> bool:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    signed, _, signature = token.strip().rpartition(".")
    header, _, claims = signed.partition(".")
    if scheme.lower() != "bearer" or not claims:
        return False
    expected = hmac.new(key, signed.encode("utf-8", "replace"), hashlib.sha256).digest()
    # The algorithm is ours to choose, never the token's.
    if not hmac.compare_digest(expected, _decode(signature)) or _read(header).get("alg") != "HS256":
        return False
    said = _read(claims)
    audience = said.get("aud")
    return (
        said.get("iss") == ISSUER
        and request.url in (audience if isinstance(audience, list) else [audience])
        and _number(said.get("exp"), 0) > request.now
        and _number(said.get("nbf"), 0) <= request.now + WITHIN_SECONDS
    )


def _is_recent(stamp: str, now: float, *, unit: int = 1) -> bool:
    return stamp.isascii() and stamp.isdigit() and len(stamp) < 17 and abs(int(stamp) - now) <= WITHIN_SECONDS * unit


def _same(expected: str, given: str) -> bool:
    return hmac.compare_digest(expected.encode(), given.encode("utf-8", "replace"))


def _decode(text: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(text.encode() + b"=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        return b""


def _read(part: str) -> dict[str, Any]:
    try:
        value = json.loads(_decode(part))
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _number(value: Any, default: float) -> float:
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else default
