"""The shapes in which phone apps forward an SMS over HTTP. Pure; raises nothing, whatever the body.

Known: "SMS to URL" (bogkonstantin), SMS Gateway (capcom6), SmsForwarder (pppscn), httpSMS, MacroDroid, Tasker and
iPhone shortcuts. Their fields differ, so a field is looked up by any of its names, at the top or one level below it.

A notification comes from its app, by its package. One that a messages app shows (RCS, which no other app can read)
comes from whom its title names; `shown_by` is that app then.

Some apps put the message into their template without escaping it, so whoever writes to the phone can write fields too:
`x","from":"VM-SBIUPI-S`. They come after the beginning of the message and beside the true sender, wherever that stands.
So the first text counts, and where two senders are named nobody is believed.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import zip_longest
from typing import Any
from urllib.parse import parse_qsl

from payments.wire import InvalidJson, read_json
from reconciliation.senders import MESSAGES_APPS
from reconciliation.times import INDIA

MAX_SENDER = 100
MAX_TEXT = 4000
MAX_FIELDS = 100
MAX_BATCH = 200

_SENDER = ("package", "packagename", "from", "sender", "phonenumber", "address", "number")
# Beside the sender they are the name that the phone shows for it.
_SHOWN = ("contact", "appname", "title")
_TEXT = ("text", "message", "content", "body", "sms", "msg", "orgcontent")
# Names that these apps give to the SMS centre's time, and to the phone's own clock when the SMS arrived.
_SENT = ("sentstamp", "sentat", "receivedat")
_SEEN = ("receivedstamp", "timestamp", "receivetime", "date", "time")
_NESTS = ("payload", "data")
_BATCHES = ("messages", "data", "alerts")
_MILLISECONDS, _MICROSECONDS = 10**11, 10**14
_UNKEEPABLE = re.compile(r"[\x00\ud800-\udfff]")
_KEY = re.compile(r'"(\w{2,20})"\s*:\s*', re.ASCII)


# Fields in the order in which they came, for one may come twice.
_Pairs = list[tuple[str, str]]


class _Object(list[tuple[str, Any]]):
    """A JSON object as its pairs."""


@dataclass(frozen=True, kw_only=True)
class Alert:
    """A forwarded message. `sent_at`: the SMS centre's time; `seen_at`: the phone's clock when it arrived there.

    `is_contradictory`: it names two senders, as a message does that was written to be taken for another's.
    """

    sender: str
    text: str
    sent_at: datetime | None = None
    seen_at: datetime | None = None
    shown_by: str = ""
    is_contradictory: bool = False


class TooManyMessages(ValueError):
    """A batch is larger than `MAX_BATCH`."""


def read_alerts(body: bytes, *, content_type: str = "", query: str = "") -> list[Alert]:
    """Return the messages of a request's body: one, or a JSON list of them, at the top or in `messages` or `data`.

    Raises TooManyMessages.
    """
    batch = _batch(_decoded(body))
    if batch is None:
        return [read_alert(body, content_type=content_type, query=query)]
    if len(batch) > MAX_BATCH:
        raise TooManyMessages
    return [_alert([*_levels(each), *_from_form(query)]) for each in batch]


def read_alert(body: bytes, *, content_type: str = "", query: str = "") -> Alert:
    """Return the message of a request's body: JSON, a form or plain text; `query` may add what the body lacks."""
    return _alert(_read_pairs(body, content_type=content_type, query=query))


def read_fields(body: bytes, *, content_type: str = "", query: str = "") -> dict[str, str]:
    """Return the fields of a request's body and query, by their names in small letters without anything else."""
    return dict(reversed(_read_pairs(body, content_type=content_type, query=query)))


def _read_pairs(body: bytes, *, content_type: str, query: str) -> _Pairs:
    return [*_fields(_decoded(body), content_type), *_from_form(query)]


def _decoded(body: bytes) -> str:
    return body.decode("utf-8", "replace").lstrip("\ufeff")


def _batch(text: str) -> list[_Object] | None:
    if not text.lstrip().startswith(("[", "{")):
        return None
    try:
        value = read_json(text, objects=_Object)
    except InvalidJson:
        return None
    if isinstance(value, _Object):
        if any(name in (*_SENDER, *_SHOWN, *_TEXT) for name, _ in _plain(value)):
            return None
        value = next((item for key, item in value if key in _BATCHES and _is_batch(item)), None)
    return value if _is_batch(value) else None


