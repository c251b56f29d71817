import uuid
from datetime import datetime

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from apikeys.encryption import SealedTextField
from apikeys.models import ApiKey
from payments.models import EventType, PaymentEvent
from webhooks.schedule import WINDOW

DEFAULT_EVENTS = (EventType.SUCCESS.value, EventType.EXPIRED.value)
TEST_EVENT = "webhook.test"


def default_events() -> list[str]:
    return list(DEFAULT_EVENTS)


class Health(models.TextChoices):
    HEALTHY = "healthy", "Healthy"
    DEGRADED = "degraded", "Failing: one try a minute"
    DISABLED = "disabled", "Disabled"


class WebhookEndpointQuerySet(models.QuerySet["WebhookEndpoint"]):
    def in_use(self) -> "WebhookEndpointQuerySet":
        return self.filter(removed_at=None)

    def open(self, now: datetime) -> "WebhookEndpointQuerySet":
        """Endpoints that automatic attempts may go to at `now`."""
        may_be_tried = Q(hold_until=None) | Q(hold_until__lte=now)
        return self.in_use().filter(may_be_tried, paused=False).exclude(health=Health.DISABLED)


class WebhookEndpoint(models.Model):
    """A merchant's URL that events are posted to, with the secrets that sign them and its state of health.

    Deliveries are made whatever the state; they wait while the endpoint is paused, degraded or disabled. A removed one
    gets none, has no secrets any more, and stays for the sake of its log.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    api_key = models.ForeignKey(ApiKey, on_delete=models.PROTECT, related_name="endpoints")
    url = models.CharField("URL", max_length=2048)
    description = models.CharField(max_length=255, blank=True)
    events = models.JSONField(default=default_events)
    secret = SealedTextField(editable=False)
    # A rotation in two steps: the next secret signs beside the current one, is promoted, and the old one retires.
    next_secret = SealedTextField(blank=True, default="", editable=False)
    retiring_secret = SealedTextField(blank=True, default="", editable=False)
    retiring_until = models.DateTimeField(null=True, editable=False)
    paused = models.BooleanField(default=False, editable=False)
    health = models.CharField(max_length=8, choices=Health.choices, default=Health.HEALTHY, editable=False)
    consecutive_failures = models.PositiveIntegerField(default=0, editable=False)
    failing_since = models.DateTimeField(null=True, editable=False)
    disabled_reason = models.CharField(max_length=255, blank=True, editable=False)
    # No automatic attempt before this: the receiver asked for it, or the endpoint is degraded.
    hold_until = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    removed_at = models.DateTimeField(null=True, editable=False)

    objects = WebhookEndpointQuerySet.as_manager()

    class Meta:
        verbose_name = "webhook endpoint"
        ordering = ("-created_at",)

    def __str__(self) -> str:
        return self.url

    @property
    def place(self) -> str:
        """The URL without how it is reached: what tells the webhooks of one key apart where there is little room."""
        return self.url.partition("://")[2]

    @property
    def notice_key(self) -> str:
        """What a notice about this endpoint is known by."""
        return f"endpoint {self.pk}"

    def is_open(self, now: datetime) -> bool:
        """Whether automatic attempts may go to it at `now`."""
        held = self.hold_until is not None and self.hold_until > now
        return self.removed_at is None and not self.paused and self.health != Health.DISABLED and not held

    def is_changing_over(self, now: datetime) -> bool:
        """Whether the secret before the current one still signs at `now`."""
        return bool(self.retiring_secret and self.retiring_until and self.retiring_until > now)

    def has_other_secrets(self, now: datetime) -> bool:
        """Whether any secret signs at `now` beside the current one."""
        return bool(self.next_secret) or self.is_changing_over(now)

    def signing_secrets(self, now: datetime) -> tuple[str, ...]:
        """Return the secrets that sign at `now`; the first one keys `X-Webhook-Signature`. Raises CannotUnseal."""
        secrets = [self.secret.reveal()]
        if self.next_secret:
            secrets.append(self.next_secret.reveal())
        if self.is_changing_over(now):
            secrets.append(self.retiring_secret.reveal())
        return tuple(secrets)


class DeliveryState(models.TextChoices):
    DUE = "due", "Waiting"
    LEASED = "leased", "Being sent"
    DONE = "done", "Delivered"
    DEAD = "dead", "Failed"


class Trigger(models.TextChoices):
    AUTO = "auto", "Automatic"
    MANUAL = "manual", "By hand"
    TEST = "test", "Test"


class Redelivery(models.Model):
    """What staff asked to be sent again together: a selection, or all that failed in a span of time.

    The row is the job: how many there are to ask for, how many have been, and how far the work has come.
    """

    # NULL for all of them; without `since` it is a selection.
    endpoint = models.ForeignKey(WebhookEndpoint, on_delete=models.PROTECT, null=True, related_name="redeliveries")
    since = models.DateTimeField(null=True)
    until = models.DateTimeField()
    asked = models.PositiveIntegerField()
    done = models.PositiveIntegerField(default=0)
    # The failures up to this moment have been asked for again.
    reached = models.DateTimeField(null=True)
    actor = models.CharField(max_length=150)
    reason = models.CharField(max_length=500)
    created_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "redeliveries"
        ordering = ("-id",)
        indexes = (models.Index(fields=("id",), condition=Q(finished_at=None), name="redelivery_unfinished"),)

    def __str__(self) -> str:
        return f"redelivery {self.pk}"


class Closing(models.TextChoices):
    """Why a delivery ended that was neither taken nor tried to the end."""

    REMOVED = "removed", "the webhook was removed"
    TOO_OLD = "too_old", "it was too old when the webhook was enabled again"
    GONE = "gone", "the webhook answered 410 Gone"


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def for_key(self, api_key: ApiKey) -> "DeliveryQuerySet":
        return self.filter(endpoint__api_key=api_key)

    def waiting(self) -> "DeliveryQuerySet":
        """Those that are due now or later, said in the words of the partial indexes that hold nothing else."""
        automatic = Q(trigger=Trigger.AUTO)
        first, retry = automatic & Q(attempt_count=0), automatic & Q(attempt_count__gt=0)
        return self.filter(first | retry | ~automatic, state=DeliveryState.DUE)

    def retrying(self) -> "DeliveryQuerySet":
        """Those that failed and are tried again by themselves; what staff send again in bulk was closed before."""
        return self.filter(state=DeliveryState.DUE, trigger=Trigger.AUTO, attempt_count__gt=0, closed_at=None)

    def too_old(self, now: datetime) -> "DeliveryQuerySet":
        """Those that wait by themselves for longer than any schedule of retries takes."""
        return self.waiting().filter(trigger=Trigger.AUTO, closed_at=None, created_at__lte=now - WINDOW)

    def refused_for_good(self, now: datetime) -> "DeliveryQuerySet":
        """Events that a 410 ended, and that would still be tried without it."""
        return self.filter(
            state=DeliveryState.DEAD, closed_because=Closing.GONE, event__isnull=False, created_at__gt=now - WINDOW
        )

    def due(self, now: datetime) -> "DeliveryQuerySet":
        return self.filter(state=DeliveryState.DUE, next_at__lte=now)

    def abandoned(self) -> "DeliveryQuerySet":
        """Leased by a worker that did not come back. Leases go by the database's clock, the one all workers share."""
        return self.filter(state=DeliveryState.LEASED, lease_until__lte=Now())


