from reconciliation.banks.template import Bank

BANK = Bank(
    code="psb",
    name="Punjab & Sind Bank",
    also_called=frozenset({"punjab and sind bank"}),
    headers=frozenset({"PSBANK"}),
    credits={
        "UPI": "[PSB{number} ]{account} Credited with {amount}[ ]-[-] UPI/CR/{rrn}/{name}/{any}CR)({date} {time})",
        "UPI, no time": "[PSB{number} ]{account} Credited with {amount}[ ]-[-] UPI/CR/{rrn}/{name}/",
        "NEFT": "[PSB{number} ]{account} Credited with {amount}[ ]-[-] NEFT/{ref}/{name} "
        "(CLR BAL {balance}CR)({date} {time})",
    },
)
