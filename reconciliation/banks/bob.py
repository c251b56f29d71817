from reconciliation.banks.template import Bank

# The first form names no account at all; the second has a reference of the bank's own.
BANK = Bank(
    code="bob",
    name="Bank of Baroda",
    also_called=frozenset({"baroda"}),
    headers=frozenset({"BOBTXN", "BOBSMS", "BOBUPI"}),
    credits={
        "UPI": "Dear BOB UPI User: Your account is credited with {amount} on {date}[,] {time} by UPI Ref No[.] {rrn}",
        "UPI, UPI ID": "{amount} Cr[.] to {vpa} {account} on {date}[ {time}]. AvlBal: {balance}. Ref: {rrn}",
        "UPI, own reference": "{amount} Cr[.] to {vpa} {account} on {date}[ {time}]. AvlBal: {balance}. Ref: {ref}",
        "UPI, total": "{amount} Credited to {account} thru UPI/{rrn} by ",
    },
    mail_domains=frozenset({"bankofbaroda.com", "bankofbaroda.bank.in"}),
)
