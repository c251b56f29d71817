"""Fill a database with sessions by COPY: `python -m benchmarks.seed 1000000`. PostgreSQL only, never a live one."""

import os
import random
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "benchmarks.settings")

import django

django.setup()

from django.db import connection
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


def prepare() -> tuple[UpiAccount, list[str]]:
    """Return the account and the texts of fresh keys that the load uses."""
    account, _ = UpiAccount.objects.get_or_create(upi_id="bench@okaxis", defaults={"payee_name": "BENCH", "id": 1})
    ApiKey.objects.filter(label="bench").update(label="bench, earlier")
    return account, [issue_key(label="bench")[1] for _ in range(KEYS)]


def seed(count: int, *, account: UpiAccount, key_ids: list[int]) -> None:
    """Add `count` settled sessions, spread over a year, over prices and over keys; a third is paid."""
    with connection.cursor() as cursor, cursor.copy(f"COPY payments_paymentsession ({COLUMNS}) FROM STDIN") as copy:
        for row in _rows(count, account, key_ids):
            copy.write_row(row)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE payments_paymentsession")


def _rows(count: int, account: UpiAccount, key_ids: list[int]) -> Iterator[tuple[object, ...]]:
    dice = random.Random(count)
    now = timezone.now()
    step = timedelta(days=365) / count
    for number in range(count):
        created = now - timedelta(days=366) + number * step
        yield _row(number, created, dice, account, dice.choice(key_ids))


def _row(number: int, created: datetime, dice: random.Random, account: UpiAccount, key_id: int) -> tuple[object, ...]:
    requested = dice.randrange(100, 100_000) * 100
    status = dice.choice(("success", "expired", "cancelled"))
    expires = created + timedelta(minutes=10)
    paid = created + timedelta(minutes=2) if status == "success" else None
    utr = f"{dice.getrandbits(39):012d}" if paid else ""
    return (
        f"{dice.getrandbits(64):016X}", key_id, account.pk, account.upi_id, account.payee_name, "live", requested,
        requested - dice.randrange(1, 100), status, "", "Asha", "", "", f"ORDER-{number}", "", "{}", "", utr, False, "",
        False, expires + timedelta(minutes=30), created, expires, paid, created if status == "cancelled" else None,
    )  # fmt: skip


if __name__ == "__main__":
    bench_account, _ = prepare()
    seed(
        int(sys.argv[1]),
        account=bench_account,
        key_ids=list(ApiKey.objects.filter(label="bench").values_list("pk", flat=True)),
    )
