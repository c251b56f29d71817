from reconciliation.banks.template import Bank

BANK = Bank(
    code="bharatpe",
    name="BharatPe",
    is_app=True,
    headers=frozenset({"com.bharatpe.app"}),
    credits={
        "received from": "{amount} received from {person}{end}",
        "received from, order": "{amount} received from {person}. Order {number}{end}",
        "received": "{amount} received[.]{end}",
    },
)
