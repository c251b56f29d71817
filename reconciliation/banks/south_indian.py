from reconciliation.banks.template import Bank

BANK = Bank(
    code="sib",
    name="South Indian Bank",
    also_called=frozenset({"south indian", "the south indian bank"}),
    headers=frozenset({"SIBSMS"}),
    credits={
        "UPI": "UPI Credit: {amount} in {account}. Info: UPI/{word}/{rrn}/{name} on {date} {time}",
        "UPI, short": "UPI Credit: {amount} in {account}. Info: UPI/{word}/{rrn}/",
        "IMPS": "Your {account} is credited with {amount} Info: IMPS/{word}/{rrn}/{name}. Final balance",
    },
)
