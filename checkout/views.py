"""The customer's page, its QR and its status. They read; only a UTR, and the button of test payments, write."""

import base64
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.conf import settings
from django.db.models import OuterRef, Subquery
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import conditional_page, require_http_methods, require_POST, require_safe

from apikeys.caller import client_network
from apikeys.throttling import RateLimited, count_claim
from checkout.links import app_buttons, back_to_shop, platform_of
from payments import qr
from payments.models import PaymentSession, Status
from payments.money import in_words_of_rupees, two_decimals
from payments.snapshot import checkout_url, milliseconds, seconds_left
from reconciliation.models import UtrClaim
from reconciliation.rehearsals import CannotSimulate, Kind, record_test_credit
from reconciliation.services.claims import PaidAlready, TooManyClaims, claim_utr
from reconciliation.utr import MAX_TYPED, clean_utr, is_like_a_phone_number, problem_of

# UPI apps refuse more from the picture of a QR of an unverified payee (NPCI, 8 April 2025).
PICTURE_LIMIT_PAISE = 2_000_00
# Who has paid for so long without an answer is asked for the UTR.
ASK_FOR_UTR_SECONDS = 180
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
    session = _find(session_id)
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
    etag = f'W/"{status_now}-{session.exception}-{session.hold_until:%Y%m%d%H%M%S}"'
    return JsonResponse(body, headers={"ETag": etag})


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


@require_http_methods(["GET", "HEAD", "POST"])
@with_headers(_NOINDEX)
@cache_control(no_store=True, private=True)
@gzip_page
def utr(request: HttpRequest, session_id: str) -> HttpResponse:
    """Take in the UTR of who has paid already, and say so on the page of the payment, whatever is known of it.

    Here the form has a page of its own, for what is wrong with an entry, and for those without JavaScript: the page
    of the payment loads itself anew under their fingers.
    """
    session = _find(session_id)
    if session is None:
        return render(request, "checkout/not_found.html", status=404)
    refused = _refuse_utr(request, session) if request.method == "POST" else Refused(status_code=200)
    if refused is None or session.status == Status.SUCCESS:
        return redirect("checkout", session_id=session_id)
    # Nothing happens on this page by itself.
    page = _page(session, now=timezone.now()) | {"watch_for": 0, "typed": request.POST.get("utr", "")[:MAX_TYPED]}
    response = render(request, "checkout/utr.html", page | vars(refused), status=refused.status_code)
    if refused.retry_after:
        response["Retry-After"] = refused.retry_after
    return response


@dataclass(frozen=True, kw_only=True)
class Refused:
    """What is wrong with an entry. `doubted`: the UTR that is taken if it is sent once more."""

    status_code: int
    error: str = ""
    doubted: str = ""
    retry_after: str = ""


def _refuse_utr(request: HttpRequest, session: PaymentSession) -> Refused | None:
    """Claim what was typed. Returns why that cannot be, or None; both tell nothing of other payments."""
    typed = clean_utr(request.POST.get("utr", ""))
    if problem := problem_of(typed):
        return Refused(status_code=400, error=_(problem.value).format(count=len(typed)))
    if is_like_a_phone_number(typed) and request.POST.get("doubted") != typed:
        doubt = _(
            "This looks like a phone number with 91 before it. If your app shows it as the UTR, send it once more."
        )
        return Refused(status_code=400, error=doubt, doubted=typed)
    client = client_network(request)
    try:
        count_claim(client)
        claim_utr(session_id=session.pk, text=typed, client=client)
    except RateLimited as limited:
        error = _("Too many UTRs came from here. Try again in ten minutes.")
        return Refused(status_code=429, error=error, retry_after=limited.headers["Retry-After"])
    except TooManyClaims:
        error = _("You have entered five UTRs for this payment. Please send the shop the right one.")
        return Refused(status_code=409, error=error)
    except PaidAlready:
        return None
    return None


def _find(session_id: str) -> Any:
    """Return the session, with the UTR that its customer typed last as `claimed_utr`; None if there is none."""
    latest = UtrClaim.objects.filter(session=OuterRef("pk")).values("utr")[:1]
    sessions = PaymentSession.objects.select_related("upi_account").annotate(claimed_utr=Subquery(latest))
    return sessions.filter(session_id=session_id).first()


def _page(session: Any, *, now: datetime) -> dict[str, Any]:
    """Return what the page of any state shows of a session that `_find` has found."""
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
        "claimed": (session.claimed_utr or "")[-4:],
        "ask_in": max(0, ASK_FOR_UTR_SECONDS - int((now - session.created_at).total_seconds())),
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
