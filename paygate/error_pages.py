"""Answers for what no view answered: JSON under /api, a page elsewhere."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from paygate.api_errors import is_api, json_error


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _error(request, 400, "This request could not be understood.")


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _error(request, 403, "You may not see this page.")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _error(request, 404, "There is nothing at this address. Check the link.")


def server_error(request: HttpRequest) -> HttpResponse:
    return _error(request, 500, "Something went wrong on our side. Nothing was lost; try again in a moment.")


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return _error(request, 403, "This form is too old, or came from another site. Open the page again and repeat it.")


def _error(request: HttpRequest, status: int, message: str) -> HttpResponse:
    if is_api(request):
        return json_error(status, message)
    return render(request, "error.html", {"message": message, "status": status}, status=status)
