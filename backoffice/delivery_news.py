"""What is under way with a delivery, in a sentence for those who look at its page just now."""

from datetime import datetime, timedelta

from backoffice import words
from payments.models import Heartbeat
from webhooks.client import TOTAL_SECONDS
from webhooks.models import Attempt, Delivery, DeliveryState, ErrorKind, Trigger

WORKER = "webhooks.tasks.dispatch"
SOON = timedelta(seconds=30)
WHAT_TO_DO = {
    ErrorKind.DNS: "Check how the host is spelt in the webhook’s URL, and that its name is known to the public.",
    ErrorKind.ADDRESS: "Give the webhook a public address, or have the operator list this one in WEBHOOK_ALLOW_NETS.",
    ErrorKind.CONNECT: "Check that the shop’s server runs, at the port of the URL, and lets this machine in.",
    ErrorKind.TLS: "The shop needs a certificate for this host that browsers accept, sent with its whole chain.",
    ErrorKind.TIMEOUT: f"The shop must answer within {TOTAL_SECONDS:.0f} seconds: store the event, work on it later.",
    ErrorKind.PROTOCOL: "Check that the server speaks what the URL begins with, http or https.",
    ErrorKind.URL: "Give the webhook another URL: “Edit” on its page.",
    ErrorKind.SECRET: "An old key is missing in PAYGATE_ENCRYPTION_KEYS: have the operator put it back.",
    ErrorKind.INTERNAL: "The worker’s log tells more.",
}
REDIRECTS = "Redirects are not followed: give the webhook the URL that this one leads to."
PATIENCE = timedelta(seconds=10)
# The worker writes a sign of life every ten seconds.
SILENT = timedelta(seconds=30)


def is_under_way(delivery: Delivery, now: datetime) -> bool:
    """Whether an answer may come within a moment."""
    if delivery.state == DeliveryState.LEASED:
        return True
    if delivery.state != DeliveryState.DUE or delivery.next_at > now + SOON:
        return False
    return delivery.trigger != Trigger.AUTO or delivery.endpoint.is_open(now)


def of_delivery(delivery: Delivery, now: datetime) -> str:
    """Say what became of a test, or what keeps a delivery waiting that is due. Else nothing."""
    if is_under_way(delivery, now) and delivery.next_at <= now:
        return _waiting(delivery, now)
    last = delivery.attempts.order_by("-number").first()
    return _tested(last) if last and last.trigger == Trigger.TEST else ""


def _waiting(delivery: Delivery, now: datetime) -> str:
    waited = now - delivery.next_at
    if delivery.state == DeliveryState.LEASED or waited < PATIENCE:
        return "On its way. The answer appears here by itself."
    beat = Heartbeat.objects.filter(task=WORKER).values_list("beat_at", flat=True).first()
    if beat is not None and now - beat < SILENT:
        return f"The worker is busy; this has waited for {words.span(waited)}. The answer appears here by itself."
    seen = f"it last worked {words.span(now - beat)} ago" if beat else "none has ever run"
    return (
        f"No worker is running: {seen}. This has waited for {words.span(waited)} and is sent as soon as one runs; "
        "“doctor” says how to start it."
    )


def _tested(attempt: Attempt) -> str:
    took = f"in {attempt.duration_ms:,} ms"
    if attempt.status is None:
        what_to_do = WHAT_TO_DO[ErrorKind(attempt.error)]
        return f"The test got no answer: {attempt.get_error_display().lower()} ({took}). {what_to_do}"
    if attempt.succeeded:
        return f"The test arrived: the shop answered HTTP {attempt.status} {took}."
    what_to_do = REDIRECTS if 300 <= attempt.status < 400 else "What it said stands below."
    return f"The shop refused the test: it answered HTTP {attempt.status} {took}. {what_to_do}"
