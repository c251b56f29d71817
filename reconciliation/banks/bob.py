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
        "UPI, total": "{amount} Credited to {account} thru UPI/{rrn} by {name}[.] Total Bal",
        "UPI, no name": "{amount} Credited to {account} thru UPI/{rrn} by",
        "IMPS": "{amount} credited to {account} via IMPS/{rrn} by",
        "NEFT": "{amount} Credited to {account} thru NEFT UTR {ref} by {name}[.] Total Bal",
        "no reference": "{amount} Credited to {account} on {date}. AvlBal",
        "no reference, account first": "Your {account} is credited with {amount} on {date}. Total Bal",
    },
    mail_domains=frozenset({"bankofbaroda.com", "bankofbaroda.bank.in"}),
)
