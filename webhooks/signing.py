"""The two signatures of a webhook. Pure.

`X-Webhook-Signature`: hex HMAC-SHA256 of the exact body, keyed with the secret's whole text. `webhook-signature`:
Standard Webhooks 1.0.0, keyed with the bytes that the secret's text encodes.
"""

import base64
import hmac
import secrets
from collections.abc import Sequence

PREFIX = "whsec_"


def mint_secret() -> str:
    """Return a new secret: `whsec_` and the base64 of 32 random bytes."""
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def body_signature(secret: str, body: bytes) -> str:
    """Return `X-Webhook-Signature`."""
    return hmac.digest(secret.encode(), body, "sha256").hex()


def standard_signature(secret: str, *, webhook_id: str, timestamp: int, body: bytes) -> str:
    """Return one `v1,…` signature of Standard Webhooks. `timestamp` in Unix seconds."""
    key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    signed = f"{webhook_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(key, signed, "sha256")).decode()


def headers(
    *,
    secret: str,
    also: Sequence[str],
    webhook_id: str,
    event: str,
    attempt: int,
    timestamp: int,
    body: bytes,
    version: str,
) -> dict[str, str]:
    """Return every header PayGate sets on a webhook. `also` are the other secrets valid during a rotation."""
    signatures = [
        standard_signature(each, webhook_id=webhook_id, timestamp=timestamp, body=body) for each in (secret, *also)
    ]
    return {
        "Content-Type": "application/json",
        "User-Agent": f"PayGate/{version}",
        "X-Webhook-Event": event,
        "X-Webhook-Signature": body_signature(secret, body),
        "X-Webhook-Attempt": str(attempt),
        "webhook-id": webhook_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signatures),
    }
