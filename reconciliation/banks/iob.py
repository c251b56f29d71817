from reconciliation.banks.template import Bank

# The only bank that quotes the payment's note, behind the reference.
BANK = Bank(
    code="iob",
    name="Indian Overseas Bank",
    headers=frozenset({"IOBCHN"}),
    credits={
        "UPI": "Your {account} is credited by {amount} on {date}[ {time}], from {name}-{vpa}(UPI Ref no[.] {rrn}"
        "[)[.]Payer Remark -{remark}-IOB]",
        "UPI, name": "Your {account} is credited by {amount} on {date}[ {time}], from {name}(UPI Ref no[.] {rrn}"
        "[)[.]Payer Remark -{remark}-IOB]",
    },
)
