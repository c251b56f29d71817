"""An e-mail's raw bytes: what its header says, and the text people read in it. Pure.

Whatever can be read in two ways (two From, a header line that is none, a bare carriage return) is refused: the mail
server and this program might not read the same.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import Message
from email.utils import parsedate_to_datetime

from selectolax.lexbor import LexborHTMLParser, LexborNode

MAX_BYTES = 256 * 1024
MAX_HEADERS = 500
MAX_PARTS = 50
MAX_DEPTH = 8

_HEADER = re.compile(rb"([!-9;-~]+):(.*)", re.DOTALL)
_ATOM = r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}"
_DOMAIN = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)+"
_ADDRESS = re.compile(rf"(?:[^<>,;:@]*<\s*)?({_ATOM}@{_DOMAIN})(\s*>)?\s*")
_CHARSET = re.compile(r"utf-?8|(us-)?ascii|iso-?8859-\d{1,2}|(windows-|cp)125\d|utf-16(le|be)?", re.IGNORECASE)
_UNSEEN_TAGS = {"script", "style", "head", "title", "template", "noscript", "object", "svg"}
_LINE_TAGS = {"br", "p", "div", "tr", "table", "li", "ul", "ol", "h1", "h2", "h3", "h4", "h5", "h6", "section", "hr"}
_UNSEEN_STYLE = re.compile(
    r"display:none|visibility:(?:hidden|collapse)|font-size:0*(?:\.0*)?(?:px|pt|em|rem|%)?(?:;|$|!)|opacity:0*(?:\.0*)?(?:;|$|!)"
    r"|mso-hide:all|max-height:0(?:px)?(?:;|$|!)",
    re.IGNORECASE,
)


class NotReadable(ValueError):
    """This e-mail is not read; the message says why, to staff."""


@dataclass(frozen=True)
class Header:
    """The lines of an e-mail's header, topmost first, unfolded; names in lower case."""

    lines: tuple[tuple[str, str], ...]

    def all(self, name: str) -> list[str]:
        return [value for each, value in self.lines if each == name]

    def only(self, name: str) -> str:
        """Return the value of a line that must stand there once. Raises NotReadable."""
        values = self.all(name)
        if len(values) != 1:
            raise NotReadable(f"It has {len(values) or 'no'} {name.title()} lines, and must have one.")
        return values[0]

    @property
    def from_domain(self) -> str:
        """The domain of its one From address, in lower case. Raises NotReadable."""
        senders = read_addresses(self.only("from"))
        if len(senders) != 1:
            raise NotReadable("Its From line names more than one sender.")
        return senders[0].rpartition("@")[2]

    @property
    def recipients(self) -> list[str]:
        """The addresses of its one To line, in lower case. Raises NotReadable."""
        return read_addresses(self.only("to"))

    @property
    def date(self) -> datetime:
        """When its one Date line says it was written. Raises NotReadable."""
        value = self.only("date")
        try:
            moment = parsedate_to_datetime(value)
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
        except (ValueError, TypeError, OverflowError, IndexError):
            raise NotReadable("Its Date line is none.") from None

    @property
    def message_id(self) -> str:
        return next(iter(self.all("message-id")), "").strip()[:998]


def read_header(raw: bytes) -> Header:
    """Read the header of an e-mail. Raises NotReadable."""
    block = re.split(rb"\r?\n\r?\n", raw, maxsplit=1)[0]
    if b"\x00" in block or re.search(rb"\r(?!\n)", block + b"\n"):
        raise NotReadable("Its header holds characters that no mail program writes.")
    lines: list[tuple[str, bytes]] = []
    for line in re.split(rb"\r?\n", block):
        if line[:1] in (b" ", b"\t") and lines:
            lines[-1] = (lines[-1][0], lines[-1][1] + line)
        elif (match := _HEADER.fullmatch(line)) and len(lines) < MAX_HEADERS:
            lines.append((match[1].decode("ascii").lower(), match[2]))
        else:
            raise NotReadable("Its header holds a line that is none.")
    return Header(tuple((name, value.decode("utf-8", "replace").strip()) for name, value in lines))


