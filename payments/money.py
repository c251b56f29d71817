"""Rupees as text at the edges, integer paise inside. Pure; no float anywhere."""

import re

_AMOUNT = re.compile(r"(0|[1-9][0-9]{0,11})(?:\.([0-9]{1,2}))?")


def parse_rupees(text: str) -> int | None:
    """Return the paise of an amount written as ASCII `100`, `100.5` or `100.50`; None for anything else."""
    match = _AMOUNT.fullmatch(text)
    if match is None:
        return None
    rupees, fraction = match.groups(default="")
    return int(rupees) * 100 + int(fraction.ljust(2, "0"))


def two_decimals(paise: int) -> str:
    """Return `99.00`, `99.37`: an amount as it is paid."""
    return f"{paise // 100}.{paise % 100:02d}"


def shortest(paise: int) -> str:
    """Return `100`, `100.5`, `100.37`: the shortest form, which is also how JavaScript prints the number."""
    return two_decimals(paise).rstrip("0").rstrip(".") if paise % 100 else str(paise // 100)


def in_words_of_rupees(paise: int) -> str:
    """Return `₹1,00,000.00`, grouped the Indian way, for people."""
    rupees, fraction = two_decimals(paise).split(".")
    head, tail = rupees[:-3], rupees[-3:]
    groups = [head[max(0, end - 2) : end] for end in range(len(head), 0, -2)][::-1]
    return "₹" + ",".join([*groups, tail]) + "." + fraction
