"""Whether an e-mail is the bank's: From, signature and recipient. Pure, but for the look-up of keys that is handed in.

Anybody can write a From line. Believed is one whose domain is on the list, if the mailbox's own provider says that it
checked the bank's signature, or if PayGate checks the signature itself. A true alert to somebody else, sent on to this
mailbox, carries a true signature as well: so the To line must name an address of ours, and be signed.
"""

import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

import dkim

from reconciliation.mail import Header, NotReadable, read_header, without_comments

# Gives the text of a TXT record, or None where there is none. Raises KeyUnavailable.
LookUp = Callable[[str], bytes | None]

BANKS_OWN = "bank.in"
MAX_SIGNATURES = 8
_ED25519 = "ed25519-sha256"
_ALGORITHMS = {"rsa-sha256", _ED25519}
_SECOND_LEVELS = {"ac", "co", "com", "edu", "firm", "gen", "gov", "ind", "net", "nic", "org"}
_RESULT = re.compile(r"\s*([A-Za-z0-9_-]+)\s*(?:/\s*\d+\s*)?=\s*([A-Za-z]+)(?=\s|$)")
_PART = re.compile(r'((?:"(?:[^"\\]|\\.)*"|[^;"])*)(?:;|$)')
# Up to a blank outside quotes: the quoted beginning of an address is not the address.
_WORD = re.compile(r'(?:"(?:[^"\\]|\\.)*"|[^\s"])+')


class KeyUnavailable(Exception):
    """The DNS does not answer now; whether the signature is true is not known yet."""


@dataclass(frozen=True, kw_only=True)
class Trust:
    """Whose word a mailbox takes. `authserv_id`: how its provider calls itself; empty: signatures are checked here."""

    domains: frozenset[str]
    addresses: frozenset[str]
    authserv_id: str = ""

    def base_of(self, domain: str) -> str:
        """Return the listed domain that `domain` is or lies below; empty if there is none."""
        labels = domain.lower().split(".")
        above = [".".join(labels[start:]) for start in range(len(labels))]
        if own := next((each for each in above if each.endswith(f".{BANKS_OWN}") and each.count(".") == 2), ""):
            return own
        return next((each for each in above if each in self.domains), "")


def doubt(raw: bytes, *, trust: Trust, look_up: LookUp) -> str:
    """Say why an e-mail is not believed; empty if it is. Raises KeyUnavailable."""
    try:
        header = read_header(raw)
        domain = header.from_domain
        base = trust.base_of(domain)
        if not base:
            return f"{domain} is on no list of banks' domains."
        if not _is_ours(header.recipients, trust.addresses):
            return "It was written to somebody else: its To line has none of this mailbox's addresses."
        return _doubt_of_signatures(raw, header, base, trust, look_up)
    except NotReadable as problem:
        return str(problem)


def is_date_signed(header: Header, trust: Trust) -> bool:
    """Say whether every signature of the bank covers the Date line. Raises NotReadable."""
    aligned = _aligned(header, trust.base_of(header.from_domain), trust)
    return bool(aligned) and all("date" in _signed_lines(tags) for _, tags in aligned)


def is_public(domain: str) -> bool:
    """Whether a domain is one below which anybody may have their own, and so is nobody's."""
    first, _, rest = domain.partition(".")
    return not rest or domain == BANKS_OWN or (len(rest) == 2 and first in _SECOND_LEVELS)


def _is_ours(recipients: Iterable[str], addresses: Collection[str]) -> bool:
    return not {_plain(each) for each in recipients}.isdisjoint(_plain(each) for each in addresses)


def _plain(address: str) -> str:
    local, _, domain = address.lower().rpartition("@")
    return f"{local.partition('+')[0]}@{domain}"


