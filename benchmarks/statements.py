"""How long a bank's statement of 100,000 rows takes, loaded and worked through: `python -m benchmarks.statements`.

In a database of its own, on the PostgreSQL that DATABASE_URL names, else in an SQLite file. A thousand payments wait
beside BENCH_SESSIONS settled ones. The statement has the money of each, and for half of them their customers typed the
UTR; the rest is no payment's.
"""

import os
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from benchmarks import stand
from reconciliation.times import INDIA

PAYMENTS = 1_000
ROWS = 100_000
SETTLED = int(os.environ.get("BENCH_SESSIONS", "100000"))
HEADER = "Date,Narration,Chq./Ref.No.,Value Dt,Withdrawal Amt.,Deposit Amt.,Closing Balance\n"


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, _database(folder) as url:
        os.environ.update(PAYGATE_DATA_DIR=folder, DJANGO_SETTINGS_MODULE="tests.settings", DATABASE_URL=url)
        import django
        from django.core.management import call_command
        from django.db import connection

        django.setup()
        call_command("migrate", verbosity=0)
        _measure()
        connection.close()


@contextmanager
def _database(folder: str) -> Iterator[str]:
    if os.environ.get("DATABASE_URL", "").startswith("postgres"):
        with stand.database("paygate_bench_statements") as url:
            yield url
    else:
        yield f"sqlite:///{Path(folder) / 'paygate.sqlite3'}"


def _measure() -> None:
    from django.db import connection

    from reconciliation.models import AlertChannel
    from reconciliation.services import statement_files, statements
    from reconciliation.services.channels import add_channel

    _settled()
    payable = _payments()
    channel = add_channel(kind=AlertChannel.Kind.STATEMENT, label="bench")
    data = _statement(payable)
    begin = time.perf_counter()
    job = statement_files.load_statement(channel=channel, file_name="bench.csv", data=data, actor="bench")
    statement_files.read_next()
    looked = time.perf_counter()
    statements.start_import(import_id=job.pk, actor="bench")
    while statements.continue_import():
        pass
    done = time.perf_counter()
    job.refresh_from_db()
    counts = {outcome: job.rows.filter(outcome=outcome).count() for outcome in ("paid", "review", "other", "out")}
    print(f"{connection.vendor}, {job.row_count:,} rows of {len(data) / 1e6:.0f} MB: {job.state}, {counts}")
    print(f"look {looked - begin:.1f} s, work through {done - looked:.1f} s")
    if counts["paid"] != PAYMENTS // 2:
        sys.exit("not every payment whose UTR was typed was paid")


def _settled() -> None:
    from benchmarks import seed

    account, keys = seed.prepare()
    seed.seed(SETTLED, account=account, keys=[key for key, _ in keys])


def _payments() -> list[int]:
    from apikeys.services import issue_key
    from payments.services import SessionDetails, create_session
    from reconciliation.services.claims import claim_utr

    key, _ = issue_key(label="bench")
    payable = []
    for number in range(PAYMENTS):
        created = create_session(api_key=key, requested_paise=(100 + number) * 100, details=SessionDetails())
        payable.append(created.session.payable_paise)
        if number % 2:
            claim_utr(session_id=created.session.pk, text=_rrn(number), client=None)
    return payable


def _statement(payable: list[int]) -> bytes:
    dice = random.Random(1)
    ours = [(paise, _rrn(number), False) for number, paise in enumerate(payable)]
    others = [(dice.randrange(2_000_00, 90_000_00), _rrn(number), number % 50 == 0) for number in range(PAYMENTS, ROWS)]
    rows = [*ours, *others]
    dice.shuffle(rows)
    return (HEADER + "".join(_line(*row) for row in rows)).encode()


def _line(paise: int, rrn: str, out: bool) -> str:
    day, amount = f"{datetime.now(INDIA):%d/%m/%y}", f"{paise // 100}.{paise % 100:02d}"
    money = f"{amount}," if out else f",{amount}"
    return f"{day},UPI-A KUMAR-PAYER@OKAXIS-SBIN0001234-{rrn}-ORDER,0000{rrn},{day},{money},\n"


def _rrn(number: int) -> str:
    return f"{624_400_000_000 + number}"


if __name__ == "__main__":
    main()
