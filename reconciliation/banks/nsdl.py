from reconciliation.banks.template import Bank

BANK = Bank(
    code="nsdl",
    name="NSDL Payments Bank",
    also_called=frozenset({"nsdl bank"}),
    headers=frozenset({"NSDLPB"}),
    credits={
        "UPI": "{account} is credited for {amount} on {date} (UPI Ref No[.] {rrn})",
    },
)
