from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from backoffice import words
from backoffice.models import StaffAction
from backoffice.pages import BackofficeAdmin, Facts, Table
from backoffice.staff_verbs import Activate, AddStaff, ChangeRole, Deactivate, NewPassword

# Django's own pages show password hashes and let rights be given one by one; here a role is all.
admin.site.unregister((User, Group))


@admin.register(User)
class StaffAdmin(BackofficeAdmin):
    columns = ("username", "role", "signed_in", "state")
    list_display = columns
    list_display_links = ("username",)
    verbs = (ChangeRole(), NewPassword(), Deactivate(), Activate())
    creations = (AddStaff(),)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).filter(is_staff=True).prefetch_related("groups")

    @admin.display(description="Role")
    def role(self, user: User) -> str:
        return _role(user)

    @admin.display(description="Last signed in")
    def signed_in(self, user: User) -> str:
        return words.day(user.last_login) if user.last_login else "never"

    @admin.display(description="Status")
    def state(self, user: User) -> SafeString:
        return _state(user)

    def headline(self, user: User, now: datetime) -> SafeString:
        return format_html("{} {}", user.get_username(), _state(user))

    def facts(self, user: User, now: datetime) -> Sequence[Facts]:
        rows = [
            ("Role", _role(user)),
            ("Added", words.when(user.date_joined)),
            ("Last signed in", words.when(user.last_login) if user.last_login else "never"),
        ]
        return (Facts("Account", rows),)

    def tables(self, request: HttpRequest, user: User, now: datetime) -> Sequence[Table]:
        deeds = StaffAction.objects.filter(actor=user.get_username())[:20]
        rows = [(words.when(deed.at), deed.action_in_words, deed.object_name) for deed in deeds]
        return (Table(f"What {user} did", ("When", "What", "To"), rows, "Nothing yet."),)


@admin.register(StaffAction)
class StaffActionAdmin(BackofficeAdmin):
    columns = ("when", "who", "action_in_words", "to", "reason_given", "address")
    list_display = columns
    list_display_links = ("when",)
    list_filter = ()
    ordering = ("-at", "-id")
    search_fields = ("=actor",)
    search_help_text = "Search by username."
    empty_title = "No staff actions yet"
    empty_help = "Whatever staff do in the back office is written down here, and stays."

    @admin.display(description="When")
    def when(self, done: StaffAction) -> str:
        return words.when(done.at)

    @admin.display(description="Who")
    def who(self, done: StaffAction) -> str:
        return done.actor

    @admin.display(description="To")
    def to(self, done: StaffAction) -> str:
        return done.object_name or words.NOTHING

    @admin.display(description="From")
    def address(self, done: StaffAction) -> str:
        return done.ip or words.NOTHING

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


def _role(user: User) -> str:
    if user.is_superuser:
        return "Superuser"
    return ", ".join(group.name for group in user.groups.all()) or "none"


def _state(user: User) -> SafeString:
    return words.chip("active") if user.is_active else words.chip("disabled", "Deactivated")
