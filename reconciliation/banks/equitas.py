from reconciliation.banks.template import Bank

BANK = Bank(
    code="equitas",
    name="Equitas Small Finance Bank",
    also_called=frozenset({"equitas bank", "equitas sfb"}),
    headers=frozenset({"EQUTAS", "EQUITS"}),
    credits={
        "UPI": "{amount} credited via UPI to Equitas {account} -Ref:{rrn} on {date} from {name}. Avl Bal",
        "UPI, no name": "{amount} credited via UPI to Equitas {account} -Ref:{rrn}",
    },
)
