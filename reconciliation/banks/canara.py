from reconciliation.banks.template import Bank

BANK = Bank(
    code="canara",
    name="Canara Bank",
    headers=frozenset({"CANBNK"}),
    credits={
        "UPI": "[Your ]{account} [is ][has been ]credited with {amount} on {date}[ {time}] from {name}; UPI: {rrn}",
        "NEFT, RTGS": "An amount of {amount} has been credited to {tail} on {date} towards {word} by Sender {name}, "
        "IFSC {ifsc}, Sender A/c {any}UTR {ref}, Total Avail",
        "older": "An amount of {amount} has been credited to your {account} on {date}{stop}",
        "oldest": "Your {account} credited with {amount} on {date}. Avail.bal",
    },
    mail_domains=frozenset({"canarabank.com", "canarabank.bank.in"}),
)
