from reconciliation.banks.template import Bank

# IDFC First Bank names neither the payer nor a reference.
BANK = Bank(
    code="idfc",
    name="IDFC First Bank",
    also_called=frozenset({"idfc bank", "idfc first"}),
    headers=frozenset({"IDFCFB", "IDFCBK"}),
    credits={
        "any": "Your [IDFC FIRST Bank ]{account} is credited by {amount} on {date} {time}{stop}",
        "new": "Your {account} is credited with {amount} on {date}. Your new balance",
        "day": "Your [IDFC FIRST Bank ]{account} is credited by {amount} on {date}{stop}",
    },
    mail_domains=frozenset({"idfcfirstbank.com", "idfcfirst.bank.in"}),
    mail_credits={
        "any": "Your {account} has been credited with {amount}[ on {date}] vide ",
        "balance": "Your {account} has been credited by {amount} on {date}. New balance is",
    },
)
