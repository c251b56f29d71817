"""JSON as JavaScript writes it, and the strict reading of JSON from outside. Pure.

A merchant's server may verify a webhook by hashing `JSON.stringify(JSON.parse(body))`, so what is written here must be
byte for byte what JavaScript writes again after parsing it (ECMA-262: JSON.stringify, Number::toString, and
OrdinaryOwnPropertyKeys for the order of keys).
"""

import json
import math
import re
from collections.abc import Callable, Iterable
from json.encoder import encode_basestring
from typing import Any

MAX_DEPTH = 32
MAX_SAFE_INTEGER = 2**53 - 1

_STRUCTURE = re.compile(r'"(?:[^"\\]|\\.)*"?|[\[\]{}]', re.DOTALL)
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_ARRAY_INDEX = re.compile(r"0|[1-9][0-9]{0,9}")


class JsonText(str):
    """A piece of finished JSON, written as it stands."""

    __slots__ = ()


class NumberText(str):
    """A number as it stood in the JSON that came in; nothing has rounded it."""

    __slots__ = ()


class InvalidJson(ValueError):
    """The text is not JSON, or is nested deeper than anybody needs. The message is for the sender."""


def read_json(text: str, *, objects: Callable[[list[tuple[str, Any]]], Any] = dict) -> Any:
    """Parse JSON from outside; numbers arrive as NumberText, objects as `objects` makes them. Raises InvalidJson."""
    if _depth(text) > MAX_DEPTH:
        raise InvalidJson(f"The JSON is nested deeper than {MAX_DEPTH} levels.")
    try:
        return json.loads(
            text,
            parse_float=NumberText,
            parse_int=NumberText,
            parse_constant=_refuse_constant,
            object_pairs_hook=None if objects is dict else objects,
        )
    except ValueError as error:
        raise InvalidJson(f"The body is not valid JSON: {error}") from None


def _refuse_constant(name: str) -> None:
    raise InvalidJson(f"{name} is not JSON.")


def _depth(text: str) -> int:
    """Return how deep the brackets outside strings nest, without recursion: the parser would overflow first."""
    deepest = depth = 0
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return 0
    for token in _STRUCTURE.findall(text):
        if token in ("[", "{"):
            depth += 1
            deepest = max(deepest, depth)
        elif token in ("]", "}"):
            depth -= 1
    return deepest


def text_problem(text: str) -> str | None:
    """Say why a text from outside cannot be kept: NUL does not fit into PostgreSQL, half a pair is no character."""
    if "\x00" in text:
        return "The character NUL is not allowed."
    if _SURROGATE.search(text):
        return "This text holds half of a surrogate pair, which is not a character."
    return None


def canonical_metadata(value: Any, *, max_bytes: int = 8192, max_depth: int = 5) -> str:
    """Return metadata (as `read_json` gives it) as the text JavaScript would write.

    Raises ValueError, with a message for the sender, for what would not come back the same from JavaScript or is too
    large: integers beyond ±(2⁵³−1), overflowing numbers, NUL, lone surrogates, the key `__proto__`.
    """
    if not isinstance(value, dict):
        raise ValueError("Metadata is a JSON object.")
    _check_metadata(value, 1, max_depth)
    text = write_json(value)
    if len(text.encode()) > max_bytes:
        raise ValueError(f"Metadata may take {max_bytes // 1024} KB at most.")
    return text


def _check_metadata(value: Any, depth: int, max_depth: int) -> None:
    if isinstance(value, (dict, list)) and depth > max_depth:
        raise ValueError(f"Metadata may be nested {max_depth} levels deep at most.")
    if isinstance(value, dict):
        for key, item in value.items():
            if key == "__proto__":
                raise ValueError("The key __proto__ is not allowed in metadata.")
            _check_metadata(key, depth, max_depth)
            _check_metadata(item, depth + 1, max_depth)
    elif isinstance(value, list):
        for item in value:
            _check_metadata(item, depth + 1, max_depth)
    elif isinstance(value, NumberText):
        _check_number(value)
    elif isinstance(value, str) and (problem := text_problem(value)):
        raise ValueError(problem)


def _check_number(text: NumberText) -> None:
    is_integer = not set(text) & set(".eE")
    # Python refuses to convert integers of thousands of digits; their length alone says that they are too large.
    if is_integer and (len(text) > 17 or abs(int(text)) > MAX_SAFE_INTEGER):
        raise ValueError(f"The integer {text[:40]} is beyond what JavaScript keeps exactly: send it as text.")
    if math.isinf(float(text)):
        raise ValueError(f"The number {text[:40]} is too large: send it as text.")


def write_json(value: Any) -> str:
    """Return `value` as JSON, byte for byte as JavaScript's JSON.stringify writes it.

    `JsonText` is written as it stands (an amount such as `99.00`, stored metadata).
    """
    parts: list[str] = []
    _write(value, parts)
    return "".join(parts)


def _write(value: Any, parts: list[str]) -> None:
    if isinstance(value, JsonText):
        parts.append(value)
    elif isinstance(value, NumberText):
        parts.append(javascript_number(value))
    elif isinstance(value, str):
        parts.append(encode_basestring(value))
    elif value is None:
        parts.append("null")
    elif value is True:
        parts.append("true")
    elif value is False:
        parts.append("false")
    elif isinstance(value, int):
        parts.append(str(value))
    elif isinstance(value, dict):
        _write_object(value, parts)
    elif isinstance(value, (list, tuple)):
        _write_array(value, parts)
    else:
        raise TypeError(f"{type(value).__name__} has no exact form in JSON.")


def _write_object(value: dict[str, Any], parts: list[str]) -> None:
    separator = "{"
    for key in _javascript_order(value):
        parts += (separator, encode_basestring(key), ":")
        _write(value[key], parts)
        separator = ","
    parts.append("}" if value else "{}")


def _write_array(value: Iterable[Any], parts: list[str]) -> None:
    separator = "["
    for item in value:
        parts.append(separator)
        _write(item, parts)
        separator = ","
    parts.append("]" if separator == "," else "[]")


def _javascript_order(value: dict[str, Any]) -> Iterable[str]:
    indexes = [key for key in value if _ARRAY_INDEX.fullmatch(key) and int(key) < 2**32 - 1]
    if not indexes:
        return value
    rest = [key for key in value if key not in set(indexes)]
    return [*sorted(indexes, key=int), *rest]


def javascript_number(text: str) -> str:
    """Return a JSON number as JavaScript prints it after parsing it (ECMA-262, Number::toString)."""
    number = float(text)
    if number == 0:
        return "0"
    sign = "-" if number < 0 else ""
    mantissa, _, exponent = repr(abs(number)).partition("e")
    whole, _, fraction = mantissa.partition(".")
    fraction = "" if fraction == "0" else fraction
    digits = (whole + fraction).lstrip("0")
    # `point` is how many digits stand before the decimal point: the value is 0.digits × 10^point.
    point = int(exponent or 0) + (len(whole) if whole != "0" else len(digits) - len(fraction))
    digits = digits.rstrip("0")
    if len(digits) <= point <= 21:
        return sign + digits + "0" * (point - len(digits))
    if 0 < point <= 21:
        return sign + digits[:point] + "." + digits[point:]
    if -6 < point <= 0:
        return sign + "0." + "0" * -point + digits
    power = f"e{'+' if point > 0 else '-'}{abs(point - 1)}"
    return sign + digits[0] + (f".{digits[1:]}" if len(digits) > 1 else "") + power
