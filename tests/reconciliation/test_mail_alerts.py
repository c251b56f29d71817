"""Banks' e-mails: a greeting, the alert, a footer."""

import pytest

from reconciliation.banks.template import build_bank
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
