from reconciliation.banks.template import Bank

BANK = Bank(
    code="kotak",
    name="Kotak Mahindra Bank",
    also_called=frozenset({"kotak bank", "kotak mahindra", "kotak811"}),
    headers=frozenset({"KOTAKB", "KOTAKD", "KOTAKP"}),
    credits={
        "UPI": "Received {amount} in your Kotak[ Bank] {account} from {vpa} on {date}. UPI Ref[ No][.][:] {rrn}",
        "UPI, name": "Received {amount} in your Kotak[ Bank] {account} from {name} on {date}. UPI Ref[ No][.][:] {rrn}",
        "811": "Received {amount} from {name} in your Kotak811 {account} on {date}. UPI Ref[ No][.][:] {rrn}",
        "IMPS": "Received {amount} on {date} in your Kotak[ Bank] {account} by an A/C linked to mobile {mobile}. "
        "IMPS Ref[ No][.][:] {rrn}",
        "NEFT": "{amount} credited to your Kotak[ Bank] {account} via NEFT from beneficiary {name}. "
        "UTR Ref[.][:] {ref}",
    },
    mail_domains=frozenset({"kotak.com", "kotak.bank.in"}),
    mail_credits={
        "UPI": "You've received a UPI Credit in your Kotak A/c ({tail}) Date[:] {date}[,][ {time}] Amount[:] "
        "{amount} Sender[:] {name} UPI Reference Number (RRN)[:] {rrn}",
    },
)
