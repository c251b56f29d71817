"""The pages every model of the back office has: a list that counts nothing, a read-only page of one object, verbs.

A row never has an edit form. What staff may change goes through a `Verb`, which calls a service.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.http import urlencode
from django.utils.safestring import SafeString

from backoffice import audit, words
from backoffice.changelist import KeysetChangeList
from backoffice.verbs import Verb, may, verb_url, verb_view

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Any]
else:
    ModelAdmin = admin.ModelAdmin


@dataclass(frozen=True)
class Facts:
    """A headed list of names and values."""

    title: str
    rows: Sequence[tuple[str, Any]]


@dataclass(frozen=True)
class Table:
    """A headed table; `empty` stands in its place when there are no rows."""

    title: str
    headers: Sequence[str]
    rows: Sequence[Sequence[Any]]
    empty: str


class BackofficeAdmin(ModelAdmin):
    """The base of every admin here. Subclasses name their columns, facts, tables and verbs."""

    columns: tuple[str, ...] = ("__str__",)
    verbs: tuple[Verb, ...] = ()
    # Names of the verbs that rows offer; None means all of them.
    row_verbs: tuple[str, ...] | None = None
    # The verbs that make such an object. Where there are several, the add page asks which.
    creations: tuple[Verb, ...] = ()
    empty_title = "Nothing here yet"
    empty_help = ""
    list_help = ""
    ordering: ClassVar[tuple[str, ...]] = ("-id",)
    sortable_by = ()
    list_per_page = 50
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    actions: Any = None

    # What a subclass says about its model

    def headline(self, obj: Any, now: datetime) -> SafeString | str:
        return str(obj)

    def facts(self, obj: Any, now: datetime) -> Sequence[Facts]:
        return ()

    def cards(self, obj: Any, now: datetime) -> Sequence[SafeString]:
        """Return rendered pieces between the facts and the tables."""
        return ()

    def tables(self, request: HttpRequest, obj: Any, now: datetime) -> Sequence[Table]:
        return ()

    def news(self, obj: Any, now: datetime) -> str:
        """Say in a sentence what is under way or what came of it; stands above everything else."""
        return ""

    def is_changing(self, obj: Any, now: datetime) -> bool:
        """Whether the object will be another in a moment by itself: its page then follows it."""
        return False

    def links(self, obj: Any) -> Sequence[SafeString]:
        """Return what can be done with the object without changing anything: open, copy."""
        return ()

    def add_label(self) -> str:
        """Return what the button says that leads to the add page."""
        return f"Add {self.opts.verbose_name}" if self._ways else str(self.creations[0].label)

    # Lists

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[KeysetChangeList]:
        return KeysetChangeList

    def get_list_display(self, request: HttpRequest) -> tuple[Any, ...]:
        if not self.verbs:
            return self.columns
        verbs = [verb for verb in self.verbs if self.row_verbs is None or verb.name in self.row_verbs]

        @admin.display(description="Actions")
        def row_actions(obj: Any) -> SafeString:
            links = ((link,) for link in self._all_links(request, obj, verbs))
            return format_html('<div class="row-actions">{}</div>', format_html_join("", "{}", links))

        return (*self.columns, row_actions)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        title = str(self.opts.verbose_name_plural)
        return super().changelist_view(request, {"title": title[:1].upper() + title[1:], **(extra_context or {})})

    # Who may do what: views by Django's permissions, everything else by verbs

    def has_add_permission(self, request: HttpRequest) -> bool:
        return any(may(request, verb) for verb in self.creations)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    # Pages

    def get_urls(self) -> list[URLPattern]:
        prefix = f"{self.opts.app_label}_{self.opts.model_name}"
        wrap = self.admin_site.admin_view
        pages = [path(f"{verb.name}/", wrap(self._adding(verb)), name=f"{prefix}_{verb.name}") for verb in self._ways]
        pages += [
            path(f"<path:object_id>/{verb.name}/", wrap(self._page_of(verb)), name=f"{prefix}_{verb.name}")
            for verb in self.verbs
        ]
        return pages + super().get_urls()

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.creations:
            raise Http404
        if not self._ways:
            return verb_view(request, verb=self.creations[0], obj=None, context=self._context(request))
        if not self.has_add_permission(request):
            raise PermissionDenied
        prefix = f"admin:{self.opts.app_label}_{self.opts.model_name}"
        ways = [
            (reverse(f"{prefix}_{verb.name}"), verb.label, verb.explanation(None))
            for verb in self._ways
            if may(request, verb)
        ]
        return TemplateResponse(
            request, "admin/choose.html", {**self._context(request), "title": self.add_label(), "ways": ways}
        )

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        obj, now = self._find(request, object_id), timezone.now()
        page = {
            **self._context(request),
            "title": str(obj),
            "object": obj,
            "headline": self.headline(obj, now),
            "news": self.news(obj, now),
            "follow": self.is_changing(obj, now),
            "links": self._all_links(request, obj, self.verbs),
            "sections": self.facts(obj, now),
            "cards": self.cards(obj, now),
            "tables": [*self.tables(request, obj, now), *self._staff_actions(request, obj)],
        }
        return TemplateResponse(request, "admin/detail.html", page)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        query = urlencode({"object_type": self.opts.label_lower, "object_id": object_id})
        return HttpResponseRedirect(f"{reverse('admin:backoffice_staffaction_changelist')}?{query}")

    @property
    def _ways(self) -> tuple[Verb, ...]:
        return self.creations if len(self.creations) > 1 else ()

    def _adding(self, verb: Verb) -> Any:
        def page(request: HttpRequest) -> HttpResponse:
            return verb_view(request, verb=verb, obj=None, context=self._context(request))

        return page

    def _page_of(self, verb: Verb) -> Any:
        def page(request: HttpRequest, object_id: str) -> HttpResponse:
            return verb_view(request, verb=verb, obj=self._find(request, object_id), context=self._context(request))

        return page

    def _find(self, request: HttpRequest, object_id: str) -> Any:
        obj = self.get_object(request, object_id)
        if obj is None:
            raise Http404
        if not self.has_view_permission(request, obj):
            raise PermissionDenied
        return obj

    def _context(self, request: HttpRequest) -> dict[str, Any]:
        return {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "list_url": reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist"),
        }

    def _all_links(self, request: HttpRequest, obj: models.Model, verbs: Sequence[Verb]) -> list[SafeString]:
        now = timezone.now()
        offered = (verb for verb in verbs if may(request, verb) and verb.offered(obj, now))
        return [*self.links(obj), *(self._verb_link(obj, verb) for verb in offered)]

    def _verb_link(self, obj: models.Model, verb: Verb) -> SafeString:
        return format_html(
            '<a class="act{}" href="{}">{}</a>', " danger" if verb.danger else "", verb_url(obj, verb), verb.label
        )

    def _staff_actions(self, request: HttpRequest, obj: models.Model) -> list[Table]:
        if not request.user.has_perm("backoffice.view_staffaction"):
            return []
        rows = [
            (
                words.when(done.at),
                done.actor,
                done.action_in_words,
                done.reason or words.NOTHING,
                done.details or words.NOTHING,
                done.ip or "",
            )
            for done in audit.actions_on(obj)[:20]
        ]
        headers = ("When", "Who", "What", "Reason", "Details", "From")
        return [Table("What staff did", headers, rows, "Nobody has done anything here yet.")] if rows else []
