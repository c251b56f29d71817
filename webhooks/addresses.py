"""Where webhooks may go. Pure.

The table is explicit because `ipaddress.is_global` calls some spellings of 127.0.0.1 global, and changes its mind
between patch releases of Python. It is asked about every concrete address at the moment of connecting.
"""

import re
import socket
from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from yarl import URL

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

MAX_URL = 2048

PRIVATE_V4 = tuple(
    IPv4Network(text)
    for text in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
        "168.63.129.16/32",  # a service inside every Azure machine, on a public-looking address
    )
)
PUBLIC_V6 = IPv6Network("2000::/3")
PRIVATE_V6 = tuple(IPv6Network(text) for text in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"))
# IPv4 in IPv6 clothes: judged by the IPv4 address inside.
WRAPPED_V4 = (IPv6Network("::ffff:0:0/96"), IPv6Network("64:ff9b::/96"))
# Link-local addresses and what clouds serve credentials from: only an entry for that one address opens them.
METADATA = tuple(
    ip_network(text)
    for text in (
        *("169.254.0.0/16", "100.100.100.200/32", "168.63.129.16/32", "192.0.0.192/32"),
        # Amazon's, Google's and Scaleway's
        *("fe80::/10", "fd00:ec2::/32", "fd20:ce::254/128", "fd00:42::42/128"),
    )
)

_CONTROL = re.compile(r"[\x00-\x20\x7f\\]")
# As names are looked up: labels of at most 63 characters, of which the last is no number.
_NAME = re.compile(r"([a-z0-9_-]{1,63}\.)*(?!\d+\.?$)[a-z0-9_-]{1,63}\.?", re.IGNORECASE)
_ODD_V4 = re.compile(r"[0-9a-fxA-FX.]+")


class BadUrl(ValueError):
    """A webhook URL that is refused as soon as it is entered. The message is for the person who entered it."""


@lru_cache(maxsize=8)
def parse_networks(texts: tuple[str, ...]) -> tuple[Network, ...]:
    """Return the operator's allowed networks. Raises ValueError."""
    return tuple(ip_network(text.strip(), strict=False) for text in texts)


def is_allowed(address: str, allowed: Sequence[Network]) -> bool:
    """Say whether a webhook may be sent to this concrete IP address."""
    try:
        ip = ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, IPv6Address):
        if ip.scope_id is not None:
            return False
        ip = _unwrap(ip)
    if _is_metadata(ip):
        return any(network.prefixlen == network.max_prefixlen and ip in network for network in allowed)
    return _is_public(ip) or any(ip in network for network in allowed)


def _is_metadata(ip: Address) -> bool:
    return any(ip in network for network in METADATA)


def _unwrap(ip: IPv6Address) -> Address:
    return IPv4Address(int(ip) & 0xFFFFFFFF) if any(ip in network for network in WRAPPED_V4) else ip


def _is_public(ip: Address) -> bool:
    if isinstance(ip, IPv4Address):
        return not any(ip in network for network in PRIVATE_V4)
    return ip in PUBLIC_V6 and not any(ip in network for network in PRIVATE_V6)


def check_url(url: str, allowed: Sequence[Network]) -> str:
    """Return a webhook URL without surrounding blanks. Raises BadUrl.

    A name is not looked up here: what it stands for is judged at each delivery.
    """
    url = url.strip()
    parts = _parse(url)
    if parts.scheme not in {"http", "https"} or not parts.host:
        raise BadUrl("A webhook URL starts with https:// or http:// and names a host.")
    if parts.user is not None or parts.password is not None:
        raise BadUrl("Leave user name and password out of the webhook URL.")
    if "#" in url:
        raise BadUrl("Leave the part from # on out of the webhook URL: it is never sent.")
    literal = _literal_address(parts.host)
    if literal is not None and not is_allowed(literal, allowed):
        raise BadUrl(f"{parts.host} is {_what_is_refused(literal)} in WEBHOOK_ALLOW_NETS.")
    _check_can_be_connected_to(parts, literal)
    return url


def _what_is_refused(literal: str) -> str:
    ip = ip_address(literal)
    if _is_metadata(_unwrap(ip) if isinstance(ip, IPv6Address) else ip):
        return (
            "a link-local address, or one from which cloud machines get their secrets. Webhooks go there only if the "
            "operator lists exactly this address"
        )
    return "an address inside a private network. Webhooks go there only if the operator lists it"


def _check_can_be_connected_to(parts: URL, literal: str | None) -> None:
    if parts.port == 0:
        raise BadUrl("Nothing can be sent to port 0.")
    if literal is None and not _NAME.fullmatch(parts.raw_host or ""):
        raise BadUrl(f"{parts.host} is neither the name of a host nor an address.")
    if literal is not None and ":" not in literal and literal != parts.host:
        raise BadUrl(f"Write the address as {literal}.")


def _parse(url: str) -> URL:
    if len(url) > MAX_URL:
        raise BadUrl(f"A webhook URL has at most {MAX_URL} characters.")
    if _CONTROL.search(url):
        raise BadUrl("A webhook URL has no blanks, control characters or backslashes.")
    try:
        parts = URL(url)
        # The port is only parsed on access.
        _ = parts.port
    except ValueError:
        raise BadUrl("This is not a URL. It looks like https://shop.example.in/webhook") from None
    return parts


def _literal_address(host: str) -> str | None:
    """Return the address that a host spells in digits, in any of the ways that resolvers accept (`127.1`, `0x7f.1`)."""
    host = host.rstrip(".")
    try:
        return str(ip_address(host))
    except ValueError:
        pass
    if not _ODD_V4.fullmatch(host):
        return None
    try:
        return socket.inet_ntoa(socket.inet_aton(host))
    except OSError:
        return None
