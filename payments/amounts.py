"""Finding an account and a free payable amount for a price, as the database has it now."""

import math
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection
from django.db.models import Max, Min, Q, Sum

from payments import allocation
from payments.exceptions import NoPayableAmount, NotWatched, NoUpiAccount
from payments.models import PaymentSession, Status, UpiAccount

REST = timedelta(hours=24)
FEW = 8
DICE = random.SystemRandom()  # outsiders must not guess the next amount
INDIA = ZoneInfo("Asia/Kolkata")
# An NPCI handle that no bank or app has: money sent to it goes nowhere.
TEST_UPI_ID = "paygate.test@invalid"


ACCOUNTS_SECONDS = 1.0
_accounts: dict[bool, tuple[float, list[UpiAccount]]] = {}


@dataclass(frozen=True)
class Chosen:
    account: UpiAccount
    payable_paise: int


def choose(*, requested_paise: int, test: bool, now: datetime) -> Chosen:
    """Return an account and a free payable amount of it. Raises NoUpiAccount, NotWatched, NoPayableAmount."""
    spaces = _accounts_by_space(test=test)
    windows = [window for window in _windows(requested_paise) if window]
    without_room = False
    for window in windows:
        for space, accounts in spaces.items():
            payable = _draw_free(space, window, now)
            if payable is None:
                continue
            if account := next((each for each in accounts if _has_room(each, payable, now)), None):
                return Chosen(account, payable)
            without_room = True
    widest = windows[-1] if windows else []
    wait = _seconds_until_tomorrow(now) if without_room else _seconds_until_free(list(spaces), widest, now)
    raise NoPayableAmount(wait, spaces=list(spaces), payables=widest)


def is_held(*, space: str, payable_paise: int) -> bool:
    return PaymentSession.objects.filter(amount_space=space, payable_paise=payable_paise, holds_amount=True).exists()


def test_account() -> UpiAccount:
    """Return the account of test mode, made when it is first needed, so that a test key works at once."""
    account, _ = UpiAccount.objects.get_or_create(
        test=True, upi_id=TEST_UPI_ID, defaults={"payee_name": "PayGate Test", "label": "Test mode"}
    )
    return account


def _accounts_by_space(*, test: bool) -> dict[str, list[UpiAccount]]:
    accounts = _open_accounts(test=test)
    if not accounts:
        if not test:
            raise NoUpiAccount("No UPI account takes live payments yet. Staff can add one in the admin.")
        accounts = [test_account()]
    if settings.REFUSE_WHILE_UNWATCHED and not test:
        accounts = [account for account in accounts if account.unwatched_since is None]
        if not accounts:
            raise NotWatched("Payments cannot be confirmed at the moment: nothing reports the bank's credits.")
    spaces: dict[str, list[UpiAccount]] = {}
    for account in accounts:
        spaces.setdefault(account.amount_space, []).append(account)
    return spaces


def _open_accounts(*, test: bool) -> list[UpiAccount]:
    """Return the accounts that new sessions may use, at most `ACCOUNTS_SECONDS` old; they change a few times a year."""
    read_at, accounts = _accounts.get(test, (float("-inf"), []))
    if not accounts or time.monotonic() - read_at > ACCOUNTS_SECONDS:
        accounts = list(UpiAccount.objects.open(test=test))
        _accounts[test] = (time.monotonic(), accounts)
    return accounts


def forget_accounts() -> None:
    """Read the accounts again at the next payment."""
    _accounts.clear()


def _windows(requested_paise: int) -> Iterator[list[int]]:
    for width in (settings.AMOUNT_WINDOW_PAISE, settings.WIDER_AMOUNT_WINDOW_PAISE):
        if width:
            yield allocation.payable_window(requested_paise, width=width, allow_whole_rupee=settings.ALLOW_WHOLE_RUPEE)


def _draw_free(space: str, window: list[int], now: datetime) -> int | None:
    # The first fresh one of a random few is as random as one of all, and mostly the whole window need not be read.
    few = DICE.sample(window, min(FEW, len(window)))
    used = _used_since(now - REST, space, few)
    return next((payable for payable in few if payable not in used), None) or _draw_of_all(space, window, now)


def _used_since(moment: datetime, space: str, payables: list[int]) -> set[int]:
    # SQL by hand: on the path of every payment, building this query in the ORM costs more than running it.
    marks = ", ".join(["%s"] * len(payables))
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT payable_paise FROM {PaymentSession._meta.db_table} "  # noqa: S608 - no value is written into it
            f"WHERE amount_space = %s AND payable_paise IN ({marks}) AND hold_until > %s",
            [space, *payables, connection.ops.adapt_datetimefield_value(moment)],
        )
        return {payable for (payable,) in cursor.fetchall()}


def _draw_of_all(space: str, window: list[int], now: datetime) -> int | None:
    # A list of amounts and not a range: each is one probe of the index, however many sessions an amount has had.
    uses = (
        PaymentSession.objects.filter(amount_space=space, payable_paise__in=window, hold_until__gt=now - REST)
        .order_by()
        .values_list("payable_paise", "holds_amount")
        .annotate(until=Max("hold_until"))
    )
    held: set[int] = set()
    last_held_until: dict[int, datetime] = {}
    for payable, holds, until in uses:
        if holds:
            held.add(payable)
        last_held_until[payable] = max(until, last_held_until.get(payable, until))
    return allocation.draw(window, held=held, last_held_until=last_held_until, dice=DICE)


def _has_room(account: UpiAccount, payable: int, now: datetime) -> bool:
    """Say whether the account's daily limit (a bank's day, in India) leaves room for this payment."""
    if account.daily_limit_paise is None:
        return True
    midnight = now.astimezone(INDIA).replace(hour=0, minute=0, second=0, microsecond=0)
    open_or_paid = Q(status=Status.PENDING, expires_at__gt=now) | Q(status=Status.SUCCESS)
    used = account.sessions.filter(open_or_paid, created_at__gte=midnight).aggregate(total=Sum("payable_paise"))
    return (used["total"] or 0) + payable <= account.daily_limit_paise


def _seconds_until_free(spaces: list[str], window: list[int], now: datetime) -> int:
    held = PaymentSession.objects.filter(amount_space__in=spaces, payable_paise__in=window, holds_amount=True)
    earliest: datetime | None = held.aggregate(earliest=Min("hold_until"))["earliest"]
    return max(1, math.ceil((earliest - now) / timedelta(seconds=1))) if earliest else 1


def _seconds_until_tomorrow(now: datetime) -> int:
    """Return when the daily limits begin anew: at midnight in India."""
    midnight = (now.astimezone(INDIA) + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    return math.ceil((midnight - now) / timedelta(seconds=1))
