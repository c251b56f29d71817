"""Deliveries and attempts as tables, the same on every page."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from backoffice import words
from backoffice.pages import Table
from backoffice.redelivery_verbs import Redeliver
from backoffice.verbs import page_url, verb_url
from payments.models import PaymentSession
from webhooks.models import (
    Attempt,
    Closing,
    Delivery,
    DeliveryState,
    ErrorKind,
    Health,
    Redelivery,
    Trigger,
    WebhookEndpoint,
)
from webhooks.schedule import MOST_ATTEMPTS

REDELIVER = Redeliver()
_OPEN = mark_safe(" open")


def of_session(session: PaymentSession, *, may_redeliver: bool, now: datetime) -> Table:
    deliveries = (
        Delivery.objects.filter(event__session=session)
        .select_related("event", "endpoint")
        .prefetch_related("attempts")
        .order_by("created_at")
    )
    return Table(
        "Webhook deliveries",
        ("Event", "To", "State", "Attempts", "Actions"),
        [_row(delivery, may_redeliver=may_redeliver, now=now) for delivery in deliveries],
        "None yet. What happens to this payment appears here in a moment, if a webhook of its key asks for it.",
    )


def of_endpoint(endpoint: WebhookEndpoint) -> Table:
    deliveries = endpoint.deliveries.select_related("event__session").order_by("-created_at", "-id")[:10]
    rows = [
        (words.when(delivery.created_at), _link(delivery), state_chip(delivery), delivery.attempt_count)
        for delivery in deliveries
    ]
    return Table("Last deliveries", ("Created", "Event", "State", "Attempts"), rows, "Nothing has been sent here yet.")


def of_delivery(delivery: Delivery, attempts: Sequence[Attempt]) -> Table:
    rows = [
        (
            attempt.number,
            words.when(attempt.started_at),
            _who(attempt),
            outcome(attempt),
            format_html('<span class="number">{} ms</span>', f"{attempt.duration_ms:,}"),
            words.code(attempt.resolved_ip),
            words.when(attempt.next_at),
            _answer(attempt, shown=attempt is attempts[-1]),
        )
        for attempt in attempts
    ]
    headers = ("No.", "Started", "By", "Outcome", "Took", "IP address", "Next try", "Answer")
    empty = (
        f"Its attempts are older than the log is kept.{_past(delivery)}" if delivery.attempt_count else "Not tried yet."
    )
    return Table("Attempts", headers, rows, empty)


def _past(delivery: Delivery) -> str:
    if delivery.past_error:
        return f" The last one: {ErrorKind(delivery.past_error).label.lower()}."
    return f" The last one: HTTP {delivery.past_status}." if delivery.past_status else ""


def of_redelivery(job: Redelivery) -> Table:
    deliveries = job.deliveries.select_related("event__session", "endpoint").order_by("-created_at", "-id")[:10]
    rows = [
        (words.when(each.created_at), _link(each), words.code(each.endpoint.url), state_chip(each))
        for each in deliveries
    ]
    return Table("Newest of them", ("Created", "Event", "To", "State"), rows, "None has been asked for yet.")


def state_chip(delivery: Delivery) -> SafeString:
    label = "Retrying" if delivery.is_retrying else DeliveryState(delivery.state).label
    return words.chip(delivery.state, label)


def outcome(attempt: Attempt) -> SafeString:
    text = f"HTTP {attempt.status}" if attempt.status else attempt.get_error_display()
    return words.chip("done" if attempt.succeeded else "dead", text)


def next_step(delivery: Delivery, now: datetime) -> str:
    """Say what happens next with a delivery."""
    if delivery.state == DeliveryState.DONE:
        return format_html("delivered {}", words.day(delivery.delivered_at))
    if delivery.state == DeliveryState.DUE:
        return _next_try(delivery, now)
    if delivery.state == DeliveryState.LEASED:
        return "being sent"
    if delivery.closed_because:
        return f"given up: {Closing(delivery.closed_because).label}"
    return "no more tries by itself"


def _next_try(delivery: Delivery, now: datetime) -> str:
    """What a webhook's state holds up waits, unless somebody asked for it by hand."""
    endpoint, at = delivery.endpoint, delivery.next_at
    if delivery.trigger == Trigger.AUTO:
        if endpoint.paused:
            return "webhook paused"
        if endpoint.health == Health.DISABLED:
            return "webhook disabled"
        at = max(at, endpoint.hold_until or at)
    what = f"attempt {delivery.attempt_count + 1} of {MOST_ATTEMPTS}" if delivery.is_retrying else "next try"
    return f"{what} {words.until(at) if at > now else 'now'}"


def _row(delivery: Delivery, *, may_redeliver: bool, now: datetime) -> tuple[Any, ...]:
    may = may_redeliver and REDELIVER.offered(delivery, now)
    button = format_html('<a class="act" href="{}">Redeliver</a>', verb_url(delivery, REDELIVER)) if may else ""
    state = format_html('{} <span class="quiet">{}</span>', state_chip(delivery), next_step(delivery, now))
    return _link(delivery), words.code(delivery.endpoint.url), state, _outcomes(delivery.attempts.all()), button


def _link(delivery: Delivery) -> SafeString:
    return format_html('<a href="{}">{}</a>', page_url(delivery), delivery.event_type)


def _answer(attempt: Attempt, *, shown: bool) -> SafeString | str:
    if not attempt.answer:
        return words.NOTHING
    size = words.counted(len(attempt.answer.encode()), "byte")
    return format_html(
        "<details{}><summary>{}</summary><pre>{}</pre></details>", _OPEN if shown else "", size, attempt.answer
    )


def _outcomes(attempts: Iterable[Attempt]) -> SafeString | str:
    return format_html_join("", "{}", ((outcome(attempt),) for attempt in list(attempts)[-3:])) or words.NOTHING


def _who(attempt: Attempt) -> str:
    return attempt.actor or attempt.get_trigger_display()