class Delivery(models.Model):
    """One event on its way to one endpoint. The row is the queue, the schedule and the lock."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # NULL only for webhook.test, whose body stands here.
    event = models.ForeignKey(
        PaymentEvent, on_delete=models.PROTECT, null=True, related_name="deliveries", db_index=False
    )
    test_body = models.TextField(blank=True)
    endpoint = models.ForeignKey(WebhookEndpoint, on_delete=models.PROTECT, related_name="deliveries", db_index=False)
    state = models.CharField(max_length=6, choices=DeliveryState.choices, default=DeliveryState.DUE)
    # Wide, for a merchant may ask for the same one again and again, and one row must not stop the recording of others.
    attempt_count = models.PositiveIntegerField(default=0)
    next_at = models.DateTimeField(default=timezone.now)
    # Who asked for the next attempt.
    trigger = models.CharField(max_length=6, choices=Trigger.choices, default=Trigger.AUTO)
    actor = models.CharField(max_length=150, blank=True)
    lease_until = models.DateTimeField(null=True)
    lease_token = models.UUIDField(null=True)
    delivered_at = models.DateTimeField(null=True)
    # Kept once it is set: nothing is tried again by itself. Only what a 410 ended goes on, once its webhook is enabled.
    closed_at = models.DateTimeField(null=True)
    closed_because = models.CharField(max_length=7, choices=Closing.choices, blank=True)
    # The one that last asked for it.
    redelivery = models.ForeignKey(
        Redelivery, on_delete=models.PROTECT, null=True, related_name="deliveries", db_index=False
    )
    # What came of the last attempt whose row is not kept any more.
    past_status = models.PositiveSmallIntegerField(null=True)
    past_error = models.CharField(max_length=8, blank=True, db_default="", default="")
    created_at = models.DateTimeField(default=timezone.now)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "deliveries"
        ordering = ("-created_at", "-id")
        constraints = (
            models.UniqueConstraint(fields=("event", "endpoint"), name="event_once_per_endpoint"),
            models.CheckConstraint(
                condition=Q(event__isnull=True) ^ Q(test_body=""), name="only_a_test_has_a_body_of_its_own"
            ),
            models.CheckConstraint(
                condition=Q(state="leased", lease_token__isnull=False, lease_until__isnull=False)
                | (~Q(state="leased") & Q(lease_token=None, lease_until=None)),
                name="a_lease_has_a_holder_and_an_end",
            ),
        )
        indexes = (
            models.Index(
                fields=("endpoint", "next_at"),
                condition=Q(state="due", trigger="auto", attempt_count=0),
                name="delivery_due_first",
            ),
            models.Index(
                fields=("endpoint", "next_at"),
                condition=Q(state="due", trigger="auto", attempt_count__gt=0),
                name="delivery_due_retry",
            ),
            models.Index(
                fields=("endpoint", "next_at"),
                condition=Q(state="due") & ~Q(trigger="auto"),
                name="delivery_due_by_hand",
            ),
            models.Index(fields=("lease_until",), condition=Q(state="leased"), name="delivery_lease"),
            models.Index(fields=("-created_at", "-id"), name="delivery_newest"),
            models.Index(fields=("endpoint", "-created_at", "-id"), name="delivery_list"),
            models.Index(fields=("endpoint", "closed_at"), condition=Q(state="dead"), name="delivery_dead"),
            models.Index(fields=("closed_at",), condition=Q(state="dead"), name="delivery_failures"),
            models.Index(fields=("-created_at", "-id"), condition=Q(state="dead"), name="delivery_failures_newest"),
            models.Index(fields=("redelivery",), condition=Q(redelivery__isnull=False), name="delivery_redelivery"),
        )

    def __str__(self) -> str:
        return f"{self.event_type} {self.webhook_id}"

    @property
    def webhook_id(self) -> str:
        """The `webhook-id` header: the event's id, which also stands in the body."""
        return str(self.event_id or self.id)

    @property
    def event_type(self) -> str:
        return self.event.type if self.event else TEST_EVENT

    @property
    def is_retrying(self) -> bool:
        """Whether it is one of `retrying`."""
        by_itself = self.state == DeliveryState.DUE and self.trigger == Trigger.AUTO
        return by_itself and self.attempt_count > 0 and self.closed_at is None

    @property
    def body(self) -> str:
        return self.event.body if self.event else self.test_body


