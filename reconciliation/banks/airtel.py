from reconciliation.banks.template import Bank

BANK = Bank(
    code="airtel",
    name="Airtel Payments Bank",
    also_called=frozenset({"airtel bank"}),
    headers=frozenset({"AIRBNK"}),
    credits={
        "any": "[Your ]Airtel Payments Bank a/c is credited with {amount}. Txn ID: {rrn}",
    },
)
