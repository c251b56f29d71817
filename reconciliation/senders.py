"""Who an SMS says it is from: TRAI's headers, `XY-HEADER[-S]`. Pure.

X and Y name the operator and the circle and change from message to message, so only HEADER is compared, and compared
equal. The suffix tells service, transactional and government messages from promotional ones (TCCCPR, May 2025).
"""

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass

_SHAPE = re.compile(r"(?P<route>[A-Z]{2}-)?(?P<token>[A-Z0-9]{3,11})(?:-(?P<suffix>[STGP]))?")


@dataclass(frozen=True)
class Header:
    """A sender's header: `token` is what allow-lists hold, such as SBIUPI."""

    token: str
    promotional: bool = False


def read_header(sender: str) -> Header | None:
    """Return the header of a sender as a phone shows it; None for a phone number, a name or nothing.

    A token of digits alone is a header only behind its route (`VM-600010`): without it, anybody's number looks so.
    """
    match = _SHAPE.fullmatch(unicodedata.normalize("NFKC", sender[:100]).strip().upper())
    if match is None or (match["token"].isdigit() and not match["route"]):
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
