from reconciliation.banks.template import Bank

BANK = Bank(
    code="jana",
    name="Jana Small Finance Bank",
    also_called=frozenset({"jana bank", "jana sfb"}),
    headers=frozenset({"JANABK"}),
    credits={
        "UPI": "Your {account} is credited with {amount} on {date} from {name}. UPI Ref no[.] {rrn}",
    },
)
