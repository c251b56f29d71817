from reconciliation.banks.frames import BOTH_ACCOUNTS
from reconciliation.banks.template import Bank

BANK = Bank(
    code="dhanlaxmi",
    name="Dhanlaxmi Bank",
    headers=frozenset({"DHANBK"}),
    credits={
        "UPI": BOTH_ACCOUNTS,
        "UPI, narration": '{amount} is credited to {account} on {date} - "UPI TXN: /{rrn}-',
    },
)
