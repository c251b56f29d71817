from reconciliation.banks.template import Bank

BANK = Bank(
    code="ippb",
    name="India Post Payments Bank",
    also_called=frozenset({"india post", "post office"}),
    headers=frozenset({"IPBMSG"}),
    credits={
        "UPI": "Received a payment of {amount} in {account} on {date}[ {time}] from {name} thru IPPB. Info: "
        "UPI/CREDIT/{rrn}",
        "UPI, no date": "Received a payment of {amount} in {account}{any}from {name} thru IPPB. Info: UPI/CREDIT/{rrn}",
        "no reference": "Your {account} credited with {amount} on {date}. Avl Bal",
    },
)
