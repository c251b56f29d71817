from reconciliation.banks.template import Bank

BANK = Bank(
    code="gpay",
    name="Google Pay",
    is_app=True,
    headers=frozenset({"com.google.android.apps.nbu.paisa.user", "com.google.android.apps.nbu.paisa.merchant"}),
    credits={
        "received": "{amount} received from {person}{end}",
        "paid you": "{person} paid you {amount}[.]{end}",
    },
)
