from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from backoffice import words
from backoffice.models import StaffAction
from backoffice.pages import BackofficeAdmin, Facts, Table


@admin.register(StaffAction)
class StaffActionAdmin(BackofficeAdmin):
    columns = ("when", "actor", "action_in_words", "object_name", "reason_given", "ip")
    list_display = columns
    list_display_links = ("when",)
    list_filter = ()
    ordering = ("-at", "-id")
    search_fields = ("actor",)
    search_help_text = "Search by username."
    empty_title = "No staff actions yet"
    empty_help = "Whatever staff do in the back office is written down here, and stays."

    @admin.display(description="When")
    def when(self, done: StaffAction) -> str:
        return words.when(done.at)

    @admin.display(description="What")
    def action_in_words(self, done: StaffAction) -> str:
        return done.action_in_words

    @admin.display(description="Reason")
    def reason_given(self, done: StaffAction) -> str:
        return done.reason or words.NOTHING

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        return lookup in {"object_type", "object_id"}

    def facts(self, done: StaffAction, now: datetime) -> Sequence[Facts]:
        rows = [
            ("When", words.when(done.at)),
            ("Who", done.actor),
            ("What", done.action_in_words),
            ("To", done.object_name),
            ("Reason", done.reason or words.NOTHING),
            ("Details", done.details or words.NOTHING),
            ("From address", done.ip or words.NOTHING),
        ]
        return (Facts("What was done", rows),)

    def tables(self, request: HttpRequest, done: StaffAction, now: datetime) -> Sequence[Table]:
        return ()
