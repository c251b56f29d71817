from reconciliation.banks.template import Bank

BANK = Bank(
    code="union",
    name="Union Bank of India",
    also_called=frozenset({"union bank"}),
    headers=frozenset({"UNIONB"}),
    credits={
        "UPI": "{account} Credited for {amount} on {date} {time} by Mob Bk ref no[.] {rrn}",
        "UPI, other": "{account} Credited for {amount} on {date} {time} by UPI ref no[.] {rrn}",
        "no reference": "{account} Credited for {amount} on {date} {time} by Mob Bk ref no[.]{stop}",
    },
    mail_domains=frozenset({"unionbankofindia.co.in", "unionbankofindia.bank.in"}),
)
