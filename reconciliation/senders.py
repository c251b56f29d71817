"""Who an alert says it is from: TRAI's headers of an SMS, `XY-HEADER[-S]`, or the app that notified. Pure.

X and Y name the operator and the circle and change from message to message, so only HEADER is compared, and compared
equal. The suffix tells service, transactional and government messages from promotional ones (TCCCPR, May 2025). An app
is its package's name, which Android lets no other app have; forwarders send that, or the name the phone shows.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass

_SHAPE = re.compile(r"(?P<route>[A-Z]{2}-)?(?P<token>[A-Z0-9]{3,9})(?:-(?P<suffix>[STGP]))?")
_PACKAGE = re.compile(r"[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*){2,9}")
# They show the messages of others: what one of these notifies of comes from whom its title names.
MESSAGES_APPS = frozenset({"com.google.android.apps.messaging", "com.samsung.android.messaging"})
_APPS = {
    "google pay": "com.google.android.apps.nbu.paisa.user",
    "gpay": "com.google.android.apps.nbu.paisa.user",
    "google pay for business": "com.google.android.apps.nbu.paisa.merchant",
    "phonepe": "com.phonepe.app",
    "phonepe business": "com.phonepe.app.business",
    "paytm": "net.one97.paytm",
    "paytm for business": "com.paytm.business",
    "bharatpe": "com.bharatpe.app",
    "bharatpe for business": "com.bharatpe.app",
    "hdfc smarthub vyapar": "com.hdfc.smarthub",
}


@dataclass(frozen=True)
class Header:
    """A sender's header: `token` is what allow-lists hold, such as SBIUPI or com.phonepe.app."""

    token: str
    promotional: bool = False


def read_header(sender: str) -> Header | None:
    """Return the header of a sender as a phone shows it; None for a phone number, a name or nothing.

    Without its route (`VM-`) a header is written in capitals and has a letter, or a contact's name or number looks so.
    """
    shown = unicodedata.normalize("NFKC", sender[:100]).strip()
    if app := _read_app(shown):
        return Header(app)
    match = _SHAPE.fullmatch(shown.upper())
    if match is None or (not match["route"] and (match["token"].isdigit() or not shown.isupper())):
        return None
    return Header(match["token"], promotional=match["suffix"] == "P")


def _read_app(shown: str) -> str:
    # "PAYTM" in capitals is a header.
    name = "" if shown.isupper() else _APPS.get(" ".join(shown.lower().split()), "")
    return name or (shown.lower() if _PACKAGE.fullmatch(shown.lower()) else "")


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
        header = read_header(name) or read_header(name.upper())
        if header is None:
            raise ValueError(f"{name[:40]!r} is no sender's header, such as SBIUPI or HDFCBK.")
        tokens[header.token] = None
    if not tokens:
        raise ValueError("Name at least one sender, such as SBIUPI.")
    return list(tokens)
