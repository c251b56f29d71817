from reconciliation.banks.frames import BOTH_ACCOUNTS
from reconciliation.banks.template import Bank

BANK = Bank(
    code="cub",
    name="City Union Bank",
    also_called=frozenset({"city union"}),
    headers=frozenset({"CUBLTD", "CUBANK"}),
    credits={
        "UPI": BOTH_ACCOUNTS,
        "NEFT": "Savings No {tail} credited with {amount} towards BY NEFT TRF:{name}: on {date}{stop}",
    },
)
