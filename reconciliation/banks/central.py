from reconciliation.banks.template import Bank

BANK = Bank(
    code="central",
    name="Central Bank of India",
    also_called=frozenset({"central bank"}),
    headers=frozenset({"CENTBK", "CBOI"}),
    credits={
        "UPI": "Your {account} Credited by {amount} on {date} via UPI from {name} via Ref No[.] {rrn}",
        "NEFT": "{amount} credited to your {account} on {date} through NEFT vide Ref No./XUTR/{any} By[.]",
        "any": "[Your ]{account} [is ]credited by {amount} Total Bal",
    },
    mail_domains=frozenset({"centralbankofindia.co.in", "centralbank.bank.in"}),
)
