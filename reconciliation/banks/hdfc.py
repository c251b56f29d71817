from reconciliation.banks.template import Bank

# Since June 2024 HDFC Bank sends no SMS for UPI credits up to ₹500; it still sends e-mail.
BANK = Bank(
    code="hdfc",
    name="HDFC Bank",
    also_called=frozenset({"hdfcbank"}),
    headers=frozenset({"HDFCBK", "HDFCBN"}),
    credits={
        "UPI": "Credit Alert! {amount} credited to HDFC Bank {account} on {date} from VPA {vpa} (UPI {rrn})",
        "UPI, older": "Money Received - {amount} in HDFC Bank {account} from VPA {vpa} (UPI {rrn})",
        "UPI, oldest": "[HDFC Bank: ]{amount} credited to {account} on {date} by a/c linked to VPA {vpa} "
        "(UPI Ref No {rrn})",
        "IMPS": "Received! {amount} in HDFC Bank {account} On {date} For IMPS -{name}- {rrn}",
        # The bank's branch code, the payer and the reference, in one narration.
        "NEFT": "Update! {amount} deposited in HDFC Bank {account} on {date} for NEFT Cr-{ifsc}-{name}-{ref}.",
        "RTGS": "Update! {amount} deposited in HDFC Bank {account} on {date} for RTGS Cr-{ifsc}-{name}-{ref}.",
        "NEFT, other": "Update! {amount} deposited in HDFC Bank {account} on {date} for NEFT Cr-{any}.",
        "RTGS, other": "Update! {amount} deposited in HDFC Bank {account} on {date} for RTGS Cr-{any}.",
    },
    mail_domains=frozenset({"hdfcbank.net", "hdfcbank.com", "hdfcbank.bank.in"}),
    mail_credits={
        "UPI": "{amount} is successfully credited to your {account} by VPA {vpa} {name} on {date}. "
        "Your UPI transaction reference number is {rrn}",
        "UPI, list": "We're writing to inform you that {amount} has been successfully credited to your HDFC Bank "
        "{account}. Transaction Details: a. Date: {date} b. Sender: {name} (VPA: {vpa}) "
        "c. UPI Reference No[.][:] {rrn}",
        "UPI, from": "{amount} has been credited to {account} from VPA {vpa} {name} on {date}{any}no[.][:] {rrn}",
    },
)
