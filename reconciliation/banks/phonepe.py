from reconciliation.banks.template import Bank

BANK = Bank(
    code="phonepe",
    name="PhonePe",
    is_app=True,
    headers=frozenset({"com.phonepe.app", "com.phonepe.app.business"}),
    credits={
        "received": "Received {amount} from {person}{end}",
        "sent": "{person} has sent {amount} to your bank account[.]{end}",
    },
)
