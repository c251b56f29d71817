from reconciliation.banks.template import Bank

BANK = Bank(
    code="jio",
    name="Jio Payments Bank",
    headers=frozenset({"JIOPBS"}),
    credits={
        "UPI": "JPB {account} [is ]credited with {amount} on {date}{any}UPI/CR/{rrn}/{name}. Avl",
        "UPI, no date": "JPB {account} [is ]credited with {amount}{any}UPI/CR/{rrn}/{name}. Avl",
        "UPI, short": "JPB {account} [is ]credited with {amount}[ on {date}][ {word}] UPI/CR/{rrn}",
        "no reference": "[Your ]JPB {account} is credited with {amount} on {date}. Your current",
    },
)
