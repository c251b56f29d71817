from reconciliation.banks.template import Bank

# Its date has no year.
BANK = Bank(
    code="hsbc",
    name="HSBC",
    also_called=frozenset({"hsbc bank", "hsbc india"}),
    headers=frozenset({"HSBCIN"}),
    credits={
        "NEFT": "HSBC: {account} is credited with {amount} on {any} with UTR {ref} as NEFT from ",
        "NEFT, no reference": "HSBC: {amount} is credited to your {account} as NEFT from {name}.{end}",
    },
)
