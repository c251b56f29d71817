"""What staff do with bank statements: load one for a look, start it, discard it."""

from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.html import format_html

from backoffice.verbs import Done, MaybeReason, Refused, Verb, page_url
from payments import bell
from reconciliation import tasks
from reconciliation.models import AlertChannel, ImportState, StatementImport
from reconciliation.services import statement_files, statements
from reconciliation.services.statement_files import LoadedBefore
from reconciliation.statements.sniff import MAX_FILE

PERMISSION = "backoffice.mark_paid"


def _channels() -> QuerySet[AlertChannel]:
    return AlertChannel.objects.filter(kind=AlertChannel.Kind.STATEMENT, enabled=True)


class LoadForm(forms.Form):
    channel = forms.ModelChoiceField(
        queryset=_channels(),
        empty_label=None,
        help_text="Whose statement it is. Add an alert channel of the kind “Bank statements” for another account.",
        error_messages={"required": "Choose a channel, or first add one of the kind “Bank statements”."},
    )
    file = forms.FileField(
        help_text="As the bank's website gives it: CSV, Excel (XLS, XLSX), OFX, MT940 or CAMT.053. Not a PDF.",
        error_messages={
            "required": f"Choose the file, of {MAX_FILE // 1024 // 1024} MB at most.",
            "empty": "The file is empty.",
        },
    )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size and file.size > MAX_FILE:
            raise forms.ValidationError(f"The file is larger than {MAX_FILE // 1024 // 1024} MB.")
        return file


class LoadStatement(Verb):
    name = "load-statement"
    label = "Load statement"
    permission = PERMISSION
    form_class = LoadForm
    on_object = False

    def explanation(self, obj: Any) -> str:
        if not _channels().exists():
            return (
                "A statement needs a channel that says whose it is. There is none yet: under “Alert channels”, add one "
                "of the kind “Bank statements” first."
            )
        return (
            "Reads the file in the background and shows what it holds. Nothing follows from it until you start it on "
            "the next page. "
            "A statement confirms payments by UTR and amount, never by the amount alone."
        )

    def run(self, obj: None, data: dict[str, Any], actor: str) -> Done:
        file = data["file"]
        try:
            job = statement_files.load_statement(
                channel=data["channel"], file_name=file.name or "", data=file.read(), actor=actor
            )
        except LoadedBefore as refusal:
            (sentence,) = refusal.messages
            link = format_html('{} <a href="{}">Look at it</a>.', sentence, page_url(refusal.earlier))
            raise ValidationError({"file": link}) from None
        bell.ring(tasks.import_statements)
        return Done("The file is loaded.", job, details=job.file_name)


class StartImport(Verb):
    name = "start"
    label = "Start"
    permission = PERMISSION
    form_class = MaybeReason

    def offered(self, obj: StatementImport, now: datetime) -> bool:
        return obj.state == ImportState.PREVIEW

    def why_not(self, obj: StatementImport, now: datetime) -> str:
        if obj.state == ImportState.READING:
            return "The file is still being read."
        return "Only a statement that was read, and not started or discarded yet, can be started."

    def explanation(self, obj: StatementImport) -> str:
        return (
            "Works through the rows in the background. Payments whose UTR and amount are in it are confirmed and their "
            "merchants told at once. This cannot be undone."
        )

    def facts(self, obj: StatementImport) -> list[tuple[str, Any]]:
        return [("File", obj.file_name), ("Days", str(obj)), ("Rows", f"{obj.row_count:,}")]

    def run(self, obj: StatementImport, data: dict[str, Any], actor: str) -> Done:
        if not statements.start_import(import_id=obj.pk, actor=actor):
            raise Refused("Somebody else started or discarded it a moment ago.")
        bell.ring(tasks.import_statements)
        return Done("The statement is started.", obj, details=obj.file_name)


class DiscardImport(Verb):
    name = "discard"
    label = "Discard"
    permission = PERMISSION
    form_class = MaybeReason
    danger = True

    def offered(self, obj: StatementImport, now: datetime) -> bool:
        return obj.state in (ImportState.READING, ImportState.PREVIEW)

    def why_not(self, obj: StatementImport, now: datetime) -> str:
        return "Only a statement that was not started can be discarded."

    def explanation(self, obj: StatementImport) -> str:
        return "Forgets this file and its rows. It can be loaded again."

    def run(self, obj: StatementImport, data: dict[str, Any], actor: str) -> Done:
        if not statement_files.discard_import(import_id=obj.pk):
            raise Refused("Somebody else started or discarded it a moment ago.")
        return Done("The statement is discarded.", obj, details=obj.file_name)
