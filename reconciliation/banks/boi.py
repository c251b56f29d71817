from reconciliation.banks.template import Bank

BANK = Bank(
    code="boi",
    name="Bank of India",
    headers=frozenset({"BOIIND"}),
    credits={
        "UPI": "BOI[ -] {amount} Credited in your {account} on {date}[ {time}] By UPI{any}Ref[ No][.][:] {rrn}",
        "UPI, both": "{amount} credited {account} and debited from {name} via UPI Ref No[.] {rrn}[ on {date}]",
        "NEFT": "BOI[ -] {amount} Credited in your {account} on {date} By NEFTINWARD {ref}/",
        "UPI, no reference": "BOI[ -] {amount} Credited in your {account} on {date}[ {time}] By UPI{stop}",
    },
    mail_domains=frozenset({"bankofindia.co.in", "bankofindia.bank.in"}),
)
