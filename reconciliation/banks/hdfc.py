from reconciliation.banks.template import Bank

# Since June 2024 HDFC Bank sends no SMS for UPI credits up to ₹500; it still sends e-mail.
BANK = Bank(
    code="hdfc",
    name="HDFC Bank",
    also_called=frozenset({"hdfc bank", "hdfcbank"}),
    headers=frozenset({"HDFCBK", "HDFCBN"}),
    credits=(
        # UPI
        "Credit Alert! {amount} credited to HDFC Bank {account} on {date} from VPA {vpa} (UPI {rrn})",
        # UPI, older
        "Money Received - {amount} in HDFC Bank {account} from VPA {vpa} (UPI {rrn})",
        "{amount} credited to {account} on {date} by a/c linked to VPA {vpa} (UPI Ref No {rrn})",
        "HDFC Bank: {amount} credited to {account} on {date} by a/c linked to VPA {vpa} (UPI Ref No {rrn})",
        # IMPS
        "Received! {amount} in HDFC Bank {account} On {date} For IMPS -{name}- {rrn}",
        # NEFT and RTGS: bank's branch code, payer, reference, in one narration
        "Update! {amount} deposited in HDFC Bank {account} on {date} for NEFT Cr-{ifsc}-{name}-{ref}.",
        "Update! {amount} deposited in HDFC Bank {account} on {date} for RTGS Cr-{ifsc}-{name}-{ref}.",
        "Update! {amount} deposited in HDFC Bank {account} on {date} for NEFT Cr-{any}.",
        "Update! {amount} deposited in HDFC Bank {account} on {date} for RTGS Cr-{any}.",
    ),
)
