"""Every refusal of the API: its code, its HTTP status, what it means and what a merchant does about it. Pure.

The OpenAPI file and the guide are made from this table; a test compares it with the codes that the code raises.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class ErrorCode:
    code: str
    status: int
    meaning: str
    advice: str


ERROR_CODES = (
    ErrorCode(
        "validation_error",
        400,
        "A field or a parameter is wrong; `error.fields` says which and why.",
        "Correct the fields named and send it again.",
    ),
    ErrorCode(
        "invalid_json",
        400,
        "The body is not a JSON object in UTF-8, or it is nested too deeply.",
        "Send one JSON object.",
    ),
    ErrorCode(
        "invalid_api_key",
        401,
        "The key is missing, unknown, disabled, expired, or not allowed from this address.",
        "Check the header `X-API-Key`. The answer is the same in all these cases.",
    ),
    ErrorCode(
        "permission_denied",
        403,
        "The key lacks the permission that the message names.",
        "Use another key, or ask the operator for the permission.",
    ),
    ErrorCode(
        "origin_not_allowed",
        403,
        "A browser key was used from a page whose origin it does not list, or without an `Origin`.",
        "Add your site to the key's origins, or call from your server with a key that has none.",
    ),
    ErrorCode(
        "test_key_needed",
        403,
        "Only a test key (`pgk_test_…`) can simulate a credit.",
        "Create and simulate with a test key; live payments are paid with money.",
    ),
    ErrorCode(
        "not_found",
        404,
        "There is no such payment of this key, or no such path.",
        "Check the `session_id` and the path. Another key's payments are not visible.",
    ),
    ErrorCode(
        "method_not_allowed",
        405,
        "The path exists, but not with this method.",
        "Use the method that this reference gives for the path.",
    ),
    ErrorCode(
        "not_cancellable",
        409,
        "Only a pending payment can be cancelled; the message names the status it has.",
        "Read the payment and go by its status.",
    ),
    ErrorCode(
        "cannot_simulate",
        409,
        "Another test payment asks for just the wrong amount that was to be simulated.",
        "Try it again with a new test payment.",
    ),
    ErrorCode(
        "webhook_removed",
        409,
        "The delivery's webhook was removed by the operator; nothing is sent to it any more.",
        "Read the event from `GET /api/v1/events`.",
    ),
    ErrorCode(
        "length_required",
        411,
        "The body is not JSON, and comes in chunks without a `Content-Length`.",
        "Send JSON, announced as JSON.",
    ),
    ErrorCode(
        "body_too_large",
        413,
        "The body has more than 64 KiB.",
        "Send less; keep large data on your side and put its id into `metadata`.",
    ),
    ErrorCode(
        "unsupported_media_type",
        415,
        "The body is not announced as JSON.",
        "Send `Content-Type: application/json`.",
    ),
    ErrorCode(
        "idempotency_key_reused",
        422,
        "This `Idempotency-Key` was used before with another body.",
        "Use a new key for a new payment, and the same body when you repeat one.",
    ),
    ErrorCode(
        "rate_limited",
        429,
        "Too many requests with this key or from this address.",
        "Wait for the seconds in `Retry-After`, then go on more slowly.",
    ),
    ErrorCode(
        "server_error",
        500,
        "Something broke on this side.",
        "Repeat the call with the same `Idempotency-Key`; tell the operator the `request_id` if it stays.",
    ),
    ErrorCode(
        "no_upi_account",
        503,
        "The operator has no UPI account open for this mode.",
        "Tell the operator to add or enable one.",
    ),
    ErrorCode(
        "no_payable_amount",
        503,
        "Every payable amount below this price is in use.",
        "Try again after the seconds in `Retry-After`: then one is free.",
    ),
    ErrorCode(
        "confirmation_unavailable",
        503,
        "Nothing reports the bank's credits at the moment, and the operator takes no payments meanwhile.",
        "Try again after `Retry-After` seconds; offer another way to pay.",
    ),
    ErrorCode(
        "unavailable",
        503,
        "The database does not answer. Nothing was changed.",
        "Repeat the call after `Retry-After` seconds, with the same `Idempotency-Key`.",
    ),
)
BY_CODE = {each.code: each for each in ERROR_CODES}
