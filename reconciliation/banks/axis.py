from reconciliation.banks.template import Bank

BANK = Bank(
    code="axis",
    name="Axis Bank",
    also_called=frozenset({"axis bank limited"}),
    headers=frozenset({"AXISBK"}),
    credits={
        "UPI": "{amount} credited[ to][ your] {account}[ on] {date}[,][ at] {time}[ IST][.] [Info[:]- "
        "]UPI/P2A/{rrn}/{name}/",
        "UPI, to a merchant": "{amount} credited[ to][ your] {account}[ on] {date}[,][ at] {time}[ IST][.] "
        "[Info[:]- ]UPI/P2M/{rrn}/{name}/",
        "UPI, no name": "{amount} credited[ to][ your] {account}[ on] {date}[,][ at] {time}[ IST][.] [Info[:]- "
        "]UPI/P2A/{rrn}",
        "UPI, to a merchant, no name": "{amount} credited[ to][ your] {account}[ on] {date}[,][ at] {time}[ "
        "IST][.] [Info[:]- ]UPI/P2M/{rrn}",
        "IMPS": "{amount} credited[ to][ your] {account}[ on] {date}[,][ at] {time}[ IST][.] [Info[:]- ]IMPS/P2A/{rrn}",
    },
    mail_domains=frozenset({"axisbank.com", "axis.bank.in"}),
)
