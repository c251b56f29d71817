"""What staff do to banks they wrote down themselves: add, change, stop, start."""

from datetime import datetime
from typing import Any

from django import forms

from backoffice import words
from backoffice.forms import LinesField, MessagesField
from backoffice.pages import Table
from backoffice.verbs import Done, MaybeReason, Refused, Verb
from reconciliation.banks.template import FIELDS
from reconciliation.models import BankTemplate
from reconciliation.services import banks

PERMISSION = "backoffice.manage_channels"
LINES_HELP = (
    "One credit alert a line, word for word from its beginning, with fields in place of what changes: "
    "“Dear Customer, {account} is credited with {amount} on {date} from {name}. UPI:{rrn}”. "
    "What follows the line does not matter. The fields are explained below."
)
LEGEND = Table(
    "Fields of a line",
    ("Field", "Stands for", "Such as"),
    [(words.code(f"{{{name}}}"), each.meaning, each.example or words.NOTHING) for name, each in FIELDS.items()],
    "",
)


class TemplateForm(forms.Form):
    legend = LEGEND
    name = forms.CharField(max_length=60, help_text="As staff will read it, such as ICICI Bank.")
    code = forms.CharField(
        max_length=32,
        help_text="The short name that UPI accounts use for this bank, such as icici. The code of a bank that PayGate "
        "knows adds your lines to that bank's.",
    )
    headers = LinesField(
        required=False,
        label="Senders",
        help_text="Whose messages these are, one a line, as the SMS app shows them: VM-ICICIT-S or ICICIT.",
    )
    lines = LinesField(required=False, label="Lines of messages", help_text=LINES_HELP)
    mail_domains = LinesField(
        required=False, label="Domains of e-mails", help_text="Who writes the e-mails, such as icicibank.com."
    )
    mail_lines = LinesField(
        required=False, label="Lines of e-mails", help_text="The sentence that tells of the money, in the same form."
    )
    examples = MessagesField(
        required=False,
        help_text="One real alert for each new line, whole, as it came; an empty line between two. They show that "
        "PayGate reads such alerts by your lines, and are not kept.",
    )


class AddTemplate(Verb):
    name = "add-bank"
    label = "Add bank template"
    permission = PERMISSION
    form_class = TemplateForm
    on_object = False

    def explanation(self, obj: Any) -> str:
        return (
            "Teaches PayGate a bank's credit alerts. From then on a message that follows one of these lines pays the "
            "payment it fits, so write down real alerts. The workbench shows where a line does not fit."
        )

    def run(self, obj: None, data: dict[str, Any], actor: str) -> Done:
        template = banks.add_template(**data)
        return Done(f"PayGate reads the alerts of {template} now.", template, details=_details(template))


class ChangeTemplate(Verb):
    name = "edit"
    label = "Edit"
    permission = PERMISSION

    def form(self, obj: BankTemplate, data: Any = None) -> forms.Form:
        values = {field: getattr(obj, field) for field in banks.FIELDS}
        shown = {name: "\n".join(value) if isinstance(value, list) else value for name, value in values.items()}
        return TemplateForm(data, initial=shown)

    def run(self, obj: BankTemplate, data: dict[str, Any], actor: str) -> Done:
        template = banks.change_template(obj, **data)
        return Done(f"{template} is changed.", template, details=_details(template))


class StopTemplate(Verb):
    name = "stop"
    label = "Stop"
    permission = PERMISSION
    form_class = MaybeReason
    danger = True

    def offered(self, obj: BankTemplate, now: datetime) -> bool:
        return obj.enabled

    def why_not(self, obj: BankTemplate, now: datetime) -> str:
        return "This template is stopped already."

    def explanation(self, obj: BankTemplate) -> str:
        return "Alerts that only these lines explain wait for staff from now on."

    def run(self, obj: BankTemplate, data: dict[str, Any], actor: str) -> Done:
        if not banks.switch_template(template_id=obj.pk, enabled=False):
            raise Refused("This template was stopped a moment ago.")
        return Done(f"{obj} is stopped.", obj)


class StartTemplate(Verb):
    name = "start"
    label = "Start"
    permission = PERMISSION
    form_class = MaybeReason

    def offered(self, obj: BankTemplate, now: datetime) -> bool:
        return not obj.enabled

    def why_not(self, obj: BankTemplate, now: datetime) -> str:
        return "This template is not stopped."

    def explanation(self, obj: BankTemplate) -> str:
        return "Alerts are read with these lines again."

    def run(self, obj: BankTemplate, data: dict[str, Any], actor: str) -> Done:
        if not banks.switch_template(template_id=obj.pk, enabled=True):
            raise Refused("This template was started a moment ago.")
        return Done(f"{obj} is started.", obj)


def _details(template: BankTemplate) -> str:
    return " | ".join([*template.lines, *template.mail_lines])[:1000]
