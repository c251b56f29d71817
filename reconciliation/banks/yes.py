from reconciliation.banks.template import Bank

BANK = Bank(
    code="yes",
    name="Yes Bank",
    headers=frozenset({"YESBNK"}),
    credits={
        "UPI": "{amount} credited to your {account} via UPI on {date}[ {time}] by VPA {vpa}. Ref No[.] {rrn}",
        "UPI, name": "{amount} credited to your {account} via UPI on {date}[ {time}] by {name}. Ref No[.] {rrn}",
    },
    mail_domains=frozenset({"yesbank.in", "yes.bank.in"}),
)
