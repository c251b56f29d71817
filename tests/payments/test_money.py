from decimal import Decimal, InvalidOperation

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.money import in_words_of_rupees, parse_rupees, shortest, two_decimals


@pytest.mark.parametrize(
    ("text", "paise"),
    [("0", 0), ("2", 200), ("100", 10000), ("100.5", 10050), ("99.37", 9937), ("0.01", 1), ("100000.00", 10000000)],
)
def test_plain_decimals_are_read_exactly(text, paise):
    assert parse_rupees(text) == paise


@pytest.mark.parametrize(
    "text",
    [
        "",
        " 100",
        "100 ",
        "١٠٠",
        "१००",
        "１００",
        "1e2",
        "1E2",
        "NaN",
        "Infinity",
        "-1",
        "-0",
        "+1",
        "01",
        "00",
        "1.",
        ".5",
    ]
    + ["100.001", "1,000", "1_000", "0x10", "1\n", "true", "9" * 13, "₹100", "1.2.3"],
)
def test_anything_else_is_no_amount(text):
    assert parse_rupees(text) is None


def reference(text: str) -> int | None:
    """The same rule written with Decimal alone."""
    try:
        amount = Decimal(text)
    except InvalidOperation:
        return None
    sign, _, exponent = amount.as_tuple()
    if not isinstance(exponent, int) or not -2 <= exponent <= 0 or sign:
        return None
    plain = f"{amount:f}"
    return int(amount * 100) if plain == text and text.isascii() and len(text.split(".")[0]) <= 12 else None


@given(st.one_of(st.text(max_size=12), st.from_regex(r"\A-?[0-9]{1,14}(\.[0-9]{0,4})?([eE][0-9])?\Z")))
def test_reading_agrees_with_decimal(text):
    assert parse_rupees(text) == reference(text)


@given(st.integers(0, 10**13))
def test_both_written_forms_read_back(paise):
    assert parse_rupees(two_decimals(paise)) == parse_rupees(shortest(paise)) == paise


@pytest.mark.parametrize(
    ("paise", "two", "short"),
    [(9900, "99.00", "99"), (10050, "100.50", "100.5"), (9937, "99.37", "99.37"), (5, "0.05", "0.05")],
)
def test_written_forms(paise, two, short):
    assert (two_decimals(paise), shortest(paise)) == (two, short)


@pytest.mark.parametrize(
    ("paise", "text"),
    [(9937, "₹99.37"), (100_000, "₹1,000.00"), (1_00_000_00, "₹1,00,000.00"), (12_34_56_789_50, "₹12,34,56,789.50")],
)
def test_amounts_for_people_are_grouped_the_indian_way(paise, text):
    assert in_words_of_rupees(paise) == text
