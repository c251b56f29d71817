"""Secrets that must be read back, sealed with AES-256-GCM and bound to their row.

Stored form: `v1.<key id>.<base64 of nonce and ciphertext>`. The additional data is `table:column:primary key`, so a
sealed value copied to another row does not open there.
"""

import base64
import os
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import models


class CannotUnseal(Exception):
    """A sealed value was made with another key or for another row."""


class Sealed:
    """A sealed value: opens only by `reveal()`, and shows nothing in `repr`, lists or logs."""

    __slots__ = ("binding", "token")

    def __init__(self, token: str, binding: str = "") -> None:
        self.token = token
        self.binding = binding

    def reveal(self) -> str:
        """Return the plain text. Raises CannotUnseal."""
        try:
            version, key_id, blob = self.token.split(".")
            raw = base64.b64decode(blob)
            key = encryption_keys()[key_id]
            if version != "v1":
                raise ValueError(version)
            return AESGCM(key).decrypt(raw[:12], raw[12:], self.binding.encode()).decode()
        except (ValueError, KeyError, InvalidTag):
            raise CannotUnseal(f"The secret of {self.binding} does not open with the configured keys.") from None

    def __bool__(self) -> bool:
        return bool(self.token)

    def __str__(self) -> str:
        return "(sealed)" if self.token else ""

    def __repr__(self) -> str:
        return f"<Sealed {self.binding}>"


def seal(text: str, *, binding: str) -> Sealed:
    """Seal `text` with the first configured key. An empty text stays empty."""
    if not text:
        return Sealed("", binding)
    key_id, key = next(iter(encryption_keys().items()))
    nonce = os.urandom(12)
    blob = nonce + AESGCM(key).encrypt(nonce, text.encode(), binding.encode())
    return Sealed(f"v1.{key_id}.{base64.b64encode(blob).decode()}", binding)


def encryption_keys() -> Mapping[str, bytes]:
    """Return the configured keys by id; the first one seals, all of them open."""
    return _parse_keys(settings.ENCRYPTION_KEYS)


@lru_cache(maxsize=4)
def _parse_keys(text: str) -> Mapping[str, bytes]:
    keys = {}
    for item in text.split(","):
        key_id, _, encoded = item.strip().partition(":")
        try:
            keys[key_id] = base64.b64decode(encoded, validate=True)
        except ValueError:
            keys[key_id] = b""
        if not key_id.isalnum() or len(keys[key_id]) != 32:
            raise ImproperlyConfigured("PAYGATE_ENCRYPTION_KEYS is `id:base64 of 32 bytes`, comma-separated.")
    return keys


if TYPE_CHECKING:
    _TextField = models.TextField[Any, Any]
else:
    _TextField = models.TextField


class _SealedAttribute:
    def __init__(self, field: "models.Field[Any, Any]") -> None:
        self.field = field

    def __get__(self, instance: models.Model | None, owner: type[models.Model] | None = None) -> Any:
        if instance is None:
            return self
        if self.field.attname not in instance.__dict__:
            instance.refresh_from_db(fields=[self.field.attname])
        value: Sealed = instance.__dict__[self.field.attname]
        return value

    def __set__(self, instance: models.Model, value: Sealed | str | None) -> None:
        binding = f"{instance._meta.db_table}:{self.field.column}:{instance.pk}"
        if isinstance(value, Sealed):
            sealed = Sealed(value.token, binding)
        elif value and instance.pk is None:
            raise ValueError(
                "A sealed field binds to its row: save the row first, or give it a primary key that is known."
            )
        else:
            sealed = seal(value or "", binding=binding)
        instance.__dict__[self.field.attname] = sealed


class SealedTextField(_TextField):
    """A text kept sealed: assign plain text, read a `Sealed`, open it with `.reveal()` where it is used.

    It binds to the primary key, which is declared before it and made in Python (a UUID). Where the database makes the
    key, the row is saved with an empty text first.
    """

    descriptor_class = _SealedAttribute

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> Sealed:
        return Sealed(value or "")

    def to_python(self, value: Any) -> Any:
        return value

    def get_prep_value(self, value: Any) -> str:
        if value == "":
            return ""
        if not isinstance(value, Sealed):
            raise TypeError("A sealed field is not searched or updated by plain text.")
        return value.token

    def value_to_string(self, obj: models.Model) -> str:
        sealed: Sealed = self.value_from_object(obj)
        return sealed.token
