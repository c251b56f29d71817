from reconciliation.banks.template import Bank

BANK = Bank(
    code="saraswat",
    name="Saraswat Co-operative Bank",
    also_called=frozenset({"saraswat bank"}),
    headers=frozenset({"SARBNK"}),
    credits={
        "UPI": "Your {account} is credited with {amount} on {date} towards UPI/{rrn}/{name}/{any}. Current Bal",
        "UPI, short": "Your {account} is credited with {amount} on {date} towards UPI/{rrn}",
    },
)
