from reconciliation.banks.template import Bank

BANK = Bank(
    code="canara",
    name="Canara Bank",
    headers=frozenset({"CANBNK"}),
    credits={
        "UPI": "[Dear Customer, ][Your ]{account} [is ][has been ]credited with {amount} on {date}[ {time}] from "
        "{name}; UPI: {rrn}",
        "older": "[Dear Customer, ]An amount of {amount} has been credited to your {account} on {date}{stop}",
    },
    mail_domains=frozenset({"canarabank.com", "canarabank.bank.in"}),
)
