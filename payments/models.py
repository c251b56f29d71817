import re
import secrets
import uuid
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, OuterRef, Q
from django.utils import timezone

from apikeys.models import ApiKey
from payments import upi

LIVE_SPACE = "live"
TEST_SPACE = "test"


def validate_upi_id(value: str) -> None:
    if upi.normalise_upi_id(value) is None:
        raise ValidationError("This is not a UPI ID. It looks like name@bank.")


class UpiAccountQuerySet(models.QuerySet["UpiAccount"]):
    def open(self, *, test: bool) -> "UpiAccountQuerySet":
        """Accounts that new sessions may use."""
        return self.filter(test=test, enabled=True, archived_at=None)


ACCOUNT_TAIL = "[0-9]{2,6}"
NOT_A_TAIL = "Write the account's last 2 to 6 digits only, such as 1234."


class UpiAccount(models.Model):
    """A UPI ID that money is paid to, and the bank account behind it. Archived, never deleted."""

    label = models.CharField(max_length=255, blank=True)
    upi_id = models.CharField("UPI ID", max_length=upi.MAX_UPI_ID, validators=[validate_upi_id])
    payee_name = models.CharField(
        max_length=99, help_text="The account holder as the bank has it: the name customers see in their UPI app."
    )
    bank = models.CharField(max_length=32, blank=True, help_text="The bank's short name, such as sbi or hdfc.")
    account_tail = models.CharField(
        max_length=6, blank=True, help_text="Last digits of the account number, as the bank's alerts print them."
    )
    alerts_print_tail = models.BooleanField(
        default=False,
        help_text="Every alert of this bank names the account. Only then amounts are counted apart for this account.",
    )
    daily_limit_paise = models.BigIntegerField(null=True, blank=True)
    enabled = models.BooleanField(default=True)
    # Since when no living channel would report its money; NULL while one does.
    unwatched_since = models.DateTimeField(null=True, editable=False)
    test = models.BooleanField("test mode", default=False, editable=False)
    archived_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = UpiAccountQuerySet.as_manager()

    class Meta:
        verbose_name = "UPI account"
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(
                fields=("test", "upi_id"),
                name="upi_id_once_per_mode",
                violation_error_message="This UPI ID is here already.",
            ),
        )

    def __str__(self) -> str:
        return self.label or self.upi_id

    def clean(self) -> None:
        self.upi_id = upi.normalise_upi_id(self.upi_id) or self.upi_id
        self.bank = self.bank.strip().lower()
        self.account_tail = self.account_tail.strip()
        if self.account_tail and not re.fullmatch(ACCOUNT_TAIL, self.account_tail):
            raise ValidationError({"account_tail": NOT_A_TAIL})
        if self.alerts_print_tail and not (self.bank and self.account_tail.isdigit() and len(self.account_tail) >= 3):
            raise ValidationError("To count its amounts apart, name the bank and at least three digits of the account.")

    @property
    def amount_space(self) -> str:
        """Within which payable amounts are unique: alerts name a bank account or only a phone, never the UPI ID."""
        if self.test:
            return TEST_SPACE
        return f"{LIVE_SPACE}:{self.bank}-{self.account_tail}" if self.alerts_print_tail else LIVE_SPACE


class Status(models.TextChoices):
    PENDING = "pending", "Pending"
    SUCCESS = "success", "Success"
    EXPIRED = "expired", "Expired"
    CANCELLED = "cancelled", "Cancelled"


class SessionException(models.TextChoices):
    """What was odd about a success, beside its status."""

    NONE = "", "—"
    PAID_LATE = "paid_late", "Paid late"
    MARKED = "marked", "Marked by staff"


def new_session_id() -> str:
    return secrets.token_hex(8).upper()


