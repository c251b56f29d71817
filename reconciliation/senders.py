"""Who an SMS says it is from: TRAI's headers, `XY-HEADER[-S]`. Pure.

X and Y name the operator and the circle and change from message to message, so only HEADER is compared, and compared
equal. The suffix tells service, transactional and government messages from promotional ones (TCCCPR, May 2025).
"""

import re
import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass

_SHAPE = re.compile(r"(?P<route>[A-Z]{2}-)?(?P<token>[A-Z0-9]{3,9})(?:-(?P<suffix>[STGP]))?")


@dataclass(frozen=True)
class Header:
    """A sender's header: `token` is what allow-lists hold, such as SBIUPI."""

    token: str
    promotional: bool = False


def read_header(sender: str) -> Header | None:
    """Return the header of a sender as a phone shows it; None for a phone number, a name or nothing.

    Without its route (`VM-`) a header is written in capitals and has a letter, or a contact's name or number looks so.
    """
    shown = unicodedata.normalize("NFKC", sender[:100]).strip()
    match = _SHAPE.fullmatch(shown.upper())
    if match is None or (not match["route"] and (match["token"].isdigit() or not shown.isupper())):
        return None
    return Header(match["token"], promotional=match["suffix"] == "P")


def refusal(header: Header | None, listed: Collection[str]) -> str:
    """Say why a message from this sender is not taken; empty if it is."""
    if header is None:
        return "The sender is a number or a name, and no bank writes from one."
    if header.promotional:
        return f"{header.token} marked this message as promotional."
    if header.token not in listed:
        return f"{header.token} is not on this channel's list of senders."
    return ""


def read_tokens(names: Iterable[str]) -> list[str]:
    """Return the tokens of senders, given as a phone shows them (VM-SBIUPI-S) or bare (SBIUPI), each once.

    Raises ValueError, with a message for staff, for what is no header, and if there is none at all.
    """
    tokens: dict[str, None] = {}
    for name in filter(None, (name.strip() for name in names)):
        header = read_header(name.upper())
        if header is None:
            raise ValueError(f"{name[:40]!r} is no sender's header, such as SBIUPI or HDFCBK.")
        tokens[header.token] = None
    if not tokens:
        raise ValueError("Name at least one sender, such as SBIUPI.")
    return list(tokens)
