"""Row and space locks, in one place. On SQLite, `IMMEDIATE` transactions already run one at a time."""

import hashlib
from typing import TypeVar

from django.db import connection, models

M = TypeVar("M", bound=models.Model)


def claim(rows: models.QuerySet[M]) -> list[M]:
    """Return the rows nobody else has locked, locked until the transaction ends."""
    if connection.features.has_select_for_update_skip_locked:
        rows = rows.select_for_update(skip_locked=True, of=("self",))
    return list(rows)


def lock_name(name: str) -> None:
    """Let one transaction at a time work on what `name` stands for, such as an amount space."""
    if connection.vendor == "postgresql":
        key = int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), signed=True)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [key])
