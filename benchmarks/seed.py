"""Fill a database with settled sessions: `python -m benchmarks.seed 1000000`. Never a live one.

Import it after DATABASE_URL is set: it loads Django.
"""

import os
import random
import sys
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "benchmarks.settings")

import django

django.setup()

from django.db import connection, transaction
from django.utils import timezone

from apikeys.models import ApiKey
from apikeys.services import issue_key
from payments.models import UpiAccount

KEYS = 20
COLUMNS = (
    "session_id, api_key_id, upi_account_id, upi_id, upi_name, amount_space, requested_paise, payable_paise, status, "
    "exception, customer_name, customer_email, customer_phone, merchant_ref, description, metadata_json, return_url, "
    "utr, test, request_fingerprint, holds_amount, hold_until, created_at, expires_at, paid_at, cancelled_at"
)


def prepare() -> tuple[UpiAccount, list[tuple[ApiKey, str]]]:
    """Return the account, and new keys with their texts."""
    account, _ = UpiAccount.objects.get_or_create(upi_id="bench@okaxis", defaults={"payee_name": "BENCH", "id": 1})
    return account, [issue_key(label="bench") for _ in range(KEYS)]


def seed(count: int, *, account: UpiAccount, keys: Sequence[ApiKey]) -> None:
    """Add `count` settled sessions, spread over a year and over prices; a third is paid, the first key has half."""
    rows = _rows(count, account, keys)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY payments_paymentsession ({COLUMNS}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
            cursor.execute("VACUUM ANALYZE payments_paymentsession")
        else:
            places = ", ".join(["%s"] * (COLUMNS.count(",") + 1))
            with transaction.atomic():
                cursor.executemany(f"INSERT INTO payments_paymentsession ({COLUMNS}) VALUES ({places})", rows)


def _rows(count: int, account: UpiAccount, keys: Sequence[ApiKey]) -> Iterator[tuple[object, ...]]:
    dice = random.Random(count)
    start = timezone.now() - timedelta(days=366)
    step = timedelta(days=365) / count
    for number in range(count):
        key = keys[0] if dice.random() < 0.5 else dice.choice(keys)
        yield _row(number, start + number * step, dice, account, key.pk)


def _row(number: int, created: datetime, dice: random.Random, account: UpiAccount, key_id: int) -> tuple[object, ...]:
    requested = dice.randrange(100, 100_000) * 100
    status = dice.choice(("success", "expired", "cancelled"))
    expires = created + timedelta(minutes=10)
    paid = created + timedelta(minutes=2) if status == "success" else None
    utr = f"{dice.getrandbits(39):012d}" if paid else ""
    return (
        f"{dice.getrandbits(64):016X}", key_id, account.pk, account.upi_id, account.payee_name, "live", requested,
        requested - dice.randrange(1, 100), status, "", "Asha", "", "", f"ORDER-{number % 50}", "", "{}", "", utr,
        False, "", False, expires + timedelta(minutes=30), created, expires, paid,
        created if status == "cancelled" else None,
    )  # fmt: skip


if __name__ == "__main__":
    bench_account, bench_keys = prepare()
    seed(int(sys.argv[1]), account=bench_account, keys=[key for key, _ in bench_keys])
