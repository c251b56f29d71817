"""What the OpenAPI file says about all calls alike: who may refuse, in which shape, and the headers of every answer."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from drf_spectacular.generators import SchemaGenerator

from payments.api.error_codes import BY_CODE, ErrorCode

_EVERY_CALL = (
    "invalid_api_key",
    "permission_denied",
    "origin_not_allowed",
    "rate_limited",
    "server_error",
    "unavailable",
)
_WITH_BODY = ("validation_error", "invalid_json", "unsupported_media_type", "length_required", "body_too_large")
_REFUSES = "x-refuses"

_HEADERS: dict[str, dict[str, Any]] = {
    "X-Request-Id": {
        "description": "Names the request in the operator's logs.",
        "schema": {"type": "string", "pattern": "^[A-Za-z0-9_-]{8,64}$"},
    },
    "Retry-After": {
        "description": "Seconds to wait before the next try.",
        "schema": {"type": "integer", "minimum": 1},
    },
    "RateLimit-Policy": {
        "description": "The limit that was met: its name, how many requests (`q`) in how many seconds (`w`).",
        "schema": {"type": "string"},
    },
    "RateLimit": {
        "description": "The same limit now: requests left (`r`), and seconds until there are more (`t`).",
        "schema": {"type": "string"},
    },
    "WWW-Authenticate": {"description": "How to authenticate.", "schema": {"type": "string"}},
}
_HEADERS_OF_STATUS = {
    401: ["WWW-Authenticate"],
    429: ["Retry-After", "RateLimit-Policy", "RateLimit"],
    503: ["Retry-After"],
}


# Which call an answer leads to, and what of the answer that call takes.
_THIS_PAYMENT = {"session_id": "$response.body#/payment/session_id"}
_NEXT_PAGE = {"cursor": "$response.body#/next_cursor"}
_LINKS = {
    "createPayment": {
        "GetPayment": {"operationId": "getPayment", "parameters": _THIS_PAYMENT},
        "CancelPayment": {"operationId": "cancelPayment", "parameters": _THIS_PAYMENT},
    },
    "cancelPayment": {"GetPayment": {"operationId": "getPayment", "parameters": _THIS_PAYMENT}},
    "listPayments": {"NextPage": {"operationId": "listPayments", "parameters": _NEXT_PAGE}},
    "listEvents": {"NextPage": {"operationId": "listEvents", "parameters": _NEXT_PAGE}},
}


def _header_parameter(name: str, says: str, *, required: bool = True, **rules: str) -> dict[str, Any]:
    schema = {"type": "string", **rules}
    return {"name": name, "in": "header", "required": required, "description": says, "schema": schema}


_REQUEST_ID = _header_parameter(
    "X-Request-Id",
    "A name of your own for this request; one is made if there is none or it has another form.",
    required=False,
    pattern="^[A-Za-z0-9_-]{8,64}$",
)
_WEBHOOK_HEADERS = (
    _header_parameter(
        "X-Webhook-Signature", "HMAC-SHA256 of the exact body bytes, in hex; the key is the whole secret, as text."
    ),
    _header_parameter("X-Webhook-Event", "The event, as in the body."),
    _header_parameter("X-Webhook-Attempt", "Which attempt this is, from 1.", pattern="^[1-9][0-9]*$"),
    _header_parameter("webhook-id", "The same on every attempt."),
    _header_parameter("webhook-timestamp", "Unix seconds of this attempt.", pattern="^[0-9]+$"),
    _header_parameter("webhook-signature", "As Standard Webhooks has it: `v1,…`, two while the secret is rotated."),
)
_ERROR = {
    "type": "object",
    "description": "The one shape of every refusal.",
    "required": ["success", "message", "error"],
    "properties": {
        "success": {"type": "boolean", "const": False, "description": "Always false here."},
        "message": {"type": "string", "description": "For a person."},
        "error": {
            "type": "object",
            "required": ["code", "message", "request_id"],
            "properties": {
                "code": {"type": "string", "enum": [*BY_CODE], "description": "For your program; codes never change."},
                "message": {"type": "string", "description": "The same as above."},
                "fields": {
                    "type": "object",
                    "additionalProperties": {"type": "array", "items": {"type": "string"}},
                    "description": "What is wrong with each field; only with `validation_error`.",
                },
                "request_id": {"type": "string", "description": "Tell it to the operator when you ask for help."},
            },
        },
    },
}


def refuses(*codes: str) -> dict[str, list[str]]:
    """Return what `extend_schema(extensions=…)` takes to add refusals beyond those that follow from a call's shape."""
    return {_REFUSES: [*codes]}


def add_common_rules(result: dict[str, Any], generator: SchemaGenerator, request: Any, public: bool) -> dict[str, Any]:
    """Postprocess the generated file: every call gets its refusals and headers, every webhook its headers."""
    responses: dict[str, Any] = {}
    for path, operation in _operations(result["paths"]):
        for status, codes in _by_status(_codes(path, operation)).items():
            name = "Or".join(_pascal(code.code) for code in codes)
            responses[name] = _refusal(status, codes)
            operation["responses"][str(status)] = {"$ref": f"#/components/responses/{name}"}
        for status, response in operation["responses"].items():
            if status.startswith("2"):
                response.setdefault("headers", {})["X-Request-Id"] = _header("X-Request-Id")
                if links := _LINKS.get(operation["operationId"]):
                    response["links"] = links
        operation.setdefault("parameters", []).append(_parameter(_REQUEST_ID))
    for _, operation in _operations(result.get("webhooks", {})):
        operation["parameters"] = [_parameter(header) for header in _WEBHOOK_HEADERS]
    # drf-spectacular collects the components before it reads the webhooks, which have one of their own.
    components = generator.registry.build({})
    components["schemas"]["Error"] = _ERROR
    components["responses"] = dict(sorted(responses.items()))
    components["headers"] = _HEADERS
    components["parameters"] = {header["name"]: header for header in (_REQUEST_ID, *_WEBHOOK_HEADERS)}
    result["components"] = components
    return result


def _operations(paths: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    return ((path, operation) for path, methods in paths.items() for operation in methods.values())


def _codes(path: str, operation: dict[str, Any]) -> set[str]:
    codes = {*_EVERY_CALL, *operation.pop(_REFUSES, [])}
    if "requestBody" in operation:
        codes.update(_WITH_BODY)
    if "{" in path:
        codes.add("not_found")
    return codes


def _by_status(codes: Iterable[str]) -> dict[int, list[ErrorCode]]:
    # In the order of the table, so that the file does not change by itself.
    grouped: defaultdict[int, list[ErrorCode]] = defaultdict(list)
    for code in BY_CODE.values():
        if code.code in codes:
            grouped[code.status].append(code)
    return dict(grouped)


def _refusal(status: int, codes: list[ErrorCode]) -> dict[str, Any]:
    allowed = {"properties": {"error": {"properties": {"code": {"enum": [code.code for code in codes]}}}}}
    return {
        "description": " ".join(f"`{code.code}`: {code.meaning}" for code in codes),
        "headers": {name: _header(name) for name in ["X-Request-Id", *_HEADERS_OF_STATUS.get(status, [])]},
        "content": {"application/json": {"schema": {"allOf": [{"$ref": "#/components/schemas/Error"}, allowed]}}},
    }


def _header(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/headers/{name}"}


def _parameter(header: dict[str, Any]) -> dict[str, str]:
    return {"$ref": f"#/components/parameters/{header['name']}"}


def _pascal(code: str) -> str:
    return "".join(word.capitalize() for word in code.split("_"))