def _doubt_of_signatures(raw: bytes, header: Header, base: str, trust: Trust, look_up: LookUp) -> str:
    if len(header.all("dkim-signature")) > MAX_SIGNATURES:
        return "It has more signatures than any bank's alert."
    aligned = _aligned(header, base, trust)
    if weak := next(filter(None, (_weakness(tags) for _, tags in aligned)), ""):
        return weak
    if trust.authserv_id:
        return _doubt_of_provider(header, base, trust)
    if not aligned:
        return f"It is not signed by {base}."
    if all(tags["a"].lower() == _ED25519 for _, tags in aligned):
        return "Its signature is of a kind (Ed25519) that PayGate cannot check itself."
    is_true = any(_verify(raw, number, look_up) for number, _ in aligned)
    return "" if is_true else f"Its signature of {base} is not true: somebody wrote or changed it."


def _aligned(header: Header, base: str, trust: Trust) -> list[tuple[int, dict[str, str]]]:
    """Return the signatures that say they are the bank's, each with its number from the top. Raises NotReadable."""
    signatures = enumerate(_tags(value) for value in header.all("dkim-signature"))
    return [(number, tags) for number, tags in signatures if trust.base_of(tags.get("d", "")) == base]


def _signed_lines(tags: dict[str, str]) -> set[str]:
    return {name.strip().lower() for name in tags.get("h", "").split(":")}


def _weakness(tags: dict[str, str]) -> str:
    """Say what a signature of the bank does not cover."""
    if "l" in tags:
        return "Its signature covers only the beginning of the text."
    if not {"from", "to"} <= _signed_lines(tags):
        return "Its signature does not cover who wrote it and to whom."
    return "" if tags.get("a", "").lower() in _ALGORITHMS else "Its signature is of an outdated kind."


def _tags(value: str) -> dict[str, str]:
    pairs = (entry.partition("=") for entry in value.split(";") if entry.strip())
    tags: dict[str, str] = {}
    for name, _, text in pairs:
        if name.strip() in tags:
            raise NotReadable("A signature of it says something twice.")
        tags[name.strip()] = text.strip()
    return tags


def _verify(raw: bytes, number: int, look_up: LookUp) -> bool:
    def key(name: bytes, timeout: int = 5) -> bytes | None:
        return look_up(name.decode("ascii").rstrip("."))

    try:
        return bool(dkim.DKIM(raw).verify(idx=number, dnsfunc=key))
    except KeyUnavailable:
        raise
    except Exception:  # dkimpy raises many kinds for what a stranger may write
        return False


def _doubt_of_provider(header: Header, base: str, trust: Trust) -> str:
    """Read the topmost Authentication-Results alone: those below it may be the sender's own."""
    topmost = next(iter(header.all("authentication-results")), "")
    if not topmost:
        return "The mail provider did not write whether it is genuine (Authentication-Results)."
    name, results = read_results(topmost)
    if name != trust.authserv_id.lower():
        return f"The topmost Authentication-Results is of {name[:60] or 'nobody'}, not of {trust.authserv_id}."
    if any(method == "dmarc" and result == "fail" for method, result, _ in results):
        return "The mail provider says that it is forged (DMARC failed)."
    for method, result, properties in results:
        signer = properties.get("header.d") or properties.get("header.i", "").rpartition("@")[2]
        whose = {"dkim": signer, "dmarc": properties.get("header.from", "")}.get(method, "")
        if result == "pass" and whose and trust.base_of(whose.rpartition("@")[2]) == base:
            return ""
    return f"The mail provider found no true signature of {base}."


def read_results(value: str) -> tuple[str, list[tuple[str, str, dict[str, str]]]]:
    """Read an Authentication-Results line (RFC 8601): who wrote it, and `(method, result, properties)` each.

    Raises NotReadable for a broken one.
    """
    first, *rest = _split(without_comments(value))
    words = first.split()
    name = words[0].strip('"').lower() if words and "=" not in words[0] and len(words) <= 2 else ""
    results = []
    for entry in rest:
        if match := _RESULT.match(entry):
            properties: dict[str, str] = {}
            for word in _WORD.findall(entry[match.end() :]):
                key, _, text = word.lower().partition("=")
                properties.setdefault(key, text)
            results.append((match[1].lower(), match[2].lower(), properties))
    return name, results


def _split(value: str) -> list[str]:
    """Return the parts between semicolons that stand outside quotes."""
    return list(_PART.findall(value))