class SessionQuerySet(models.QuerySet["PaymentSession"]):
    def for_key(self, api_key: ApiKey) -> "SessionQuerySet":
        return self.filter(api_key=api_key)

    def in_status(self, status: str, now: datetime) -> "SessionQuerySet":
        """Sessions whose status at `now` is this one; written so that an index on `status` serves it."""
        if status == Status.PENDING:
            return self.filter(status=status, expires_at__gt=now)
        if status == Status.EXPIRED:
            return self.filter(Q(status=status) | Q(status=Status.PENDING, expires_at__lte=now))
        return self.filter(status=status)

    def of_utr(self, utr: str | OuterRef, *, test: bool) -> "SessionQuerySet":
        """Sessions that have this UTR; written so that SQLite too takes the index on it, which leaves out the empty."""
        return self.filter(test__in=(test,), utr=utr).exclude(utr="")


class PaymentSession(models.Model):
    """One payment asked for: an amount that no other live session of its space has, until `hold_until`."""

    session_id = models.CharField("session ID", max_length=16, unique=True, default=new_session_id, editable=False)
    api_key = models.ForeignKey(ApiKey, on_delete=models.PROTECT, null=True, related_name="sessions", db_index=False)
    upi_account = models.ForeignKey(UpiAccount, on_delete=models.PROTECT, related_name="sessions")
    upi_id = models.CharField("UPI ID", max_length=upi.MAX_UPI_ID)
    upi_name = models.CharField(max_length=99)
    amount_space = models.CharField(max_length=64)
    requested_paise = models.BigIntegerField()
    payable_paise = models.BigIntegerField()
    status = models.CharField(max_length=9, choices=Status.choices, default=Status.PENDING)
    exception = models.CharField(max_length=9, choices=SessionException.choices, blank=True, default="")
    customer_name = models.CharField(max_length=255, blank=True)
    customer_email = models.CharField(max_length=255, blank=True)
    customer_phone = models.CharField(max_length=255, blank=True)
    merchant_ref = models.CharField(max_length=255, blank=True)
    description = models.CharField(max_length=500, blank=True)
    metadata_json = models.TextField(default="{}")
    return_url = models.CharField(max_length=2048, blank=True)
    utr = models.CharField("UTR", max_length=12, blank=True)
    test = models.BooleanField(default=False)
    client_ip = models.GenericIPAddressField(null=True)
    idempotency_key = models.CharField(max_length=255, null=True)
    request_fingerprint = models.CharField(max_length=64, blank=True)
    holds_amount = models.BooleanField(default=True)
    hold_until = models.DateTimeField()
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    paid_at = models.DateTimeField(null=True)
    cancelled_at = models.DateTimeField(null=True)

    objects = SessionQuerySet.as_manager()

    class Meta:
        verbose_name = "session"
        ordering = ("-created_at", "-id")
        constraints = (
            models.UniqueConstraint(
                fields=("amount_space", "payable_paise"), condition=Q(holds_amount=True), name="amount_held_once"
            ),
            models.UniqueConstraint(fields=("api_key", "idempotency_key"), name="idempotency_key_once"),
            models.UniqueConstraint(fields=("test", "utr"), condition=~Q(utr=""), name="utr_once_per_mode"),
            models.CheckConstraint(
                condition=Q(payable_paise__gt=0) & Q(payable_paise__lte=F("requested_paise")),
                name="payable_is_never_more_than_asked",
            ),
        )
        indexes = (
            models.Index(fields=("api_key", "-created_at", "-id"), name="session_list"),
            models.Index(fields=("api_key", "status", "-created_at", "-id"), name="session_list_by_status"),
            models.Index(
                fields=("api_key", "merchant_ref", "-created_at", "-id"),
                condition=~Q(merchant_ref=""),
                name="session_list_by_ref",
            ),
            models.Index(fields=("test", "-created_at", "-id"), name="session_newest"),
            models.Index(fields=("expires_at",), condition=Q(status="pending"), name="session_due_expiry"),
            models.Index(fields=("hold_until",), condition=Q(holds_amount=True), name="session_due_release"),
            models.Index(fields=("amount_space", "payable_paise", "hold_until"), name="session_amount_use"),
            models.Index(
                fields=("api_key", "client_ip"),
                condition=Q(status="pending", client_ip__isnull=False),
                name="session_open_by_client",
            ),
            models.Index(
                fields=("api_key", "payable_paise"), condition=Q(status="success", test=False), name="session_revenue"
            ),
            models.Index(
                fields=("paid_at", "payable_paise"), condition=Q(status="success", test=False), name="session_paid"
            ),
        )

    def __str__(self) -> str:
        return self.session_id

    def status_at(self, now: datetime) -> str:
        if self.status == Status.PENDING and self.expires_at <= now:
            return Status.EXPIRED.value
        return str(self.status)

    @property
    def upi_link(self) -> str:
        """The one link in the QR, the buttons and the API."""
        return upi.payment_link(
            upi_id=self.upi_id,
            payee_name=self.upi_name,
            reference=self.session_id,
            note=f"Order {self.session_id}",
            paise=self.payable_paise,
        )