class ErrorKind(models.TextChoices):
    """Why no HTTP answer came."""

    DNS = "dns", "The name was not found"
    ADDRESS = "address", "The address is in a private network"
    CONNECT = "connect", "No connection"
    TLS = "tls", "The certificate was not accepted"
    TIMEOUT = "timeout", "No answer in time"
    PROTOCOL = "protocol", "The connection broke, or the answer was not HTTP"
    URL = "url", "The URL cannot be used"
    SECRET = "secret", "The signing secret cannot be opened"
    INTERNAL = "internal", "An error inside PayGate"


class Attempt(models.Model):
    """One POST and what came of it: an HTTP status, or the kind of error."""

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="attempts", db_index=False)
    number = models.PositiveIntegerField()
    trigger = models.CharField(max_length=6, choices=Trigger.choices)
    actor = models.CharField(max_length=150, blank=True)
    started_at = models.DateTimeField()
    duration_ms = models.PositiveIntegerField()
    status = models.PositiveSmallIntegerField("HTTP status", null=True)
    error = models.CharField(max_length=8, choices=ErrorKind.choices, blank=True)
    resolved_ip = models.CharField("IP address", max_length=45, blank=True)
    # The first 4 KB, for staff only: shown to merchants it would make this server a window into its network.
    answer = models.TextField(blank=True)
    next_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("delivery", "number")
        constraints = (models.UniqueConstraint(fields=("delivery", "number"), name="attempt_once"),)

    def __str__(self) -> str:
        return f"#{self.number}: {self.status or self.get_error_display()}"

    @property
    def succeeded(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


class DispatcherSlot(models.Model):
    """The right to claim deliveries, held by one running dispatcher for a few seconds at a time."""

    number = models.PositiveSmallIntegerField(primary_key=True)
    token = models.UUIDField(null=True)
    held_until = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"dispatcher {self.number}"
