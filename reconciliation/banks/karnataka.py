from reconciliation.banks.frames import BOTH_ACCOUNTS
from reconciliation.banks.template import Bank

BANK = Bank(
    code="karnataka",
    name="Karnataka Bank",
    also_called=frozenset({"kbl"}),
    headers=frozenset({"KBLBNK", "KTKBNK"}),
    credits={
        "UPI": BOTH_ACCOUNTS,
    },
)
