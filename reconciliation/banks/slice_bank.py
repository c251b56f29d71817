from reconciliation.banks.template import Bank

BANK = Bank(
    code="slice",
    name="slice Small Finance Bank",
    also_called=frozenset({"slice bank", "slice sfb"}),
    headers=frozenset({"SLICEIT", "SLCBNK"}),
    credits={
        "UPI": "{amount} received in slice {account} on {date}[ {time}] from {name} via UPI (Ref ID: {rrn})",
        "NEFT": "{amount} received in[ slice] {account} from {name} on {date} (NEFT Ref No[.] {ref})",
    },
    mail_domains=frozenset({"sliceit.com", "slice.bank.in"}),
    mail_credits={
        "UPI": "You have received {amount} via UPI in your slice bank account",
    },
)
