from reconciliation.banks.template import Bank

BANK = Bank(
    code="bom",
    name="Bank of Maharashtra",
    also_called=frozenset({"mahabank", "maharashtra"}),
    headers=frozenset({"MAHABK"}),
    credits={
        "UPI": "Your {account} [has been ]credited by {amount} on {date} with UPI RRN [:] {rrn}",
    },
)