def read_addresses(value: str) -> list[str]:
    """Return the addresses of a From or To line, in lower case. Raises NotReadable for what is not plainly a list."""
    plain = re.sub(r'"(?:[^"\\]|\\.)*"', " ", without_comments(value))
    found = []
    for entry in plain.split(","):
        match = _ADDRESS.fullmatch(entry.strip())
        if match is None or ("<" in entry) != bool(match[2]):
            raise NotReadable("Its addresses cannot be read with certainty.")
        found.append(match[1].lower())
    return found


def without_comments(value: str) -> str:
    """Return a header's value without its (comments), which may hold one another. Raises NotReadable if one is open."""
    kept, depth, quoted, escaped = [], 0, False, False
    for char in value:
        if escaped:
            escaped = False
        elif char == "\\":
            escaped = True
        elif char == '"' and not depth:
            quoted = not quoted
        elif char == "(" and not quoted:
            depth += 1
        elif char == ")" and not quoted:
            depth -= 1
            if depth < 0:
                break
            char = " "
        if not depth:
            kept.append(char)
    if depth or quoted or escaped:
        raise NotReadable("A line of its header is broken off.")
    return "".join(kept)


def read_text(raw: bytes) -> str:
    """Return the text that people read: of the HTML part without what is hidden, else of the plain one.

    Attachments and forwarded e-mails are left out. Raises NotReadable.
    """
    if len(raw) > MAX_BYTES:
        raise NotReadable("It is larger than any bank's alert.")
    if raw.lower().count(b"multipart/") > MAX_DEPTH or raw.lower().count(b"content-type:") > MAX_PARTS:
        raise NotReadable("It has more parts than any bank's alert.")
    try:
        parts = {part.get_content_type(): _decode(part) for part in reversed([*_texts(message_from_bytes(raw))])}
    except (RecursionError, LookupError, ValueError, AttributeError):
        raise NotReadable("Its parts cannot be told apart.") from None
    html = parts.get("text/html", "")
    return (_text_of_html(html) if html.strip() else "") or parts.get("text/plain", "")


def _texts(part: Message, depth: int = 0) -> Iterator[Message]:
    if part.get_content_disposition() == "attachment" or part.get_filename() or depth > MAX_DEPTH:
        return
    if part.get_content_maintype() == "multipart":
        children = part.get_payload()
        for child in children if isinstance(children, list) else ():
            if isinstance(child, Message):
                yield from _texts(child, depth + 1)
    elif part.get_content_type() in ("text/html", "text/plain"):
        yield part


def _decode(part: Message) -> str:
    payload = part.get_payload(decode=True)
    charset = part.get_content_charset() or ""
    known = charset if _CHARSET.fullmatch(charset) else "utf-8"
    return payload.decode(known, "replace") if isinstance(payload, bytes) else ""


def _text_of_html(html: str) -> str:
    pieces: list[str] = []
    waiting: list[LexborNode | str] = [node] if (node := LexborHTMLParser(html).root) else []
    # Not by recursion: somebody else wrote the tree, and decides how deep it is.
    while waiting:
        node_or_end = waiting.pop()
        if isinstance(node_or_end, str):
            pieces.append(node_or_end)
            continue
        tag = node_or_end.tag
        if tag == "-text":
            pieces.append(" ".join(re.split(r"[ \t\r\n]+", node_or_end.text_content or "")))
        elif not (tag is None or tag.startswith("-") or tag == "_comment" or _is_hidden(node_or_end)):
            end = "\n" if tag in _LINE_TAGS else " " if tag in ("td", "th") else ""
            pieces.append(end)
            waiting.append(end)
            waiting.extend(reversed([*node_or_end.iter(include_text=True)]))
    lines = (" ".join(line.split()) for line in "".join(pieces).split("\n"))
    return "\n".join(line for line in lines if line)


def _is_hidden(node: LexborNode) -> bool:
    attributes = node.attributes
    style = re.sub(r"/\*.*?\*/|\s", "", attributes.get("style") or "", flags=re.DOTALL)
    return node.tag in _UNSEEN_TAGS or "hidden" in attributes or bool(_UNSEEN_STYLE.search(style))
