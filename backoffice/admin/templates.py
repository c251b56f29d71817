from collections.abc import Sequence
from datetime import datetime

from django.contrib import admin
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from backoffice import words
from backoffice.alert_verbs import ReadAlertsAgain
from backoffice.pages import BackofficeAdmin, Facts
from backoffice.template_verbs import AddTemplate, ChangeTemplate, StartTemplate, StopTemplate
from reconciliation.banks.typed import BadTemplate
from reconciliation.models import BankTemplate


@admin.register(BankTemplate)
class BankTemplateAdmin(BackofficeAdmin):
    columns = ("name", "code", "from_senders", "line_count", "state_now")
    list_display = columns
    list_display_links = ("name",)
    verbs = (ChangeTemplate(), ReadAlertsAgain(), StopTemplate(), StartTemplate())
    row_verbs = ("edit", "stop", "start")
    creations = (AddTemplate(),)
    empty_title = "No bank templates"
    empty_help = "PayGate knows the alerts of many banks. Teach it those of another bank, or new words of a known one."

    @admin.display(description="Senders")
    def from_senders(self, template: BankTemplate) -> str:
        return ", ".join([*template.headers, *template.mail_domains])

    @admin.display(description="Lines")
    def line_count(self, template: BankTemplate) -> int:
        return len(template.lines) + len(template.mail_lines)

    @admin.display(description="Status")
    def state_now(self, template: BankTemplate) -> SafeString:
        return _chip(template)

    def headline(self, template: BankTemplate, now: datetime) -> SafeString:
        return format_html("{} {}", template.name, _chip(template))

    def facts(self, template: BankTemplate, now: datetime) -> Sequence[Facts]:
        rows = [
            ("Code", words.code(template.code)),
            ("Senders", ", ".join(template.headers) or words.NOTHING),
            ("Lines of messages", _lines(template.lines)),
            ("Domains of e-mails", ", ".join(template.mail_domains) or words.NOTHING),
            ("Lines of e-mails", _lines(template.mail_lines)),
            ("Added", words.when(template.created_at)),
        ]
        if problem := _problem(template):
            rows.insert(0, ("Cannot be used", problem))
        return (Facts("Bank", rows),)


def _lines(lines: Sequence[str]) -> SafeString | str:
    return format_html_join("", "<pre>{}</pre>", ((line,) for line in lines)) or words.NOTHING


def _problem(template: BankTemplate) -> str:
    try:
        template.as_bank()
    except BadTemplate as error:
        return str(error)
    return ""


def _chip(template: BankTemplate) -> SafeString:
    if not template.enabled:
        return words.chip("disabled", "Stopped")
    return words.chip("failed", "Cannot be used") if _problem(template) else words.chip("active")
