from reconciliation.banks.frames import BOTH_ACCOUNTS
from reconciliation.banks.template import Bank

BANK = Bank(
    code="rbl",
    name="RBL Bank",
    also_called=frozenset({"ratnakar bank"}),
    headers=frozenset({"RBLBNK", "RATNAK"}),
    credits={
        "UPI": BOTH_ACCOUNTS,
    },
)
