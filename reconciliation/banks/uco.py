from reconciliation.banks.template import Bank

BANK = Bank(
    code="uco",
    name="UCO Bank",
    headers=frozenset({"UCOBNK"}),
    credits={
        "UPI": "{account} Credited with {amount} on {date}[ {time}] by UCO-UPI{stop}",
        "IMPS": "{account} Credited with {amount} on {date}[ {time}] by UCO-IMPS{stop}",
    },
)
