from reconciliation.banks.frames import BOTH_ACCOUNTS
from reconciliation.banks.template import Bank

BANK = Bank(
    code="cub",
    name="City Union Bank",
    also_called=frozenset({"city union"}),
    headers=frozenset({"CUBLTD"}),
    credits={
        "UPI": BOTH_ACCOUNTS,
    },
)
