from reconciliation.banks.template import Bank

BANK = Bank(
    code="au",
    name="AU Small Finance Bank",
    also_called=frozenset({"au bank", "au sfb"}),
    headers=frozenset({"AUBANK"}),
    credits={
        "UPI": "Cr {amount} to {account}[ on] {date}[ {time}] UPI/CR/{rrn}/{name}/",
        "UPI, no name": "Cr {amount} to {account}[ on] {date}[ {time}] UPI/CR/{rrn}",
    },
    mail_domains=frozenset({"aubank.in", "au.bank.in"}),
)
