from reconciliation.banks.template import Bank

BANK = Bank(
    code="icici",
    name="ICICI Bank",
    also_called=frozenset({"icici bank limited"}),
    headers=frozenset({"ICICIT", "ICICIB", "ICICBK"}),
    credits={
        "UPI": "{account} is credited with {amount} on {date} from {name}. UPI: {rrn}",
        "UPI, account": "[Your ]ICICI Bank {account} has been credited with {amount} on {date}[ "
        "at {time}] from {name}. Ref No[.][:] {rrn}",
        "IMPS": "[Your ]ICICI Bank {account} credited: {amount} on {date}. Info[:] IMPS-{rrn}",
        "NEFT": "[Your ]ICICI Bank {account} credited: {amount} on {date}. Info[:] NEFT-{ref}",
        "RTGS": "[Your ]ICICI Bank {account} credited: {amount} on {date}. Info[:] RTGS-{ref}",
    },
    mail_domains=frozenset({"icicibank.com", "icici.bank.in"}),
)
