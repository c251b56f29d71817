"""The one error shape of everything under /api, and which HTTP status each refusal has."""

from collections.abc import Mapping
from typing import Any

from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from paygate import logs
from paygate.bodies import API_PREFIXES
from payments.exceptions import NoPayableAmount, NotWatched, PaymentError

AUTHENTICATION_MESSAGE = "Send a valid API key in the header X-API-Key."
_STATUS_OF_CODE = {
    "idempotency_key_reused": 422,
    "not_cancellable": 409,
    "cannot_simulate": 409,
    "webhook_removed": 409,
    "no_upi_account": 503,
    "no_payable_amount": 503,
    "confirmation_unavailable": 503,
}
_CODE_OF_STATUS = {
    400: "validation_error",
    401: "invalid_api_key",
    403: "permission_denied",
    404: "not_found",
    405: "method_not_allowed",
    411: "length_required",
    413: "body_too_large",
    415: "unsupported_media_type",
    429: "rate_limited",
    500: "server_error",
    503: "unavailable",
}


def error_body(code: str, message: str, fields: Mapping[str, list[str]] | None = None) -> dict[str, Any]:
    error: dict[str, Any] = {"code": code, "message": message}
    if fields:
        error["fields"] = dict(fields)
    error["request_id"] = logs.request_id.get()
    return {"success": False, "message": message, "error": error}


def exception_handler(error: Exception, context: Mapping[str, Any]) -> Response | None:
    """Translate what a view raised into an answer; None lets Django answer 500 in the same shape."""
    set_rollback()
    if isinstance(error, PaymentError):
        headers = None
        if isinstance(error, (NoPayableAmount, NotWatched)):
            headers = {"Retry-After": str(error.retry_after)}
        return Response(error_body(error.code, str(error)), status=_STATUS_OF_CODE[error.code], headers=headers)
    if isinstance(error, OperationalError):
        message = "The database does not answer. Nothing was changed; try again in a moment."
        return Response(error_body("unavailable", message), status=503, headers={"Retry-After": "1"})
    if isinstance(error, Http404):
        error = exceptions.NotFound()
    if not isinstance(error, exceptions.APIException):
        return None
    return _from_rest_framework(error)


def _from_rest_framework(error: exceptions.APIException) -> Response:
    headers: dict[str, str] = {}
    if auth_header := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = auth_header
    if isinstance(error, exceptions.ValidationError):
        fields = _fields(error.detail)
        message = "; ".join(f"{name}: {' '.join(problems)}" for name, problems in fields.items())
        return Response(error_body("validation_error", message, fields), status=400)
    if isinstance(error, exceptions.ParseError):
        return Response(error_body("invalid_json", str(error.detail)), status=400)
    if isinstance(error, (exceptions.AuthenticationFailed, exceptions.NotAuthenticated)):
        return Response(error_body("invalid_api_key", AUTHENTICATION_MESSAGE), status=401, headers=headers)
    headers |= getattr(error, "headers", {})
    code = getattr(error, "stable_code", None) or _CODE_OF_STATUS.get(error.status_code, "error")
    return Response(error_body(code, str(error.detail)), status=error.status_code, headers=headers)


def _fields(detail: Any) -> dict[str, list[str]]:
    if not isinstance(detail, Mapping):
        return {"non_field_errors": [str(each) for each in detail]}
    return {
        str(name): [str(each) for each in (problems if isinstance(problems, list) else [problems])]
        for name, problems in detail.items()
    }


def json_error(status: int, message: str) -> JsonResponse:
    """Return an error for requests that never reach a view of Django REST framework."""
    return JsonResponse(error_body(_CODE_OF_STATUS[status], message), status=status)


def is_api(request: HttpRequest) -> bool:
    return f"{request.path}/".startswith(API_PREFIXES)


@csrf_exempt
def unknown_api_path(request: HttpRequest, **kwargs: str) -> HttpResponse:
    return json_error(404, f"There is no {request.path[:200]} here; the API is described at /docs/api.")
