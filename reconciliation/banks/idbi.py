from reconciliation.banks.template import Bank

BANK = Bank(
    code="idbi",
    name="IDBI Bank",
    headers=frozenset({"IDBIBK"}),
    credits={
        "UPI": "{account} is credited with {amount} on {date} from {name}. UPI: {rrn}",
        "no reference": "IDBI Bank {account} credited for {amount}{stop}",
    },
)