def _is_batch(value: object) -> bool:
    return type(value) is list and all(isinstance(each, _Object) for each in value)


def _alert(pairs: _Pairs) -> Alert:
    text = next((value for name, value in pairs if name in _TEXT), "")
    fields = dict(reversed(pairs))
    sender = _pick(fields, (*_SENDER, *_SHOWN))
    shown_by = sender if sender in MESSAGES_APPS and fields.get("title") else ""
    if shown_by:
        sender = fields["title"]
    return Alert(
        sender=keepable(sender).strip()[:MAX_SENDER],
        text=_without_heading(keepable(text)[:MAX_TEXT], sender),
        sent_at=_time(fields, _SENT),
        seen_at=_time(fields, _SEEN),
        shown_by=shown_by,
        is_contradictory=_is_contradictory(pairs),
    )


def _is_contradictory(pairs: _Pairs) -> bool:
    """Say whether two senders are named, under one name or several, or two names for what the phone shows."""
    kinds = (_SENDER, *((name,) for name in _SHOWN))
    return any(len({value.strip() for name, value in pairs if name in names}) > 1 for names in kinds)


def read_time(text: str) -> datetime | None:
    """Return a time given in milliseconds or seconds since 1970 or in ISO 8601; one without a zone is India's."""
    text = text.strip()
    try:
        moment = _from_number(text) if re.fullmatch(r"[0-9]{9,16}(?:\.[0-9]+)?", text) else _from_iso(text)
    except (ValueError, OverflowError, OSError):
        return None
    return moment if 2000 <= moment.year < 2100 else None


def keepable(text: str) -> str:
    """Replace what no database keeps: NUL, and halves of surrogate pairs."""
    return _UNKEEPABLE.sub("\ufffd", text)


def _fields(text: str, content_type: str) -> _Pairs:
    if text.lstrip().startswith("{"):
        return _from_json(text)
    if "form-urlencoded" in content_type.lower():
        return _from_form(text)
    return [("text", text)] if text.strip() else []


def _from_json(text: str) -> _Pairs:
    try:
        value = read_json(text, objects=_Object)
    except InvalidJson:
        return _plain(_from_broken_json(text)) or [("text", text)]
    return _levels(value) if isinstance(value, _Object) else [("text", text)]


def _levels(value: _Object) -> _Pairs:
    """Return the fields of an object and of those below it."""
    below = [item for key, item in value if key in _NESTS and isinstance(item, _Object)]
    return _plain(pair for level in (value, *below) for pair in level)


def _from_broken_json(text: str) -> Iterator[tuple[str, str]]:
    """Read JSON that an app made from a template without escaping: an SMS with a quote or a line break breaks it.

    A value reaches to the next key, which takes one look at each character, whatever the text.
    """
    keys = list(_KEY.finditer(text))
    for key, following in zip_longest(keys, keys[1:]):
        value = text[key.end() : following.start() if following else None].strip(" \r\n\t,}")
        yield key[1], value[1:].removesuffix('"') if value.startswith('"') else value


def _from_form(text: str) -> _Pairs:
    try:
        return _plain(parse_qsl(text, keep_blank_values=True, max_num_fields=MAX_FIELDS))
    except ValueError:
        return []


def _plain(pairs: Iterable[tuple[str, object]]) -> _Pairs:
    """Return the fields that hold text or a number; `received_at` and `receivedAt` are one name."""
    return [(re.sub(r"[^a-z]", "", key.lower()), item) for key, item in pairs if isinstance(item, str) and item]


def _pick(fields: Mapping[str, str], names: Iterable[str]) -> str:
    return next((fields[name] for name in names if fields.get(name)), "")


def _time(fields: Mapping[str, str], names: Iterable[str]) -> datetime | None:
    """Return the first of these fields that is a time."""
    return next((moment for name in names if (moment := read_time(fields.get(name, "")))), None)


def _without_heading(text: str, sender: str) -> str:
    """Drop a first line that only repeats the sender, as SmsForwarder's default template writes it."""
    first, _, rest = text.partition("\n")
    return rest if rest and first.strip() == sender.strip() else text


def _from_number(text: str) -> datetime:
    number = int(text.partition(".")[0])
    divisor = 10**6 if number >= _MICROSECONDS else 10**3 if number >= _MILLISECONDS else 1
    return datetime.fromtimestamp(number // divisor, UTC)


def _from_iso(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=INDIA)).astimezone(UTC)
