from reconciliation.banks.template import Bank

BANK = Bank(
    code="psb",
    name="Punjab & Sind Bank",
    also_called=frozenset({"punjab and sind bank"}),
    headers=frozenset({"PSBANK"}),
    credits={
        "UPI": "{account} Credited with {amount}[ ]-[-] UPI/CR/{rrn}/{name}/{any}CR)({date} {time})",
        "UPI, no time": "{account} Credited with {amount}[ ]-[-] UPI/CR/{rrn}/{name}/",
    },
)
