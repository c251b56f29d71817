"""Banks' e-mails: a greeting, the alert, a footer."""

import pytest

from reconciliation.banks.typed import build_bank
from reconciliation.parsing import read_mail

ALERT = (
    "Rs. 99.01 is successfully credited to your account **1234 by VPA payer@okaxis A KUMAR on 01-09-26. "
    "Your UPI transaction reference number is 624412345678."
)
MAIL = f"HDFC BANK\n\nDear Customer,\n{ALERT}\n\nWarm Regards,\nHDFC Bank\nNever share your OTP.\n"


@pytest.mark.parametrize(
    "text",
    [MAIL, ALERT, f"Dear Customer, {ALERT}", f"Greetings from HDFC Bank! {ALERT} Thank you.", MAIL.replace(" ", "\n")],
)
def test_an_alert_is_found_where_a_line_or_a_sentence_begins(text):
    reading = read_mail("alerts.hdfcbank.net", text)

    assert (reading.verdict, reading.bank, reading.rule) == ("credit", "hdfc", "hdfc: e-mail, UPI"), reading.reason
    assert (reading.amount_paise, reading.rrn, reading.account_tail) == (99_01, "624412345678", "1234")
    assert reading.payer == "payer@okaxis"


@pytest.mark.parametrize(
    "text",
    [
        f"Rs.500.00 is debited from your account **1234 to VPA x@y\n{ALERT}",
        f"Rs. 1.00 is successfully credited to your account **1234 by VPA x@y X. {ALERT} on 01-09-26. Your UPI transaction "
        "reference number is 624412345679.",
        f"{ALERT}\n{ALERT.replace('99.01', '5000.00').replace('678.', '679.')}",
        f"He says {ALERT}",
    ],
)  # fmt: skip
def test_an_alert_inside_something_else_is_none(text):
    assert read_mail("hdfcbank.net", text).verdict != "credit"


LIST = (
    "Dear Customer,\n\nGreetings from HDFC Bank!\n\nWe're writing to inform you that Rs.99.01 has been successfully "
    "credited to your HDFC Bank account ending in 1234.\n\nTransaction Details:\na. Date: 01-09-26\n"
    "b. Sender: A KUMAR (VPA: payer@okaxis)\nc. UPI Reference No.: 624412345678\n\nThank you for banking with us."
)
FROM = (
    "Dear Customer,\nRs.99.01 has been credited to account 1234 from VPA payer@okaxis A KUMAR on 01-09-26.\n"
    "Your UPI reference no.: 624412345678."
)


@pytest.mark.parametrize(("text", "rule"), [(LIST, "UPI, list"), (FROM, "UPI, from")])
def test_hdfcs_other_e_mails_are_read(text, rule):
    reading = read_mail("alerts.hdfcbank.bank.in", text)

    assert (reading.verdict, reading.rule) == ("credit", f"hdfc: e-mail, {rule}"), reading.reason
    assert (reading.amount_paise, reading.rrn, reading.account_tail) == (99_01, "624412345678", "1234")
    assert (reading.payer, reading.printed.precision) == ("payer@okaxis", "date")


@pytest.mark.parametrize(
    "text",
    [
        ALERT.replace("payer@okaxis", "gpayrefund-online@axisbank"),
        FROM.replace("payer@okaxis", "cashback@paytm"),
        LIST.replace("payer@okaxis", "rewards@gpay"),
        LIST.replace("A KUMAR", "A (VPA: a@upi) c. UPI Reference No.: 111111111111"),
        LIST.replace("successfully credited to", "successfully debited from"),
        LIST.replace("has been", "will be"),
    ],
)
def test_a_refund_or_a_name_like_an_alert_is_none(text):
    assert read_mail("hdfcbank.net", text).verdict != "credit"


@pytest.mark.parametrize("domain", ["gmail.com", "hdfcbank.net.evil.example", "evilhdfcbank.net", ""])
def test_an_alert_of_another_domain_is_for_staff(domain):
    assert read_mail(domain, ALERT).verdict == "review"


def test_an_operators_bank_may_write_e_mails():
    bank = build_bank(
        code="village", name="Village Bank", headers=[], lines=[], mail_domains=["village.bank.in"],
        mail_lines=["Your account {tail} is credited with {amount} by UPI. RRN {rrn}"],
    )  # fmt: skip
    text = "Hello!\nYour account XX1234 is credited with INR 99.01 by UPI. RRN 624412345678"

    assert read_mail("village.bank.in", text, [bank]).rule == "village: e-mail, line 1"
    assert read_mail("village.bank.in", text).verdict == "review"
