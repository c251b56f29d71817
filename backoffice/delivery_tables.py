"""Deliveries and attempts as tables, the same on every page."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from backoffice import words
from backoffice.pages import Table
from backoffice.verbs import page_url, verb_url
from backoffice.webhook_verbs import Redeliver
from payments.models import PaymentSession
from webhooks.models import Attempt, Closing, Delivery, DeliveryState, WebhookEndpoint

REDELIVER = Redeliver()


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


def of_delivery(delivery: Delivery) -> Table:
    rows = [
        (
            attempt.number,
            words.when(attempt.started_at),
            outcome(attempt),
            f"{attempt.duration_ms} ms",
            _who(attempt),
            format_html("<pre>{}</pre>", attempt.answer) if attempt.answer else words.NOTHING,
        )
        for attempt in delivery.attempts.order_by("number")
    ]
    return Table("Attempts", ("No.", "Started", "Outcome", "Took", "By", "Answer"), rows, "Not tried yet.")


def state_chip(delivery: Delivery) -> SafeString:
    return words.chip(delivery.state, DeliveryState(delivery.state).label)


def outcome(attempt: Attempt) -> SafeString:
    text = f"HTTP {attempt.status}" if attempt.status else attempt.get_error_display()
    return words.chip("done" if attempt.succeeded else "dead", text)


def next_step(delivery: Delivery, now: datetime) -> str:
    """Say what happens next with a delivery."""
    if delivery.state == DeliveryState.DONE:
        return format_html("delivered {}", words.day(delivery.delivered_at))
    if delivery.state == DeliveryState.DUE:
        return f"next try {words.until(delivery.next_at)}" if delivery.next_at > now else "next try now"
    if delivery.state == DeliveryState.LEASED:
        return "being sent"
    if delivery.closed_because:
        return f"given up: {Closing(delivery.closed_because).label}"
    return "no more tries by itself"


def _row(delivery: Delivery, *, may_redeliver: bool, now: datetime) -> tuple[Any, ...]:
    may = may_redeliver and REDELIVER.offered(delivery, now)
    button = format_html('<a class="act" href="{}">Redeliver</a>', verb_url(delivery, REDELIVER)) if may else ""
    state = format_html('{} <span class="quiet">{}</span>', state_chip(delivery), next_step(delivery, now))
    return _link(delivery), words.code(delivery.endpoint.url), state, _outcomes(delivery.attempts.all()), button


def _link(delivery: Delivery) -> SafeString:
    return format_html('<a href="{}">{}</a>', page_url(delivery), delivery.event_type)


def _outcomes(attempts: Iterable[Attempt]) -> SafeString | str:
    return format_html_join("", "{}", ((outcome(attempt),) for attempt in list(attempts)[-3:])) or words.NOTHING


def _who(attempt: Attempt) -> str:
    return attempt.actor or attempt.get_trigger_display()
