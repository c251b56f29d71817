from reconciliation.banks.template import Bank

BANK = Bank(
    code="axis",
    name="Axis Bank",
    also_called=frozenset({"axis bank limited"}),
    headers=frozenset({"AXISBK"}),
    credits={
        "UPI": "{amount} credited[ to] {account}[ on] {date}[.] [Info[:] - ]UPI/P2A/{rrn}/{name}/",
        "UPI, to a merchant": "{amount} credited[ to] {account}[ on] {date}[.] [Info[:] - ]UPI/P2M/{rrn}/{name}/",
        "UPI, no name": "{amount} credited[ to] {account}[ on] {date}[.] [Info[:] - ]UPI/P2A/{rrn}",
        "UPI, to a merchant, no name": "{amount} credited[ to] {account}[ on] {date}[.] [Info[:] - ]UPI/P2M/{rrn}",
        "IMPS": "{amount} credited[ to] {account}[ on] {date}[.] [Info[:] - ]IMPS/P2A/{rrn}",
        "NEFT": "{amount} credited[ to] {account}[ on] {date}[.] [Info[:] - ]NEFT/{ref}/",
    },
    mail_domains=frozenset({"axisbank.com", "axis.bank.in"}),
)
