"""The OpenAPI description turned into what the API page shows. Pure."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_Json = Mapping[str, Any]
_TYPE_WORDS = {"string": "text", "boolean": "true or false"}
# Said once for all calls, at the top of the page.
_COMMON_HEADERS = {"X-Request-Id"}
_FORMAT_WORDS = {"date-time": "time (RFC 3339)", "uri": "URL", "uuid": "UUID"}


@dataclass(frozen=True)
class Field:
    """A line of a table of fields, parameters or headers."""

    name: str
    kind: str
    required: bool
    says: str


@dataclass(frozen=True)
class Refusal:
    status: str
    code: str


@dataclass(frozen=True)
class Call:
    """A call of the API, or (with an empty path) a webhook."""

    id: str
    method: str
    path: str
    summary: str
    says: str
    permission: str
    headers: list[Field]
    parameters: list[Field]
    body: list[Field]
    request_example: str
    status: str
    answer: str
    answer_headers: list[Field]
    answer_example: str
    refusals: list[Refusal]


@dataclass(frozen=True)
class Thing:
    """An object that answers hold."""

    name: str
    says: str
    fields: list[Field]


class Reference:
    """Reads one OpenAPI description."""

    def __init__(self, schema: _Json) -> None:
        self.schema = schema

    def calls(self) -> list[Call]:
        return [self._call(path, method, call) for path, method, call in _operations(self.schema["paths"])]

    def webhooks(self) -> list[Call]:
        return [self._call(event, method, call) for event, method, call in _operations(self.schema["webhooks"])]

    def things(self) -> list[Thing]:
        """Return the objects inside answers, without the answers' own envelopes."""
        schemas = self.schema["components"]["schemas"]
        inner = {
            self._name(field)
            for answer in self._answers()
            for field in self._resolve(answer)["properties"].values()
            if self._name(field)
        }
        return [
            Thing(name, schemas[name].get("description", ""), self._fields(schemas[name])) for name in sorted(inner)
        ]

    def _answers(self) -> Iterator[_Json]:
        for _, _, call in _operations(self.schema["paths"]):
            yield _content(self._accepted(call)[1])["schema"]

    def _call(self, path: str, method: str, call: _Json) -> Call:
        status, accepted = self._accepted(call)
        parameters = [self._resolve(each) for each in call["parameters"]]
        body = _content(call.get("requestBody", {}))
        answer = _content(accepted)
        return Call(
            id=call["operationId"],
            method=method.upper(),
            path=path,
            summary=call["summary"],
            says=call["description"],
            permission=next(iter(call.get("security", [{}])[0].get("ApiKey", [])), ""),
            headers=[
                self._parameter(each)
                for each in parameters
                if each["in"] == "header" and each["name"] not in _COMMON_HEADERS
            ],
            parameters=[self._parameter(each) for each in parameters if each["in"] != "header"],
            body=self._fields(self._resolve(body.get("schema", {}))),
            request_example=_example(body),
            status=status,
            answer=accepted["description"],
            answer_headers=[
                self._parameter({"name": name, **self._resolve(header)})
                for name, header in accepted.get("headers", {}).items()
                if name not in _COMMON_HEADERS
            ],
            answer_example=_example(answer),
            refusals=list(self._refusals(call)),
        )

    def _accepted(self, call: _Json) -> tuple[str, _Json]:
        return next((status, answer) for status, answer in call["responses"].items() if status.startswith("2"))

    def _refusals(self, call: _Json) -> Iterator[Refusal]:
        for status, answer in call["responses"].items():
            if not status.startswith("2"):
                schema = _content(self._resolve(answer))["schema"]
                codes = schema["allOf"][1]["properties"]["error"]["properties"]["code"]["enum"]
                yield from (Refusal(status, code) for code in codes)

    def _fields(self, schema: _Json) -> list[Field]:
        required = schema.get("required", [])
        return [
            Field(name, self._kind(field, nullable=name in required), name in required, field.get("description", ""))
            for name, field in schema.get("properties", {}).items()
        ]

    def _parameter(self, parameter: _Json) -> Field:
        kind = self._kind(parameter["schema"])
        return Field(parameter["name"], kind, parameter.get("required", False), parameter.get("description", ""))

    def _kind(self, schema: _Json, *, nullable: bool = True) -> str:
        """Say in words what a value is: `text, at most 255 characters`, `one of "a", "b"`, `integer, 1 to 100`.

        That an optional field may also be null is a rule for every call, so it is left out where not `nullable`.
        """
        if name := self._name(schema):
            return f"list of {name}" if schema.get("type") == "array" else name
        if "oneOf" in schema:
            choices = [each for each in schema["oneOf"] if each.get("maxLength") != 0 and each != {"type": "null"}]
            return " or ".join(self._kind(each) for each in choices)
        if "const" in schema:
            return f"always {json.dumps(schema['const'])}"
        if "enum" in schema:
            return "one of " + ", ".join(json.dumps(each) for each in schema["enum"] if each is not None)
        if schema.get("type") == "array":
            return f"list of {self._kind(schema['items'])}"
        types = schema.get("type", "anything")
        first, *others = [types] if isinstance(types, str) else types
        word = _FORMAT_WORDS.get(schema.get("format", ""), _TYPE_WORDS.get(first, first))
        return word + _limits(schema) + (" or null" if others and nullable else "")

    def _name(self, schema: _Json) -> str:
        """Return the name of the object that a schema refers to, or has a list of; else an empty text."""
        reference = schema.get("$ref") or schema.get("items", {}).get("$ref") or _only(schema.get("allOf", []))
        return reference.rpartition("/")[2] if reference else ""

    def _resolve(self, part: _Json) -> _Json:
        if "$ref" not in part:
            return part
        found: Any = self.schema
        for step in part["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        return found  # type: ignore[no-any-return]


def _operations(paths: _Json) -> Iterator[tuple[str, str, _Json]]:
    return ((path, method, call) for path, methods in paths.items() for method, call in methods.items())


def _content(holder: _Json) -> _Json:
    content: _Json = holder.get("content", {}).get("application/json", {})
    return content


def _example(content: _Json) -> str:
    for example in content.get("examples", {}).values():
        return json.dumps(example["value"], indent=2, ensure_ascii=False)
    return ""


def _only(parts: list[_Json]) -> str:
    return parts[0].get("$ref", "") if len(parts) == 1 else ""


def _limits(schema: _Json) -> str:
    if "maxLength" in schema:
        return f", at most {schema['maxLength']} characters"
    if "maximum" in schema:
        return f", {schema['minimum']} to {schema['maximum']}"
    return ""
