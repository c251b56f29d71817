"""How many payable amounts are left: for one price, and for the busiest prices of all."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Count, F, Min, Q

from payments.allocation import payable_window
from payments.models import TEST_SPACE, PaymentSession, Status, UpiAccount

PACE = timedelta(minutes=10)


@dataclass(frozen=True)
class Capacity:
    """Amounts of one price over all spaces of a mode, and when the next held one is free."""

    total: int
    held: int
    next_release_at: datetime | None

    @property
    def free(self) -> int:
        return self.total - self.held


@dataclass(frozen=True)
class Pressure:
    """One price in one space: amounts in use by pending sessions, held in all, and what that leads to.

    `minutes_left` is how long the free amounts last at the pace of the last ten minutes, None while nobody comes.
    """

    amount_space: str
    requested_paise: int
    total: int
    held: int
    pending: int
    minutes_left: int | None

    @property
    def percent(self) -> int:
        return 100 * self.held // self.total if self.total else 100


def capacity_of(*, requested_paise: int, test: bool) -> Capacity:
    """Count the amounts of a price; one query on the accounts, one on the sessions."""
    window = _window(requested_paise)
    spaces = {account.amount_space for account in UpiAccount.objects.open(test=test)}
    if test and not spaces:
        # The account of test mode is made by the first payment.
        spaces = {TEST_SPACE}
    held = PaymentSession.objects.filter(amount_space__in=spaces, payable_paise__in=window, holds_amount=True)
    counted = held.aggregate(held=Count("pk"), next_release_at=Min("hold_until"))
    return Capacity(total=len(window) * len(spaces), **counted)


def pressures(*, now: datetime, limit: int = 20) -> list[Pressure]:
    """Return the prices with the most held amounts, live mode, fullest first; one query."""
    rows = (
        PaymentSession.objects.filter(holds_amount=True, test=False)
        .values("amount_space", "requested_paise")
        .annotate(
            held=Count("pk"),
            pending=Count("pk", filter=Q(status=Status.PENDING, expires_at__gt=now)),
            recent=Count("pk", filter=Q(created_at__gt=now - PACE)),
        )
        .order_by(F("held").desc(), "requested_paise")[:limit]
    )
    return [_pressure(**row) for row in rows]


def fullest_percent(found: Iterable[Pressure]) -> int:
    return max((each.percent for each in found), default=0)


def _pressure(*, amount_space: str, requested_paise: int, held: int, pending: int, recent: int) -> Pressure:
    total = len(_window(requested_paise))
    free = max(0, total - held)
    minutes_left = free * (PACE // timedelta(minutes=1)) // recent if recent else None
    return Pressure(amount_space, requested_paise, total, held, pending, minutes_left)


def _window(requested_paise: int) -> list[int]:
    width = max(settings.AMOUNT_WINDOW_PAISE, settings.WIDER_AMOUNT_WINDOW_PAISE)
    return payable_window(requested_paise, width=width, allow_whole_rupee=settings.ALLOW_WHOLE_RUPEE)
