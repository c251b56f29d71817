from reconciliation.banks.template import Bank

# A letter stands before Bandhan's reference, so it is none of NPCI's.
BANK = Bank(
    code="bandhan",
    name="Bandhan Bank",
    headers=frozenset({"BDNSMS"}),
    credits={
        "UPI": "{amount} deposited to {account} towards UPI/CR/{rrn}/{name}/{any} on {date}",
        "UPI, lettered": "{amount} deposited to {account} towards UPI/CR/{ref}/{name}/{any} on {date}",
    },
)
