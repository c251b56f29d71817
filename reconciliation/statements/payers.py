"""Who paid, as far as a bank's narration of a UPI payment tells it surely. Pure.

A narration is cut short, and holds the payer's own note. So a name is read only where this bank's shape has it, and a
UPI ID only if nothing else in the narration could be it.
"""

import re

from payments.upi import normalise_upi_id

MAX_PAYER = 120

# UPI/CR/624412345678/A KUMAR/UTIB/…, UPI/624412345678/CR/A KUMAR/…, UPI/P2A/624412345678/A KUMAR/…
_BEHIND_THE_NUMBER = re.compile(r"UPI[A-Z]{0,2}/(?:(?:CR|P2[AM])/[0-9]{12}|[0-9]{12}/CR)/(?P<name>[^/]+)/", re.ASCII)
# UPI/A KUMAR/624412345678/…
_BEFORE_THE_NUMBER = re.compile(r"UPI/(?P<name>[^/]+)/[0-9]{12}/", re.ASCII)
# UPI-A KUMAR-PAYER@OKAXIS-SBIN0001234-624412345678-…: a dash in the name or in the UPI ID leaves both open.
_DASHED = re.compile(
    r"UPI-(?P<name>[^-@/]+)-(?P<upi_id>[^-@/]+@[^-@/]+)-(?:[A-Z]{4}0[A-Z0-9]{6}-)?[0-9]{12}(?:-|$)", re.ASCII
)
_SLASHED = re.compile(r"(?<![A-Z])UPI[A-Z ]{0,4}/", re.ASCII)
_NAME = re.compile(r"[^\W\d_](?:[^\W\d_]|[ .&'])+[^\W\d_.]\.?")


def read_payer(narration: str) -> str:
    """Return the payer's name and UPI ID, with a comma between, the one of them that is sure, or nothing."""
    text = narration.upper()
    if dashed := _DASHED.search(text):
        return _joined(dashed["name"], dashed["upi_id"])
    if not _SLASHED.search(text):
        return ""
    match = _BEHIND_THE_NUMBER.search(text) or _BEFORE_THE_NUMBER.search(text)
    upi_ids = set(filter(None, map(normalise_upi_id, text.split("/"))))
    return _joined(match["name"] if match else "", upi_ids.pop() if len(upi_ids) == 1 else "")


def _joined(name: str, upi_id: str) -> str:
    name, upi_id = name.strip(), normalise_upi_id(upi_id) or ""
    both = ", ".join(filter(None, (name if _NAME.fullmatch(name) else "", upi_id)))
    # What is too long to be kept whole would lose the end of the UPI ID.
    return both if len(both) <= MAX_PAYER else upi_id
