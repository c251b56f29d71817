from reconciliation.banks.template import Bank

BANK = Bank(
    code="paytm-app",
    name="Paytm",
    is_app=True,
    headers=frozenset({"net.one97.paytm", "com.paytm.business"}),
    credits={
        "received": "Received {amount} from {person}{end}",
    },
)
