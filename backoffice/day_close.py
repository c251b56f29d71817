"""The day close: one day's payments and the bank's money beside each other, on a page and as CSV."""

import csv
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.http import urlencode

from backoffice import words
from backoffice.pages import Facts, Table
from backoffice.verbs import page_url
from payments.amounts import INDIA
from payments.models import UpiAccount
from payments.money import two_decimals
from reconciliation.models import Credit
from reconciliation.services.day_close import DayClose, close_of
from reconciliation.times import Precision

NEEDS = "reconciliation.view_statementimport"
CREDITS = ("Credit", "UTR", "Credited", "State", "Explanation")
COLUMNS = ("what", "session_id", "amount", "utr", "when", "explanation")
# What spreadsheets take for the beginning of a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


class DayForm(forms.Form):
    day = forms.DateField(widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), label="Day (India)")
    account = forms.ModelChoiceField(
        queryset=UpiAccount.objects.filter(test=False), required=False, empty_label="All accounts", label="UPI account"
    )


def page(request: HttpRequest) -> HttpResponse:
    """Show the day of `?day=`, else yesterday, of `?account=` or of all; `format=csv`: the differences as a file."""
    if not request.user.has_perm(NEEDS):
        raise PermissionDenied
    yesterday = timezone.now().astimezone(INDIA).date() - timedelta(days=1)
    form = DayForm({"day": yesterday.isoformat(), **request.GET.dict()})
    close = close_of(form.cleaned_data["day"], form.cleaned_data["account"]) if form.is_valid() else None
    if close and request.GET.get("format") == "csv":
        return _as_csv(close)
    context = {
        **_site_context(request),
        "title": "Day close",
        "form": form,
        "close": close,
        "csv": _query(close, close.account, format="csv") if close else "",
        "sections": _sections(close) if close else [],
        "tables": _tables(close) if close else [],
    }
    return TemplateResponse(request, "admin/day_close.html", context, status=200 if close else 400)


def _sections(close: DayClose) -> list[Facts]:
    statement: Any = "none of this day was worked through: load it under Statements"
    if close.has_statement:
        statement = _sum(close.statement_count, close.statement_paise)
    rows = [
        ("Payments that succeeded", _sum(close.paid_count, close.paid_paise)),
        ("Money that paid them", _sum(close.credited_count, close.credited_paise)),
        ("Of that, seen in a statement", statement),
    ]
    of_account = f", {close.account}" if close.account else ""
    sections = [Facts(f"{close.day:%A, %-d %B %Y}{of_account}", rows)]
    if len(close.by_account) > 1:
        accounts = [(_link(close, account), _sum(count, paise)) for account, count, paise in close.by_account]
        sections.append(Facts("Payments by account", accounts))
    return sections


def _link(close: DayClose, account: UpiAccount) -> Any:
    return format_html('<a href="{}">{}</a>', _query(close, account), account)


def _query(close: DayClose, account: UpiAccount | None, **more: str) -> str:
    of_account = {"account": str(account.pk)} if account else {}
    return f"?{urlencode({'day': close.day.isoformat(), **of_account, **more})}"


def _sum(count: int, paise: int) -> Any:
    return format_html("{}, {}", f"{count:,}", words.rupees(paise))


def _tables(close: DayClose) -> list[Table]:
    sessions = ("Session", "Payable", "UTR", "Paid")
    tables = [
        Table(
            "Paid here, but no money is known",
            sessions,
            [_session(session) for session in close.without_credit],
            "None: every payment of this day has its money.",
        ),
        Table(
            "Money that paid nothing and waits for you",
            CREDITS,
            [_credit(credit) for credit in close.without_payment],
            "None: all money of this day belongs to a payment, or is settled.",
        ),
    ]
    if close.settled:
        settled = [_credit(credit) for credit in close.settled]
        tables.append(Table("Settled: money that was set aside or paid back", CREDITS, settled, ""))
    if close.has_statement:
        tables[1:1] = [
            Table(
                "Paid here, but not in the bank’s statement",
                sessions,
                [_session(session) for session in close.not_in_statement],
                "None: the statement has every payment of this day.",
            )
        ]
    return tables


def _session(session: Any) -> tuple[Any, ...]:
    link = format_html('<a href="{}">{}</a>', page_url(session), session.session_id)
    return link, words.rupees(session.payable_paise), words.code(session.utr), words.when(session.paid_at)


def _credit(credit: Credit) -> tuple[Any, ...]:
    return (
        format_html('<a href="{}">{}</a>', page_url(credit), words.rupees(credit.amount_paise)),
        words.code(credit.rrn),
        words.credited(credit),
        credit.get_state_display(),
        credit.explanation,
    )


def _as_csv(close: DayClose) -> HttpResponse:
    of_account = f"-account-{close.account.pk}" if close.account else ""
    name = f"day-close-{close.day.isoformat()}{of_account}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    response = HttpResponse(content_type="text/csv; charset=utf-8", headers=headers)
    writer = csv.writer(response)
    writer.writerow(COLUMNS)
    writer.writerows([_harmless(cell) for cell in row] for row in _differences(close))
    return response


def _differences(close: DayClose) -> Iterator[tuple[str, ...]]:
    for what, sessions in (
        ("paid, no money known", close.without_credit),
        ("paid, not in the statement", close.not_in_statement),
    ):
        for session in sessions:
            paid_at = session.paid_at.astimezone(INDIA).isoformat() if session.paid_at else ""
            yield what, session.session_id, two_decimals(session.payable_paise), session.utr, paid_at, ""
    for credit in close.without_payment:
        yield "money, no payment", *_cells(credit)
    for credit in close.settled:
        yield f"money, {credit.get_state_display().lower()}", *_cells(credit)
    for row in close.rows_open:
        yield "row for staff", "", two_decimals(row.amount_paise), row.rrn, _iso(row.day), row.narration


def _cells(credit: Credit) -> tuple[str, ...]:
    at = credit.credited_at.astimezone(INDIA)
    known = _iso(at.date()) if credit.precision == Precision.DATE else at.isoformat()
    return "", two_decimals(credit.amount_paise), credit.rrn, known, credit.explanation


def _iso(day: date) -> str:
    return day.isoformat()


def _harmless(cell: str) -> str:
    """A narration is a payer's text: no spreadsheet shall run it."""
    return f"'{cell}" if cell.startswith(FORMULA) else cell


def _site_context(request: HttpRequest) -> dict[str, Any]:
    from django.contrib import admin  # the site imports this module

    return admin.site.each_context(request)
