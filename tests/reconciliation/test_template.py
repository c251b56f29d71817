"""Banks that an operator adds by typing lines, and why some lines are refused."""

import pytest

from reconciliation.banks.fitting import stop_of
from reconciliation.banks.template import Bank
from reconciliation.banks.typed import BadTemplate, build_bank
from reconciliation.parsing import parse

LINE = "Dear Customer, {account} is credited with {amount} on {date} from {name}. UPI:{rrn}-Village Bank"
TEXT = "Dear Customer, Acct XX123 is credited with Rs 99.01 on 01-Sep-26 from A KUMAR. UPI:624412345678-Village Bank"


def village(*lines: str, **inputs) -> Bank:
    return build_bank(
        **{"code": "village", "name": "Village Bank", "headers": ["VILLBK"], "lines": lines or [LINE], **inputs}
    )


def problems(*lines: str, **inputs) -> dict[str, list[str]]:
    with pytest.raises(BadTemplate) as refused:
        village(*lines, **inputs)
    return refused.value.problems


def test_an_operators_bank_is_read_like_any_other():
    reading = parse(sender="VM-VILLBK-S", text=TEXT, extra=[village()])

    assert (reading.verdict, reading.bank, reading.rule) == ("credit", "village", "village: line 1")
    assert (reading.amount_paise, reading.rrn, reading.payer) == (99_01, "624412345678", "A KUMAR")
    assert parse(sender="VM-VILLBK-S", text=TEXT).verdict == "review"
    assert parse(sender="VM-OTHERB-S", text=TEXT, extra=[village()]).verdict == "review"


def test_an_operator_adds_a_line_to_a_known_bank():
    more = village("{amount} came: credited to your {account} by UPI {rrn}", code="sbi", headers=["SBIUPI"])
    text = "Rs.99.01 came: credited to your a/c X1234 by UPI 624412345678"

    assert parse(sender="VM-SBIUPI-S", text=text).verdict == "review"
    assert parse(sender="VM-SBIUPI-S", text=text, extra=[more]).verdict == "credit"


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("Your {account} is credited with {amounts} by UPI", "{amounts} is no field."),
        ("Your {account} is credited with {amount} by {name}.Ref{rrn}", "{name} could end inside a UPI ID:"),
        ("Your {account} is credited by UPI {rrn}", "It has no {amount}: write it"),
        ("Your {account} is credited with {amount} and {amount}", "It has {amount} twice: end it"),
        ("{account} credited {amount}", "It has fewer than 3 words of its own"),
        ("{name} sent money: your {account} is credited with {amount}", "It begins with {name}"),
        ("Your {account} is credited with {amount} by {name}", "{name} stands at its end"),
        ("Your {account} is credited with {amount} by {name} {rrn}", "{name} stands right before {rrn}"),
        ("Your {account} is credited with {amount} at {time} today", "It has a {time} but no {date}: write {date}"),
        ("Your {account} is debited with {amount} on {date} by UPI", "It does not say that money came in"),
        ("Refund of {amount} is credited to your {account}", "It reads like something else. It is a refund"),
        ("Your {account} is credited with {amount} (a|b)", "Braces stand around a field's name only"),
        ("Your {account} is credited with {amount} {", "Braces stand around a field's name only"),
        ("x" * 501, "It is longer than 500 characters: end it earlier"),
        ("A/c {account} credited Rs {amount} UPI", "It has fewer than 3 words of its own"),
        ("Your {account} is credited by {name} Rs.{amount}", "{name} stands right before {amount}"),
    ],
)
def test_a_line_that_would_fit_too_much_is_refused_in_words(line, problem):
    assert problems(line)["lines"][0].startswith(f"Line 1: {problem}")


@pytest.mark.parametrize(
    "account", ["{account}", "A/c {account}", "A/c no. XX{account}", "Account ending with {account}"]
)
@pytest.mark.parametrize("amount", ["{amount}", "Rs.{amount}", "INR {amount}"])
def test_words_that_a_field_brings_itself_may_stand_before_it(account, amount):
    bank = village(f"Dear Member, your {account} is credited with {amount} by UPI Ref {{rrn}}")

    for told in ("A/c no. XX1234", "account ending with 1234"):
        found = bank.read(f"Dear Member, your {told} is credited with Rs.99.01 by UPI Ref 624412345678")
        assert (found.amount, found.tail[-4:]) == ("99.01", "1234")


