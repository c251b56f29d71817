from reconciliation.banks.template import Bank

BANK = Bank(
    code="paytm",
    name="Paytm Payments Bank",
    also_called=frozenset({"ppbl"}),
    headers=frozenset({"PYTMPB", "PYTBNK"}),
    credits={
        "UPI": "{amount} received in your Paytm Payments Bank {account} from {vpa}. UPI Ref[ No][.]: {rrn}",
        "UPI, name": "{amount} received in your Paytm Payments Bank {account} from {name}. UPI Ref[ No][.]: {rrn}",
    },
)
