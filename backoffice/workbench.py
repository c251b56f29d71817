"""The workbench: paste an alert, see what PayGate reads in it and would do about it. Nothing is written."""

from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html

from backoffice import words
from backoffice.pages import Facts
from backoffice.template_verbs import LEGEND
from backoffice.verbs import page_url
from payments.models import Status
from reconciliation.banks.typed import BadTemplate
from reconciliation.models import AlertChannel, Credit, Evidence
from reconciliation.parsing import Verdict
from reconciliation.services.workbench import TRIED, Trial, try_alert
from reconciliation.times import INDIA, CreditTime, Precision

NEEDS = "reconciliation.view_evidence"
VERDICTS = {
    Verdict.CREDIT: ("success", "A credit"),
    Verdict.REVIEW: ("review", "For staff to look at"),
    Verdict.IGNORE: ("ignored", "Not a credit"),
}


class WorkbenchForm(forms.Form):
    legend = LEGEND
    sender = forms.CharField(
        max_length=100, help_text="As the SMS app shows it (VM-SBIUPI-S), an app's package, or an e-mail's address."
    )
    text = forms.CharField(max_length=8000, widget=forms.Textarea(attrs={"rows": 5}))
    channel = forms.ModelChoiceField(
        queryset=AlertChannel.objects.filter(kind__in=AlertChannel.AUTOMATIC),
        required=False,
        empty_label="A phone of all live accounts",
        help_text="Through which channel it would come.",
    )
    line = forms.CharField(
        max_length=500,
        required=False,
        label="Try a line (optional)",
        help_text="A line for a bank template, before you write it down. The fields are explained below.",
    )


def page(request: HttpRequest) -> HttpResponse:
    """Ask on GET (with `alert`, an alert's number, filled in from it), show what comes of it on POST."""
    if not request.user.has_perm(NEEDS):
        raise PermissionDenied
    form = WorkbenchForm(request.POST) if request.method == "POST" else WorkbenchForm(initial=_of_alert(request))
    sections: list[Facts] = []
    if form.is_bound and form.is_valid():
        sections = _try(form)
    context = {
        **_site_context(request),
        "title": "Workbench",
        "form": form,
        "sections": sections,
        "templates_url": reverse("admin:reconciliation_banktemplate_changelist"),
    }
    return TemplateResponse(request, "admin/workbench.html", context, status=400 if form.errors else 200)


def _try(form: WorkbenchForm) -> list[Facts]:
    data = form.cleaned_data
    channel = data["channel"] or AlertChannel(kind=AlertChannel.Kind.PHONE)
    try:
        trial = try_alert(sender=data["sender"], text=data["text"], channel=channel, line=data["line"])
    except BadTemplate as error:
        # The sender's part of the template is made from the sender above.
        problems = error.problems.get("lines", [str(error)])
        form.add_error("line", [problem.removeprefix("Line 1: ") for problem in problems])
        return []
    tried = [("Your line", _fit(trial))] if data["line"] else []
    return [Facts("What PayGate reads", tried + _fields(trial)), Facts("What would come of it", _outcome(trial))]


def _fit(trial: Trial) -> str:
    if trial.stop:
        return f"It does not fit. {trial.stop}"
    if trial.reading.rule.endswith(TRIED):
        return "It fits, and PayGate reads the message by it."
    return f"It fits, but PayGate reads the message by a line that it has already: {_rule(trial)}."


def _rule(trial: Trial) -> str:
    line = trial.reading.rule.partition(": ")[2]
    return f"{trial.bank}: {line}" if trial.bank and line else line


def _fields(trial: Trial) -> list[tuple[str, Any]]:
    reading = trial.reading
    return [
        ("Verdict", words.chip(*VERDICTS[reading.verdict])),
        ("Because", reading.reason),
        ("Rule", _rule(trial) or words.NOTHING),
        ("Direction", reading.direction or "not clear"),
        ("Amount", words.rupees(reading.amount_paise)),
        ("UTR", words.code(reading.rrn)),
        ("Payer", reading.payer or words.NOTHING),
        ("Bank", trial.bank or words.NOTHING),
        ("Account ends in", reading.account_tail or words.NOTHING),
        ("Time in the text", _printed(reading.printed) if reading.printed else words.NOTHING),
    ]


def _printed(time: CreditTime) -> str:
    moment = time.earliest.astimezone(INDIA)
    if time.precision == Precision.DATE:
        return f"{moment:%-d %b %Y}, the day alone"
    return f"{moment:%-d %b %Y, %H:%M:%S}, exact to the {time.precision}"


def _outcome(trial: Trial) -> list[tuple[str, Any]]:
    if trial.refused:
        return [("Sender", f"{trial.refused} The alert would not be stored.")]
    if trial.credit is None:
        waits = trial.reading.verdict == Verdict.REVIEW
        return [("Money", "It would wait for staff among the alerts." if waits else "Nothing would be written.")]
    session = trial.credit.session
    paid = format_html('<a href="{}">{}</a>', page_url(session), session.session_id) if session else words.NOTHING
    return [
        ("Known already", "yes: an earlier alert told of this money" if trial.is_known else "no"),
        ("State", words.chip(trial.credit.state, trial.credit.get_state_display())),
        ("Explanation", _explanation(trial, trial.credit)),
        ("Session", paid),
    ]


def _explanation(trial: Trial, credit: Credit) -> str:
    """Say what would happen: the credit's own words are of what has happened."""
    if not trial.would_pay or credit.session is None:
        return credit.explanation
    if credit.session.status == Status.SUCCESS:
        return f"Staff have marked {credit.session} as paid; this would be its money."
    return f"It would pay {credit.session}."


def _of_alert(request: HttpRequest) -> dict[str, Any]:
    number = request.GET.get("alert", "")
    alert = Evidence.objects.filter(pk=number).first() if number.isascii() and number.isdigit() else None
    return {"sender": alert.sender, "text": alert.text, "channel": alert.channel_id} if alert else {}


def _site_context(request: HttpRequest) -> dict[str, Any]:
    from django.contrib import admin  # the site imports this module

    return admin.site.each_context(request)
