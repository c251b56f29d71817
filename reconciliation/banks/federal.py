from reconciliation.banks.template import Bank

BANK = Bank(
    code="federal",
    name="Federal Bank",
    also_called=frozenset({"the federal bank"}),
    headers=frozenset({"FEDBNK", "FEDSCP"}),
    credits={
        "UPI": "{amount} credited to your {account} via UPI on {date} {time}{any}Ref no[.] {rrn}",
        "IMPS": "{amount} credited to your {account} via IMPS on {date} {time}{any}Ref no[.][-] {rrn}",
        "friendly": "{word}[ {word}], you've received {amount} in your {account}. Woohoo! It was sent by {name} "
        "on {date}{stop}",
    },
    mail_domains=frozenset({"federalbank.co.in", "federal.bank.in"}),
)
