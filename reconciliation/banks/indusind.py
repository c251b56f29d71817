from reconciliation.banks.template import Bank

BANK = Bank(
    code="indusind",
    name="IndusInd Bank",
    headers=frozenset({"INDUSB"}),
    credits={
        "UPI": "[Your ]{account} [is ]credited by {amount} from {vpa}. RRN[:] {rrn}",
        "UPI, name": "[Your ]{account} [is ]credited by {amount} from {name}. RRN[:] {rrn}",
        "UPI, towards": "Your IndusInd [Bank ]{account} has been credited for {amount} towards UPI/{rrn}",
        "IMPS": "Your IndusInd [Bank ]{account} has been credited for {amount} towards IMPS/{rrn}",
        "IMPS, name": "Your {account} is credited by {amount} on {date} received from account {other}/{name} "
        "(IMPS Ref no[.] {rrn})",
    },
    mail_domains=frozenset({"indusind.com", "indusind.bank.in"}),
    mail_credits={
        "UPI": "Your IndusInd Bank {account} has been Credited for {amount} towards UPI/{rrn}",
    },
)
