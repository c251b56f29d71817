"""What people type for a UTR."""

import pytest

from reconciliation.utr import Problem, clean_utr, is_like_a_phone_number, problem_of


@pytest.mark.parametrize(
    "typed",
    [
        "412345678901",
        " 4123 4567 8901 ",
        "4123-4567-8901",
        "4123–4567—8901",
        "4123\u00a04567\u202f8901\n",
        "\u200b4123\u200c4567\u200d8901\ufeff",
        "\u202a412345678901\u202c",
        "４１２３４５６７８９０１",
        "४१२३४५६७८९०१",
        "৪১২৩৪৫৬৭৮৯০১",
        "௪௧௨௩௪௫௬௭௮௯௦௧",
        "٤١٢٣٤٥٦٧٨٩٠١",
        "0000412345678901",
    ],
)
def test_what_is_meant_is_read(typed):
    assert clean_utr(typed) == "412345678901"
    assert problem_of(clean_utr(typed)) is None


@pytest.mark.parametrize("utr", ["001234567890", "060612345678", "980123456789", "111111111112"])
def test_the_digits_hold_no_rule(utr):
    assert problem_of(utr) is None


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ("", Problem.EMPTY),
        (" \u200b- ", Problem.EMPTY),
        ("T2604141230451234567890", Problem.PHONEPE),
        ("t 2604 1412 3045 1234 5678 90", Problem.PHONEPE),
        ("CICAgOCVvbzzWA", Problem.GOOGLE),
        ("cicagocvvbzzwa", Problem.GOOGLE),
        ("9845012345", Problem.PHONE),
        ("09845012345", Problem.PHONE),
        ("+91 98450 12345", Problem.PHONE),
        ("asha.traders@okhdfcbank", Problem.UPI_ID),
        ("HDFCN52026090112", Problem.BANK_TRANSFER),
        ("UTIBR72026090100011461", Problem.BANK_TRANSFER),
        ("AXL0f3a8c2b6d7e4f1a9c0b5d8e7f2a31", Problem.LONG_ID),
        ("HDF0123456789ABCDEF0123456789ABCDEF", Problem.LONG_ID),
        ("41234567890", Problem.ONE_MISSING),
        ("4123456789012", Problem.ONE_TOO_MANY),
        ("4123", Problem.WRONG_LENGTH),
        ("4123456789", Problem.WRONG_LENGTH),
        ("41234567890123456789", Problem.WRONG_LENGTH),
        ("000000000000", Problem.MADE_UP),
        ("777777777777", Problem.MADE_UP),
        ("123456789012", Problem.MADE_UP),
        ("I have paid", Problem.NOT_DIGITS),
        ("41234567890X", Problem.NOT_DIGITS),
        ("<script>alert(1)</script>", Problem.NOT_DIGITS),
        ("4123456789\x0001", None),
        ("4" * 5000, Problem.WRONG_LENGTH),
    ],
)
def test_each_other_number_is_told_by_its_name(typed, problem):
    assert problem_of(clean_utr(typed)) is problem


def test_the_sentence_counts_the_digits():
    assert Problem.WRONG_LENGTH.said_of("4123") == "A UTR has 12 digits; this has 4."


def test_every_sentence_is_another_one():
    assert len({problem.value for problem in Problem}) == len(Problem)


@pytest.mark.parametrize(
    ("utr", "like"), [("919845012345", True), ("915845012345", False), ("912345678901", False), ("989845012345", False)]
)
def test_a_mobile_number_with_its_country_may_still_be_a_utr(utr, like):
    assert problem_of(utr) is None
    assert is_like_a_phone_number(utr) is like
