from reconciliation.banks.frames import BOTH_ACCOUNTS
from reconciliation.banks.template import Bank

BANK = Bank(
    code="greater",
    name="Greater Bombay Co-operative Bank",
    also_called=frozenset({"greater bank"}),
    headers=frozenset({"GRTBNK"}),
    credits={
        "UPI": BOTH_ACCOUNTS,
    },
)
