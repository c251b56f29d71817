"""UPI IDs and UPI links (NPCI, "UPI Linking Specifications" 1.5.1 and 1.6). Pure."""

import re
from dataclasses import dataclass
from urllib.parse import quote

from payments.money import two_decimals

# The local part, then a bank's or app's handle, or the `account@IFSC.ifsc.npci` form. A normal handle has no dot, so
# an e-mail address typed by mistake is refused.
_UPI_ID = re.compile(
    r"[a-z0-9](?:[a-z0-9._-]{0,253}[a-z0-9])?@(?:[a-z][a-z0-9]{1,63}|[a-z]{4}0[a-z0-9]{6}\.ifsc\.npci)"
)
MAX_UPI_ID = 100
MAX_NAME = MAX_NOTE = 50
_LINK_START = "upi://pay?"


def normalise_upi_id(text: str) -> str | None:
    """Return the UPI ID in lower case, or None if it is none."""
    upi_id = text.strip().lower()
    return upi_id if len(upi_id) <= MAX_UPI_ID and _UPI_ID.fullmatch(upi_id) else None


def plain(text: str, *, limit: int) -> str:
    """Return the ASCII letters, digits and blanks of a text; apps garble or refuse the rest in names and notes."""
    return " ".join(re.sub(r"[^A-Za-z0-9]+", " ", text).split())[:limit].strip()


def payment_link(*, upi_id: str, payee_name: str, reference: str, note: str, paise: int) -> str:
    """Return `upi://pay?…` with `pa, pn, tr, tn, am, cu`.

    `@` stays literal and a blank is `%20`, never `+`: several apps show a `+`, some do not decode `%40`. No `mc`,
    `tid`, `mode`, `sign`, `url` or `mam`: apps refuse them unsigned, or let the payer change the amount.
    """
    values = {
        "pa": quote(upi_id, safe="@"),
        "pn": quote(plain(payee_name, limit=MAX_NAME), safe=""),
        "tr": quote(reference, safe=""),
        "tn": quote(plain(note, limit=MAX_NOTE), safe=""),
        "am": two_decimals(paise),
        "cu": "INR",
    }
    return _LINK_START + "&".join(f"{name}={value}" for name, value in values.items())


@dataclass(frozen=True)
class UpiApp:
    """An app that takes UPI links: its Android package, and the start of the links it takes on iOS."""

    name: str
    android_package: str
    ios_start: str


# Sources: each vendor's and Razorpay's lists of intent packages and iOS schemes.
APPS = (
    UpiApp("Google Pay", "com.google.android.apps.nbu.paisa.user", "gpay://upi/pay"),
    UpiApp("PhonePe", "com.phonepe.app", "phonepe://pay"),
    UpiApp("Paytm", "net.one97.paytm", "paytmmp://pay"),
    UpiApp("BHIM", "in.org.npci.upiapp", "bhim://pay"),
)


def android_link(link: str, app: UpiApp, *, fallback_url: str) -> str:
    """Return the `intent://` form of a UPI link, which opens this one app; without the app, `fallback_url` opens."""
    fallback = quote(fallback_url, safe="")
    return (
        f"intent://pay?{_query(link)}"
        f"#Intent;scheme=upi;package={app.android_package};S.browser_fallback_url={fallback};end"
    )


def ios_link(link: str, app: UpiApp) -> str:
    """Return the UPI link in the app's own scheme: iOS gives `upi:` to an app of its own choice and asks nobody."""
    return f"{app.ios_start}?{_query(link)}"


def _query(link: str) -> str:
    return link.removeprefix(_LINK_START)
