from reconciliation.banks.frames import BOTH_ACCOUNTS
from reconciliation.banks.template import Bank

BANK = Bank(
    code="scb",
    name="Standard Chartered Bank",
    also_called=frozenset({"standard chartered"}),
    headers=frozenset({"SCBANK"}),
    credits={
        "UPI": BOTH_ACCOUNTS,
        "NEFT": "there is an NEFT credit of {amount} in your {account} on {date}{stop}",
    },
)
