"""What people type for a UTR, and what it is when it is none. Pure."""

import re
import unicodedata
from enum import StrEnum

LENGTH = 12
# Nobody's typing needs more, and no reference is longer.
MAX_TYPED = 100


def gettext_noop(text: str) -> str:
    """Mark a sentence for translation where it is shown."""
    return text


class Problem(StrEnum):
    """What was typed instead of a UTR; `{count}` stands for how many digits or letters that is."""

    EMPTY = gettext_noop("Enter the UTR, the 12 digits that your UPI app shows.")
    PHONEPE = gettext_noop("This is PhonePe’s Transaction ID. Look for “UTR” on the same screen: 12 digits.")
    GOOGLE = gettext_noop(
        "This is the Google transaction ID. Look for “UPI transaction ID” on the same screen: 12 digits."
    )
    PHONE = gettext_noop("This looks like a phone number. The UTR is the number of the payment itself: 12 digits.")
    UPI_ID = gettext_noop("This is a UPI ID. The UTR is the number of the payment itself: 12 digits.")
    BANK_TRANSFER = gettext_noop(
        "This looks like the reference of a NEFT or RTGS transfer, which only the shop itself can find. "
        "A UPI payment has a UTR of 12 digits."
    )
    LONG_ID = gettext_noop(
        "This is the long UPI transaction ID. Look for “UTR”, “UPI Ref No” or “RRN” on the same screen: 12 digits."
    )
    ONE_MISSING = gettext_noop("A UTR has 12 digits; one is missing here.")
    ONE_TOO_MANY = gettext_noop("A UTR has 12 digits; here is one too many.")
    WRONG_LENGTH = gettext_noop("A UTR has 12 digits; this has {count}.")
    MADE_UP = gettext_noop("No payment has this UTR. Copy it from your UPI app, digit by digit.")
    NOT_DIGITS = gettext_noop("A UTR is 12 digits and nothing else, such as 412345678901.")

    def said_of(self, utr: str) -> str:
        return self.value.format(count=len(utr))


def clean_utr(text: str) -> str:
    """Return what was meant: without blanks, dashes and what the eye does not see, in plain digits and capitals."""
    plain = unicodedata.normalize("NFKC", text[:MAX_TYPED])
    kept = (char for char in plain if not char.isspace() and unicodedata.category(char) not in _DROPPED)
    digits = "".join(str(unicodedata.decimal(char, char)) for char in kept if char != "−").upper()
    # Some statements fill it up to 16 digits.
    return digits.removeprefix("0000") if re.fullmatch(r"0{4}[0-9]{12}", digits) else digits


def problem_of(utr: str) -> Problem | None:
    """Return why a cleaned text is no UTR, None if it may be one. Its digits hold no rule: leading zeros are real."""
    if re.fullmatch(r"[0-9]{12}", utr):
        return Problem.MADE_UP if len(set(utr)) == 1 or utr == "123456789012" else None
    return next((problem for shape, problem in _SHAPES if re.fullmatch(shape, utr)), Problem.NOT_DIGITS)


def is_like_a_phone_number(utr: str) -> bool:
    """Say whether 12 digits are perhaps a mobile number with 91 before it. A UTR may look so too, so ask."""
    return re.fullmatch(r"91[6-9][0-9]{9}", utr) is not None


# Dashes, and what the eye does not see: zero-width blanks, marks of direction.
_DROPPED = {"Pd", "Cc", "Cf", "Cs", "Co", "Cn"}
_SHAPES = (
    (r"", Problem.EMPTY),
    (r"T[0-9]{8,}", Problem.PHONEPE),
    (r"CICAG.*", Problem.GOOGLE),
    (r"\+91[6-9][0-9]{9}|0?[6-9][0-9]{9}", Problem.PHONE),
    (r"[^@]+@[A-Z0-9.]+", Problem.UPI_ID),
    (r"[0-9]{11}", Problem.ONE_MISSING),
    (r"[0-9]{13}", Problem.ONE_TOO_MANY),
    (r"[0-9]+", Problem.WRONG_LENGTH),
    (r"(?=.*[0-9])[A-Z0-9]{32,36}", Problem.LONG_ID),
    (r"(?=.*[0-9])[A-Z]{4}[A-Z0-9]{12,18}", Problem.BANK_TRANSFER),
)
