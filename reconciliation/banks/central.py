from reconciliation.banks.template import Bank

BANK = Bank(
    code="central",
    name="Central Bank of India",
    also_called=frozenset({"central bank"}),
    headers=frozenset({"CENTBK", "CBOI"}),
    credits={
        "any": "[Your ]{account} [is ]credited by {amount} Total Bal",
    },
    mail_domains=frozenset({"centralbankofindia.co.in", "centralbank.bank.in"}),
)
