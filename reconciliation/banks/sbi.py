from reconciliation.banks.template import Bank

BANK = Bank(
    code="sbi",
    name="State Bank of India",
    also_called=frozenset({"sbi bank", "sbin"}),
    headers=frozenset({"SBIUPI", "SBIINB", "SBIPSG", "SBIBNK", "CBSSBI", "ATMSBI"}),
    credits={
        # "Dear SBI User" and "Dear UPI user"
        "UPI": "Dear {word} User, your {account}-credited by {amount} on {date} transfer from {name} Ref No {rrn}",
        "UPI, short": "Dear SBI UPI User, ur {account} credited by {amount} on {date} by (Ref no {rrn})",
        "IMPS": "Your {account} is credited by {amount} on {date} by a/c linked to mobile {mobile}-{name} "
        "(IMPS Ref[#][ no][.] {rrn})",
        "NEFT, RTGS": "{amount} credited to your {account} on {date} through {word} with UTR {ref} by {name}, INFO",
    },
)
