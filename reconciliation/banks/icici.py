from reconciliation.banks.template import Bank

BANK = Bank(
    code="icici",
    name="ICICI Bank",
    also_called=frozenset({"icici", "icici bank limited"}),
    headers=frozenset({"ICICIT", "ICICIB", "ICICBK"}),
    credits={
        "UPI": "[Dear Customer, ]{account} is credited with {amount} on {date} from {name}. UPI: {rrn}",
        "UPI, account": "[Dear Customer, ][Your ]ICICI Bank {account} has been credited with {amount} on {date}[ "
        "at {time}] from {name}. Ref No[.][:] {rrn}",
        "IMPS": "[Dear Customer, ][Your ]ICICI Bank {account} credited: {amount} on {date}. Info[:] IMPS-{rrn}",
        "NEFT": "[Dear Customer, ][Your ]ICICI Bank {account} credited: {amount} on {date}. Info[:] NEFT-{ref}",
        "RTGS": "[Dear Customer, ][Your ]ICICI Bank {account} credited: {amount} on {date}. Info[:] RTGS-{ref}",
    },
    mail_domains=frozenset({"icicibank.com", "icici.bank.in"}),
)
