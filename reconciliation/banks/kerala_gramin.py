from reconciliation.banks.frames import BOTH_ACCOUNTS
from reconciliation.banks.template import Bank

BANK = Bank(
    code="kgb",
    name="Kerala Gramin Bank",
    also_called=frozenset({"kerala gramin"}),
    headers=frozenset({"KGBANK"}),
    credits={
        "UPI": "{account} is credited with {amount} on {date}[ {time}] from {vpa}. UPI Ref[.] no[.] {rrn}",
        "UPI, name": "{account} is credited with {amount} on {date}[ {time}] from {name}. UPI Ref[.] no[.] {rrn}",
        "UPI, both accounts": BOTH_ACCOUNTS,
    },
)
