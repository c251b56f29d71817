"""The small ways in which a bank's next alert may differ from its last, tried on every bank's credits."""

import re
from collections.abc import Callable, Iterator
from itertools import islice

import pytest

from reconciliation.parsing import parse
from reconciliation.times import INDIA, Precision
from tests.reconciliation.test_look_alikes import made_of
from tests.reconciliation.test_parsing import CREDITS, paise

_DATE = re.compile(
    r"(?<![\w/-])(?:\d{4}-\d\d-\d\d|\d\d(?:[-/]\d\d?[-/]|-?[A-Za-z]{3}-?)(?:\d{4}|\d\d)|[A-Z][a-z]+ \d, \d{4})(?![\w-])"
    r"(?!,? ?(?:at )?\d)"
)
_ACCOUNT = re.compile(
    r"(?<!sender )((?:a/c|acct|account|\bac)(?: no\.?)?) ?([x*n\d-]*\d{2})(?![\d*])(?!\S*@)", re.IGNORECASE
)
_CURRENCY = re.compile(r"(?:INR Rs|INR|Rs|₹)[.:]? ?(?=[\d,]*(?:99|501|250|7000|000)[.\d]*)")


def after_date(more: str) -> Callable[[str], str]:
    return lambda text: _DATE.sub(lambda match: f"{match[0]}{more}", text, count=1)


def account(mask: str) -> Callable[[str], str]:
    return lambda text: _ACCOUNT.sub(lambda match: f"{match[1]} {mask}{match[2][-2:]}", text, count=1)


def currency(written: str) -> Callable[[str], str]:
    return lambda text: _CURRENCY.sub(written, text, count=1)


TIMES = {
    more: (after_date(more), precision)
    for more, precision in (
        (" 12:34:56", Precision.SECOND), (" at 12:34:56", Precision.SECOND), (", 12:34:56", Precision.SECOND),
        (" 12:34:56 IST", Precision.SECOND), (" 12:34", Precision.MINUTE), (" at 12:34 hrs", Precision.MINUTE),
        (" 12:34 PM", Precision.MINUTE), (",12:34 pm", Precision.MINUTE),
    )
}  # fmt: skip
MASKS = {
    mask: account(mask) for mask in ("...12", "..12", "x-12", "XX-12", "074-260***-0", "XXXX12", "**12", "123412341200")
}
OTHERS: dict[str, Callable[[str], str]] = {
    "a comma after the date": after_date(","),
    "INR Rs.": currency("INR Rs."),
    "Rs. INR": currency("Rs. INR "),
    "₹": currency("₹ "),
    "Rs.:": currency("Rs.: "),
    "/-": lambda text: re.sub(r"99\.01(?! Total)", "99.01/-", text, count=1),
    "no closing bracket": lambda text: re.sub(r"(\d{12})\)", r"\1", text),
    "a greeting": lambda text: text if text.startswith("Dear") else f"Dear Customer, {text}",
    "a greeting without a comma": lambda text: text if text.startswith("Dear") else f"Dear Customer {text}",
    "your account": lambda text: re.sub(r"(?<![Yy]our )(?<!Sender )\b(?=(?:A/c|Acct|Ac) )", "your ", text, count=1),
}
VARIATIONS = {name: vary for name, (vary, _) in TIMES.items()} | MASKS | OTHERS


def varied(vary: Callable[[str], str]) -> Iterator[tuple[dict, str]]:
    pairs = ((alert, vary(alert["text"])) for alert in CREDITS)
    return ((alert, text) for alert, text in pairs if text != alert["text"])


@pytest.mark.parametrize("name", VARIATIONS)
def test_a_banks_credit_is_read_though_it_is_written_a_little_differently(name):
    texts = list(varied(VARIATIONS[name]))

    assert len(texts) > 15
    for alert, text in texts:
        reading = parse(sender=alert["sender"], text=text)
        assert reading.verdict == "credit", (text, reading.reason)
        assert (reading.amount_paise, reading.rrn) == (paise(alert["amount"]), alert["rrn"]), text


@pytest.mark.parametrize("name", TIMES)
def test_a_time_behind_the_date_is_read(name):
    vary, precision = TIMES[name]

    for alert, text in varied(vary):
        printed = parse(sender=alert["sender"], text=text).printed
        assert printed is not None, text
        moment = printed.earliest.astimezone(INDIA)
        assert (moment.date().isoformat(), moment.hour, moment.minute) == (alert["printed"], 12, 34), text
        assert printed.precision == precision, text


@pytest.mark.parametrize("name", MASKS)
def test_an_account_is_read_under_any_mask(name):
    for alert, text in varied(MASKS[name]):
        assert parse(sender=alert["sender"], text=text).account_tail.endswith(alert["account_tail"][-2:]), text


@pytest.mark.parametrize("name", VARIATIONS)
def test_no_variation_makes_a_credit_of_what_is_none(name):
    for alert, text in varied(VARIATIONS[name]):
        for other in islice(made_of(alert | {"text": text}), 0, None, 7):
            assert parse(sender=alert["sender"], text=other).verdict != "credit", other


@pytest.mark.parametrize("time", [" 25:00", " 12:61", " 13:34 PM", " 12:34:99"])
def test_a_time_that_does_not_exist_is_for_staff(time):
    for alert, text in varied(after_date(time)):
        assert parse(sender=alert["sender"], text=text).verdict == "review", text


def test_a_number_of_twelve_digits_that_is_not_the_account_is_for_staff():
    text = (
        "Dear Customer, Acct 123412341234 is credited with Rs 99.01 on 01-Sep-26 from {}. UPI:624412345678-ICICI Bank."
    )

    assert parse(sender="VM-ICICIT-S", text=text.format("A KUMAR")).verdict == "credit"
    assert parse(sender="VM-ICICIT-S", text=text.format("A KUMAR 123412341235")).verdict == "review"