class EventType(models.TextChoices):
    SUCCESS = "payment.success", "Paid"
    EXPIRED = "payment.expired", "Expired"
    CANCELLED = "payment.cancelled", "Cancelled"
    LATE = "payment.late", "Money came, but not as a success"


class PaymentEventQuerySet(models.QuerySet["PaymentEvent"]):
    def waiting(self) -> "PaymentEventQuerySet":
        """Events nobody has fanned out yet, oldest first."""
        return self.filter(fanned_out_at=None).order_by("occurred_at", "sequence")


class PaymentEvent(models.Model):
    """A state change, written in the transaction that made it: the outbox, the timeline and the audit of money.

    `body` is the exact JSON text of its webhook. Nothing is ever changed here but `fanned_out_at` and `feed_position`.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    session = models.ForeignKey(PaymentSession, on_delete=models.PROTECT, related_name="events", db_index=False)
    api_key = models.ForeignKey(ApiKey, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    type = models.CharField(max_length=32, choices=EventType.choices)
    sequence = models.PositiveIntegerField()
    occurred_at = models.DateTimeField()
    body = models.TextField()
    actor = models.CharField(max_length=150, blank=True)
    reason = models.CharField(max_length=500, blank=True)
    fanned_out_at = models.DateTimeField(null=True)
    feed_position = models.BigIntegerField(null=True, unique=True)

    objects = PaymentEventQuerySet.as_manager()

    class Meta:
        ordering = ("occurred_at", "sequence")
        constraints = (
            models.UniqueConstraint(
                fields=("session", "type"), condition=~Q(type="payment.late"), name="state_change_announced_once"
            ),
            models.UniqueConstraint(fields=("session", "sequence"), name="event_sequence"),
        )
        indexes = (
            models.Index(
                fields=("occurred_at", "sequence"), condition=Q(fanned_out_at=None), name="event_not_fanned_out"
            ),
            models.Index(fields=("api_key", "feed_position"), name="event_feed"),
        )

    def __str__(self) -> str:
        return f"{self.type} {self.id}"


class Heartbeat(models.Model):
    """When a background task last ended well, for those who ask whether anybody still sweeps."""

    task = models.CharField(max_length=100, primary_key=True)
    beat_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.task


class NoticeKind(models.TextChoices):
    WEBHOOK_DISABLED = "webhook_disabled", "Webhook disabled"
    CHANNEL_SILENT = "channel_silent", "Alert channel silent"
    MAILBOX = "mailbox", "Mailbox cannot be read"
    UNPROVED_MAIL = "unproved_mail", "A bank's e-mail not believed"
    DRIFT = "drift", "Alerts no longer understood"
    DISPUTE = "dispute", "A UTR claimed twice"
    REVERSAL = "reversal", "Money taken back"
    CLOCK = "clock", "A wrong clock"
    CONTRADICTION = "contradiction", "A confirmation is doubtful"


class Notice(models.Model):
    """Something staff must know of, written with what it follows from; open until it is resolved, mailed once."""

    kind = models.CharField(max_length=16, choices=NoticeKind.choices)
    # What it is about, such as "endpoint 12": one open notice each.
    subject_key = models.CharField(max_length=100)
    subject = models.CharField(max_length=200)
    text = models.TextField()
    raised_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True)
    mailed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=("kind", "subject_key"), condition=Q(resolved_at=None), name="one_open_notice_each"
            ),
        )
        indexes = (models.Index(fields=("id",), condition=Q(mailed_at=None), name="notice_not_mailed"),)

    def __str__(self) -> str:
        return self.subject
