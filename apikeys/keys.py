"""API keys as text: mint, recognise, hash. Pure."""

import hashlib
import re
import secrets

LIVE_PREFIX = "pgk_"
TEST_PREFIX = "pgk_test_"
HEADER = "X-API-Key"

_SHAPE = re.compile(r"pgk_(?:test_)?[A-Za-z0-9_-]{43}")


def mint_key(*, test: bool) -> str:
    """Return a new key: the mode's prefix and 256 random bits as 43 url-safe characters."""
    return (TEST_PREFIX if test else LIVE_PREFIX) + secrets.token_urlsafe(32)


def looks_like_key(text: str) -> bool:
    return _SHAPE.fullmatch(text) is not None


def hash_key(key: str) -> str:
    """Return the SHA-256 of a key in hex, which is all that is stored.

    A fast hash is right here: 256 random bits cannot be guessed at any speed, and the lookup is one index probe.
    """
    return hashlib.sha256(key.encode()).hexdigest()


def display_prefix(key: str) -> str:
    """Return what lists show of a key: its prefix and the first six characters after it."""
    return key[: len(TEST_PREFIX if key.startswith(TEST_PREFIX) else LIVE_PREFIX) + 6]
