"""What one witness says of money that came in."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from reconciliation.models import CreditSource
from reconciliation.times import CreditTime


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What is known of money that came in. `account_ids`: the only accounts it may be for; empty: any of its mode.

    `rule`: the bank's line that an alert follows.
    """

    amount_paise: int
    when: CreditTime
    arrived_at: datetime
    source: CreditSource
    rrn: str = ""
    bank_ref: str = ""
    payer: str = ""
    bank: str = ""
    account_tail: str = ""
    rule: str = ""
    test: bool = False
    account_ids: Sequence[int] = field(default=())
