from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from backoffice import delivery_tables, words
from backoffice.pages import BackofficeAdmin, Facts, Table
from backoffice.redelivery_verbs import RedeliverAllFailed, in_words
from backoffice.verbs import page_url
from webhooks.models import DeliveryState, Redelivery


@admin.register(Redelivery)
class RedeliveryAdmin(BackofficeAdmin):
    columns = ("what", "since_when", "progress", "actor", "reason", "created")
    list_display = columns
    list_display_links = ("what",)
    ordering = ("-id",)
    creations = (RedeliverAllFailed(),)
    empty_title = "Nothing has been sent again in bulk"
    empty_help = (
        "Select deliveries in their list, or use “Redeliver failed” on a webhook’s page, or for all of them here."
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("endpoint")

    @admin.display(description="What")
    def what(self, job: Redelivery) -> str:
        return in_words(job)

    @admin.display(description="Failed since")
    def since_when(self, job: Redelivery) -> str:
        return words.day(job.since)

    @admin.display(description="Asked for")
    def progress(self, job: Redelivery) -> SafeString:
        return format_html("{} of {} {}", f"{job.done:,}", f"{job.asked:,}", _state(job))

    @admin.display(description="Created")
    def created(self, job: Redelivery) -> str:
        return words.day(job.created_at)

    def headline(self, job: Redelivery, now: datetime) -> SafeString:
        return format_html("{} {}", in_words(job), _state(job))

    def facts(self, job: Redelivery, now: datetime) -> Sequence[Facts]:
        return Facts("Redelivery", _job_facts(job)), Facts("Progress", _progress(job))

    def tables(self, request: HttpRequest, job: Redelivery, now: datetime) -> Sequence[Table]:
        return (delivery_tables.of_redelivery(job),)

    def is_changing(self, job: Redelivery, now: datetime) -> bool:
        return job.finished_at is None or job.deliveries.waiting().exists()


def _state(job: Redelivery) -> SafeString:
    return words.chip("done", "Done") if job.finished_at else words.chip("due", "Under way")


def _job_facts(job: Redelivery) -> list[tuple[str, Any]]:
    webhook: Any = "all webhooks"
    if job.endpoint:
        webhook = format_html('<a href="{}">{}</a>', page_url(job.endpoint), job.endpoint.url)
    span = [("Webhook", webhook), ("Failed since", words.when(job.since)), ("Until", words.when(job.until))]
    return [
        *(span if job.since else []),
        ("Asked by", job.actor),
        ("Reason", job.reason),
        ("Asked", words.when(job.created_at)),
    ]


def _progress(job: Redelivery) -> list[tuple[str, Any]]:
    rows = job.deliveries.order_by().values_list("state").annotate(Count("pk"))
    counts = dict(rows)
    waiting = counts.get(DeliveryState.DUE, 0) + counts.get(DeliveryState.LEASED, 0)
    asked = format_html(
        '{} of {} <progress max="{}" value="{}"></progress>', f"{job.done:,}", f"{job.asked:,}", job.asked, job.done
    )
    facts: list[tuple[str, Any]] = [
        ("Asked for", asked),
        ("Delivered", f"{counts.get(DeliveryState.DONE, 0):,}"),
        ("Failed again", f"{counts.get(DeliveryState.DEAD, 0):,}"),
        ("Waiting", f"{waiting:,}"),
    ]
    if later := job.done - sum(counts.values()):
        facts.append(("Asked for again later", f"{later:,}"))
    everything = format_html(
        '<a href="{}?redelivery={}">Show them</a>', reverse("admin:webhooks_delivery_changelist"), job.pk
    )
    return [*facts, ("Deliveries", everything)]
