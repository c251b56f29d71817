"""The links of the customer's page. Pure."""

from dataclasses import dataclass
from urllib.parse import unquote_plus, urlencode, urlsplit, urlunsplit

from payments import upi


@dataclass(frozen=True)
class AppButton:
    name: str
    href: str


def platform_of(user_agent: str) -> str:
    """Return "android" or "ios"; "" where UPI links do nothing, or nobody knows."""
    if "Android" in user_agent:
        return "android"
    return "ios" if "iPhone" in user_agent or "iPad" in user_agent else ""


def app_buttons(link: str, *, platform: str, page_url: str) -> list[AppButton]:
    """Return a button for each UPI app that this platform may have."""
    if platform == "android":
        # An app that is missing lands on the page it came from, which then says so.
        fallback_url = f"{page_url}#no-app"
        return [AppButton(app.name, upi.android_link(link, app, fallback_url=fallback_url)) for app in upi.APPS]
    return [AppButton(app.name, upi.ios_link(link, app)) for app in upi.APPS] if platform == "ios" else []


def back_to_shop(return_url: str, *, session_id: str, status: str) -> str:
    """Return the shop's own address with `session_id` and `status` added; "" if there is none to go to.

    Parameters of these names that it had are dropped: frameworks differ in which of two they read. All others stay as
    they were written.
    """
    added = {"session_id": session_id, "status": status}
    parts = urlsplit(return_url)
    if parts.scheme not in {"http", "https"}:
        return ""
    kept = [pair for pair in parts.query.split("&") if pair and unquote_plus(pair.partition("=")[0]) not in added]
    return urlunsplit(parts._replace(query="&".join([*kept, urlencode(added)])))
