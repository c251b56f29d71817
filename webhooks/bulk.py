"""Many rows in one statement, without a model's object for each."""

import json
import uuid
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from django.db import connection, models
from django.db.models.expressions import RawSQL


def ids(keys: Collection[uuid.UUID]) -> RawSQL:
    """Return what stands for `keys` in `pk__in`: one parameter, and the same statement however many they are."""
    if connection.vendor == "sqlite":
        return RawSQL("SELECT value FROM json_each(%s)", [json.dumps([key.hex for key in keys])])
    return RawSQL("SELECT unnest(%s::uuid[])", [array(keys)])


def array(keys: Collection[uuid.UUID]) -> str:
    """Return PostgreSQL's text of a `uuid[]`: made here at once, for psycopg would ask about each element."""
    return "{" + ",".join([key.hex for key in keys]) + "}"


def insert(model: type[models.Model], given: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Insert rows of values for the fields `given`; in all of them, the other fields have their defaults."""
    named = {each.name: each for each in model._meta.concrete_fields}
    fields = [named[name] for name in given]
    others = [each for each in named.values() if each not in fields and not isinstance(each, models.AutoField)]
    defaults = tuple(each.get_default() for each in others)
    columns = ", ".join(f'"{each.column}"' for each in (*fields, *others))
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            places = ", ".join(["%s"] * (len(fields) + len(others)))
            statement = f'INSERT INTO "{model._meta.db_table}" ({columns}) VALUES ({places})'  # noqa: S608
            adapted = tuple(map(_adapted, defaults))
            cursor.executemany(statement, [(*map(_adapted, row), *adapted) for row in rows])
            return
        # Django does not know COPY, so its errors are made Django's here.
        with (
            connection.wrap_database_errors,
            cursor.copy(f'COPY "{model._meta.db_table}" ({columns}) FROM STDIN') as copy,
        ):
            for row in rows:
                copy.write_row((*row, *defaults))


def _adapted(value: Any) -> Any:
    """Return a value as SQLite keeps it."""
    if isinstance(value, uuid.UUID):
        return value.hex
    return connection.ops.adapt_datetimefield_value(value) if hasattr(value, "tzinfo") else value
