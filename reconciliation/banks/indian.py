from reconciliation.banks.template import Bank

# Of a UPI payment Indian Bank sends both.
BANK = Bank(
    code="indian",
    name="Indian Bank",
    headers=frozenset({"INDBNK", "INBUPI"}),
    credits={
        "UPI": "{amount} credited to {account} on {date} by a/c linked to VPA {vpa} (UPI Ref no {rrn})",
        "NEFT": "{amount} credited to {account} on {date} UTR:{ref}/NEFT/",
        "no reference": "{amount} credited to {account} on {date}.Indian Bank",
        "total": "Your {account} is credited by {amount} Total Bal",
    },
    mail_domains=frozenset({"indianbank.co.in", "indianbank.bank.in"}),
)
