from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import Count, Q, Sum
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from backoffice import words
from backoffice.pages import BackofficeAdmin, Facts, Table
from backoffice.statement_verbs import DiscardImport, LoadStatement, StartImport
from backoffice.verbs import page_url
from reconciliation.models import CreditState, ImportState, RowOutcome, StatementImport

SHOWN = 50
_EXPECTED = {
    "claimed": "whose UTR a customer has named: they pay if the amount is right",
    "to_match": "of an amount that was asked for: compared with what is known, the rest waits for you",
    RowOutcome.KNOWN: "known already",
    RowOutcome.TAKEN_BACK: "that came back or were taken back: no payments",
    RowOutcome.OTHER: "of other money",
    RowOutcome.OUT: "of money that went out",
}
_CHIPS = {
    ImportState.READING: "due",
    ImportState.FAILED: "odd",
    ImportState.PREVIEW: "review",
    ImportState.RUNNING: "due",
    ImportState.DONE: "done",
    ImportState.DISCARDED: "disabled",
}
# What staff have decided of money that pays nothing.
_SETTLED = (CreditState.SET_ASIDE, CreditState.REFUND, CreditState.REFUNDED)
_OUTCOME_CHIPS = {RowOutcome.PAID: "success", RowOutcome.REVIEW: "review", RowOutcome.TAKEN_BACK: "odd"}


@admin.register(StatementImport)
class StatementImportAdmin(BackofficeAdmin):
    columns = ("days", "channel", "file_name", "rows_in_it", "loaded_by", "state_now", "created")
    list_display = columns
    list_display_links = ("days",)
    list_select_related = ("channel",)
    verbs = (StartImport(), DiscardImport())
    creations = (LoadStatement(),)
    empty_title = "No statements yet"
    empty_help = (
        "Load the bank's statement once a day or a week: it finds payments that no alert told of, and fills in missing "
        "UTRs. It needs an alert channel of the kind “Bank statements”."
    )

    @admin.display(description="Days")
    def days(self, job: StatementImport) -> str:
        return str(job)

    @admin.display(description="Rows")
    def rows_in_it(self, job: StatementImport) -> str:
        return f"{job.row_count:,}"

    @admin.display(description="State")
    def state_now(self, job: StatementImport) -> SafeString:
        return statement_chip(job)

    @admin.display(description="Loaded")
    def created(self, job: StatementImport) -> str:
        return words.day(job.created_at)

    def headline(self, job: StatementImport, now: datetime) -> SafeString:
        return format_html("{} {}", job, statement_chip(job))

    def news(self, job: StatementImport, now: datetime) -> str:
        if job.state == ImportState.READING:
            return "The file is being read. This page shows what it holds as soon as that is known."
        if job.state == ImportState.FAILED:
            return f"This file cannot be used. {job.problem}"
        if job.state == ImportState.PREVIEW:
            return "Nothing has followed from this file yet. Look at it, then start or discard it."
        if job.state == ImportState.RUNNING:
            return "The rows are being worked through. This page shows what became of them."
        return ""

    def is_changing(self, job: StatementImport, now: datetime) -> bool:
        return job.state in (ImportState.READING, ImportState.RUNNING)

    def facts(self, job: StatementImport, now: datetime) -> Sequence[Facts]:
        file: list[tuple[str, Any]] = [
            ("File", job.file_name),
            ("Read as", job.layout or words.NOTHING),
            ("Channel", format_html('<a href="{}">{}</a>', page_url(job.channel), job.channel)),
            ("Account", f"{job.bank.upper()} {job.account_tail}".strip() or words.NOTHING),
            ("Rows", f"{job.row_count:,}"),
            # Of a later look "Known already" tells, for an earlier file may have been started since.
            *([("Of these loaded before", f"{job.repeat_count:,}")] if job.state == ImportState.PREVIEW else []),
            ("Loaded", format_html("{} by {}", words.when(job.created_at), job.loaded_by)),
        ]
        if job.warnings:
            warnings = format_html_join("", '<p class="errornote">{}</p>', ((text,) for text in job.warnings))
            file.insert(0, ("Mind", warnings))
        if job.started_by:
            file.append(("Started", format_html("{} by {}", words.when(job.started_at), job.started_by)))
        return Facts("Statement", file), _progress(job)

    def tables(self, request: HttpRequest, job: StatementImport, now: datetime) -> Sequence[Table]:
        rows = job.rows.with_outcome_now().select_related("credit__session").order_by("number")
        if job.state in (ImportState.RUNNING, ImportState.DONE):
            of_interest = (RowOutcome.PAID, RowOutcome.REVIEW, RowOutcome.TAKEN_BACK)
            rows = rows.filter(Q(outcome__in=of_interest) | Q(credit__state__in=_SETTLED))
            title = "Rows that concern payments"
        else:
            title = "The first rows"
        headers = ("Row", "Day", "Amount", "UTR", "Narration", "What became of it")
        return (Table(title, headers, [_row(row) for row in rows[:SHOWN]], "None."),)


def _progress(job: StatementImport) -> Facts:
    if job.state == ImportState.READING:
        return Facts("Progress", [("Read", _bar(job.reached, job.row_count) if job.row_count else "just begun")])
    if job.state in (ImportState.PREVIEW, ImportState.DISCARDED, ImportState.FAILED):
        expected = [
            (words.counted(count, "row"), text) for kind, text in _EXPECTED.items() if (count := job.expected.get(kind))
        ]
        nothing = (
            "nothing, it cannot be used" if job.state == ImportState.FAILED else "0 rows that were not loaded before"
        )
        return Facts("What to expect", expected or [("Of this file", nothing)])
    outcomes = job.rows.with_outcome_now().order_by()
    counts = outcomes.values_list("outcome_now").annotate(Count("pk"), Sum("amount_paise"))
    facts: list[tuple[str, Any]] = [("Worked through", _bar(job.reached, job.row_count))]
    facts += [
        (RowOutcome(outcome).label, format_html("{}, {}", words.counted(count, "row"), words.rupees(abs(paise))))
        for outcome, count, paise in sorted(counts)
    ]
    return Facts("Progress", facts)


def _bar(done: int, total: int) -> SafeString:
    bar = '{} of {} <progress max="{}" value="{}"></progress>'
    return format_html(bar, f"{done:,}", f"{total:,}", total, done)


def _row(row: Any) -> tuple[Any, ...]:
    amount = (
        words.rupees(row.amount_paise) if row.amount_paise > 0 else format_html("−{}", words.rupees(-row.amount_paise))
    )
    return row.number, f"{row.day:%-d %b %Y}", amount, words.code(row.rrn), words.of_bank(row.narration), _became(row)


def _became(row: Any) -> SafeString:
    outcome = RowOutcome(row.outcome_now)
    text = str(outcome.label)
    if outcome == RowOutcome.KNOWN and row.credit and row.credit.state in _SETTLED:
        text += f": {row.credit.get_state_display().lower()}"
    chip = words.chip(_OUTCOME_CHIPS.get(outcome, "quiet"), text)
    return format_html('{} <a href="{}">the credit</a>', chip, page_url(row.credit)) if row.credit else chip


def statement_chip(job: StatementImport) -> SafeString:
    return words.chip(_CHIPS[ImportState(job.state)], str(ImportState(job.state).label))
