from reconciliation.banks.template import Bank

BANK = Bank(
    code="pnb",
    name="Punjab National Bank",
    also_called=frozenset({"punjab national"}),
    headers=frozenset({"PNBSMS"}),
    credits={
        "UPI": "{account} Credited with {amount}[ ,][ on] {date}[,] {time} thru UPI{any}(UPI Ref ID[:] {rrn})",
        "UPI, no reference": "{account} Credited with {amount}[ ,][ on] {date}[,] {time} thru UPI{stop}",
        "UPI, account first": "Your {account} is credited for {amount} on {date} through UPI. Available Bal {balance} "
        "(UPI Ref ID[:] {rrn})",
        "NEFT": "{account} Credited with {amount}[ ,][ on] {date}[,] {time} thru NEFT from {name}. Aval Bal",
        "no reference": "{account} Credited with {amount}[ ,][ on] {date}. Aval Bal",
    },
    mail_domains=frozenset({"pnb.co.in", "pnb.bank.in"}),
)
