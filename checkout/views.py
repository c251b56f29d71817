"""The customer's page, its QR and its status. They read, and never write, but for the button of test payments."""

import base64
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import conditional_page, require_POST, require_safe

from checkout.links import app_buttons, back_to_shop, platform_of
from payments import qr
from payments.models import PaymentSession, Status
from payments.money import in_words_of_rupees, two_decimals
from payments.snapshot import checkout_url, milliseconds, seconds_left
from reconciliation.rehearsals import CannotSimulate, Kind, record_test_credit

# UPI apps refuse more from the picture of a QR of an unverified payee (NPCI, 8 April 2025).
PICTURE_LIMIT_PAISE = 2_000_00
_NOINDEX = {"X-Robots-Tag": "noindex, nofollow"}
# A session ID cannot be guessed, so a shop's own page may ask how its payment is.
_ANY_ORIGIN = {"Access-Control-Allow-Origin": "*"}

_Rest = ParamSpec("_Rest")
_View = Callable[Concatenate[HttpRequest, _Rest], HttpResponse]


def with_headers(headers: dict[str, str]) -> Callable[[_View[_Rest]], _View[_Rest]]:
    """Set these headers on every answer of a view."""

    def decorate(view: _View[_Rest]) -> _View[_Rest]:
        @wraps(view)
        def answer(request: HttpRequest, /, *args: _Rest.args, **kwargs: _Rest.kwargs) -> HttpResponse:
            response = view(request, *args, **kwargs)
            for name, value in headers.items():
                response[name] = value
            return response

        return answer

    return decorate


@require_safe
@with_headers(_NOINDEX)
@cache_control(no_store=True, private=True)
@gzip_page
def checkout(request: HttpRequest, session_id: str) -> HttpResponse:
    session = PaymentSession.objects.select_related("upi_account").filter(session_id=session_id).first()
    if session is None:
        return render(request, "checkout/not_found.html", status=404)
    context = _page(session, now=timezone.now())
    if context["status"] == Status.PENDING:
        context |= _ways_to_pay(session, user_agent=request.headers.get("User-Agent", ""))
    return render(request, f"checkout/{context['status']}.html", context)


@require_safe
@with_headers(_NOINDEX)
def qr_png(request: HttpRequest, session_id: str) -> HttpResponse:
    """The QR while it may be paid: for saving, and for shops' own pages. The checkout page carries its own copy."""
    session = PaymentSession.objects.filter(session_id=session_id).first()
    if session is None:
        return _no_qr(_("There is no such payment."), status=404)
    now = timezone.now()
    if session.status_at(now) != Status.PENDING:
        return _no_qr(_("This payment can no longer be paid."), status=410)
    caching = {"Cache-Control": f"private, max-age={seconds_left(session, now=now)}"}
    return HttpResponse(_qr(session), content_type="image/png", headers=caching)


@require_safe
@with_headers(_NOINDEX | _ANY_ORIGIN)
@conditional_page
@cache_control(no_store=True)
def status(request: HttpRequest, session_id: str) -> HttpResponse:
    """What the page asks every few seconds. `watch_for`: for how many seconds asking on can still bring news.

    The ETag stands for the state and not for the seconds that pass: 304 says that nothing happened.
    """
    fields = ("status", "exception", "utr", "expires_at", "hold_until")
    session = PaymentSession.objects.only(*fields).filter(session_id=session_id).first()
    if session is None:
        return JsonResponse({"status": "unknown", "message": _("There is no such payment.")}, status=404)
    now = timezone.now()
    status_now = session.status_at(now)
    body = {
        "status": status_now,
        "exception": session.exception,
        "expires_in": seconds_left(session, now=now),
        "watch_for": _watch_for(session, now=now),
        "server_time": milliseconds(now),
    }
    if status_now == Status.SUCCESS:
        body["utr"] = session.utr or None
    return JsonResponse(body, headers={"ETag": f'W/"{status_now}-{session.exception}"'})


@require_POST
@with_headers(_NOINDEX)
def simulate(request: HttpRequest, session_id: str) -> HttpResponse:
    """Pay a test payment from its page; there is no such address for a live one."""
    session = get_object_or_404(PaymentSession, session_id=session_id, test=True)
    # Only what the button stands on: the address is open to anybody, and each credit beyond the first is an event.
    if session.status_at(timezone.now()) == Status.PENDING:
        with suppress(CannotSimulate):
            record_test_credit(session_id=session.pk, kind=Kind.EXACT)
    return redirect("checkout", session_id=session_id)


def _page(session: PaymentSession, *, now: datetime) -> dict[str, Any]:
    """Return what the page of any state shows."""
    status_now = session.status_at(now)
    return {
        "session": session,
        "status": status_now,
        "shop": settings.SHOP_NAME,
        "amount": in_words_of_rupees(session.payable_paise),
        "price": in_words_of_rupees(session.requested_paise),
        "saving": in_words_of_rupees(session.requested_paise - session.payable_paise),
        "expires_in": seconds_left(session, now=now),
        "watch_for": _watch_for(session, now=now),
        "is_slow": session.upi_account.unwatched_since is not None,
        "back_to_shop": back_to_shop(session.return_url, session_id=session.session_id, status=status_now),
    }


def _ways_to_pay(session: PaymentSession, *, user_agent: str) -> dict[str, Any]:
    link = session.upi_link
    platform = platform_of(user_agent)
    name, _at, handle = session.upi_id.partition("@")
    return {
        "upi_name_part": name,
        "upi_handle": handle,
        "amount_to_type": two_decimals(session.payable_paise),
        "lifetime": int((session.expires_at - session.created_at).total_seconds()),
        "upi_link": link,
        "platform": platform,
        "app_buttons": app_buttons(link, platform=platform, page_url=checkout_url(session)),
        "qr_data": base64.b64encode(_qr(session)).decode(),
        "picture_works": session.payable_paise <= PICTURE_LIMIT_PAISE,
    }


def _qr(session: PaymentSession) -> bytes:
    return qr.png(session.upi_link, caption="TEST - DO NOT PAY" if session.test else "")


def _watch_for(session: PaymentSession, *, now: datetime) -> int:
    """Return for how many seconds the bank may still confirm this payment by itself."""
    if session.status_at(now) not in {Status.PENDING, Status.EXPIRED}:
        return 0
    return max(0, int((session.hold_until - now).total_seconds()))


def _no_qr(message: str, *, status: int) -> HttpResponse:
    plain = "text/plain; charset=utf-8"
    return HttpResponse(message, status=status, content_type=plain, headers={"Cache-Control": "no-store"})
