"""Which payable amounts a price may get, and which of the free ones is drawn. Pure but for the dice it is given."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Protocol

PAISE_PER_RUPEE = 100


class Dice(Protocol):
    def choice(self, seq: list[int], /) -> int: ...


def payable_window(requested_paise: int, *, width: int = 99, allow_whole_rupee: bool = False) -> list[int]:
    """Return the payable amounts (paise) of a price: what was asked less 1 … `width` paise, never more than asked.

    Whole rupees are left out, because a stranger's or a mistyped ₹99 would pay somebody's order, unless the operator
    allows them; the window then reaches one paisa further, to the next whole rupee of a whole price.
    """
    lowest = requested_paise - width - (1 if allow_whole_rupee else 0)
    return [
        paise
        for paise in range(requested_paise - 1, max(lowest, PAISE_PER_RUPEE) - 1, -1)
        if allow_whole_rupee or paise % PAISE_PER_RUPEE
    ]


def draw(
    window: Collection[int],
    *,
    held: Collection[int],
    last_held_until: Mapping[int, datetime],
    dice: Dice,
) -> int | None:
    """Return a free amount at random, or None if all are held.

    Amounts that nobody held of late (not in `last_held_until`) come first; else one of the least recently held half,
    so that a late payer of an old code meets a reused amount as rarely as can be.
    """
    free = [paise for paise in window if paise not in held]
    fresh = [paise for paise in free if paise not in last_held_until]
    if fresh:
        return dice.choice(fresh)
    if not free:
        return None
    oldest_first = sorted(free, key=lambda paise: last_held_until[paise])
    return dice.choice(oldest_first[: (len(oldest_first) + 1) // 2])