def test_a_message_that_names_the_account_twice_fits_its_own_words():
    bank = village("Your savings account {account} is credited with {amount} by UPI Ref {rrn}")

    assert bank.read("Your savings account A/c XX1234 is credited with Rs 99.01 by UPI Ref 624412345678")


@pytest.mark.parametrize(
    "words", ["has reached your", "was added to your", "has landed in your", "is deposited in your"]
)
def test_a_bank_may_say_in_its_own_words_that_money_came(words):
    bank = village(f"{{amount}} {words} Village Bank {{account}} on {{date}}. UPI ref {{rrn}}")
    text = f"INR 99.55 {words} Village Bank account XX1234 on 01-09-26. UPI ref 633112345678"

    assert parse(sender="VM-VILLBK-S", text=text, extra=[bank]).verdict == "credit"


@pytest.mark.parametrize(("end", "verdict"), [("", "review"), ("{end}", "credit")])
def test_a_line_may_say_that_its_messages_end_in_the_reference(end, verdict):
    bank = village(f"Village Bank: your {{account}} is credited with {{amount}} by {{name}}. Ref {{rrn}}{end}")
    text = "Village Bank: your a/c XX1234 is credited with Rs.99.01 by A KUMAR. Ref 624412345678"

    assert parse(sender="VM-VILLBK-S", text=text, extra=[bank]).verdict == verdict


def test_what_a_refusal_says_to_write_is_taken():
    refused = problems("Dear Member, {account} has {amount} by UPI {rrn}")["lines"][0]
    assert "Write the message's words that do, such as “credited to your A/c {account}”" in refused

    assert village("Dear Member, {amount} credited to your A/c {account} by UPI {rrn}")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "Dear Customer, Acct XX123 was credited with Rs 99.01",
            "The line and the message agree up to “Dear Customer, Acct XX123”. Then the line has “is”, but the message has “was credited with "
            "Rs 99.01”.",
        ),
        (
            "Dear Customer, Acct XX123 is credited with 99.01",
            "The line and the message agree up to “Dear Customer, Acct XX123 is credited with”. Then the line has “{amount}” (how much came in, "
            "with its currency, such as Rs.99.01), but the message has “99.01”.",
        ),
        (
            "Acct XX123 is credited with Rs 99.01 on 01-Sep-26 from A KUMAR",
            "The line begins with “Dear”, but the message has “Acct XX123 is credited with Rs 99.01 on 01-Sep-26 from A "
            "…”.",
        ),
        (
            TEXT.partition(" A KUMAR")[0],
            "The line and the message agree up to “… Acct XX123 is credited with Rs 99.01 on 01-Sep-26 from”. Then the line has “{name}.” (the "
            "payer's name, up to the line's next words, such as A KUMAR), but the message ends there.",
        ),
    ],
)
def test_where_a_line_stops_fitting_is_said_in_words(text, sentence):
    assert str(stop_of(LINE, text)) == sentence


def test_a_line_that_fits_stops_nowhere():
    assert stop_of(LINE, TEXT) is None
    assert stop_of(LINE, f"Hello! {TEXT}", [0, 7]) is None


def test_what_else_is_missing_is_said_of_its_input():
    assert problems(code="Village Bank", name=" ", headers=[], lines=[]).keys() == {"code", "name", "headers", "lines"}
    assert problems(mail_domains=["no domain"])["mail_domains"] == ["'no domain' is no domain."]
    assert problems(mail_lines=[LINE])["mail_domains"] == ["Lines of e-mails need a domain."]
    assert problems(headers=[], mail_domains=["village.bank.in"])["headers"] == [
        "Lines of short messages need a sender."
    ]
    assert problems(*[LINE] * 21)["lines"] == ["More than 20 lines."]
