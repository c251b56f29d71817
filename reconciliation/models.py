from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils import timezone

from payments.models import PaymentSession, UpiAccount
from reconciliation.matching import Reason
from reconciliation.senders import read_tokens


class AlertChannel(models.Model):
    """A phone that forwards the bank's SMS. Its token is shown once and kept as a SHA-256 only."""

    class Kind(models.TextChoices):
        PHONE = "phone", "Phone"

    label = models.CharField(max_length=255, help_text="Which phone this is, as staff call it.")
    kind = models.CharField(max_length=8, choices=Kind.choices, default=Kind.PHONE)
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    senders = models.JSONField(
        blank=True,
        help_text="Whose messages are taken: the middle part of the sender, SBIUPI for VM-SBIUPI-S.",
    )
    accounts = models.ManyToManyField(
        UpiAccount,
        blank=True,
        related_name="alert_channels",
        help_text="The accounts whose bank writes to this phone. None chosen: all live ones.",
    )
    enabled = models.BooleanField(default=True)
    last_seen_at = models.DateTimeField(null=True, editable=False)
    alert_count = models.PositiveBigIntegerField("alerts taken", default=0, editable=False)
    refused_count = models.PositiveBigIntegerField("messages of other senders", default=0, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return self.label

    def clean(self) -> None:
        if not isinstance(self.senders, list) or not all(isinstance(sender, str) for sender in self.senders):
            raise ValidationError({"senders": "Senders are a list of headers, such as SBIUPI and HDFCBK."})
        try:
            self.senders = read_tokens(self.senders)
        except ValueError as error:
            raise ValidationError({"senders": str(error)}) from None


class EvidenceState(models.TextChoices):
    WAITING = "waiting", "Waiting"
    CREDIT = "credit", "A credit"
    REVIEW = "review", "To be looked at"
    IGNORED = "ignored", "Not a credit"
    NOT_LISTED = "not_listed", "Another sender"
    FAILED = "failed", "Could not be read"


class Evidence(models.Model):
    """One alert as it came. Of another sender's messages only the header, the time and a count are kept."""

    channel = models.ForeignKey(AlertChannel, on_delete=models.PROTECT, related_name="evidences", db_index=False)
    digest = models.CharField(max_length=64)
    sender = models.CharField(max_length=100, blank=True)
    text = models.TextField(blank=True)
    sent_at = models.DateTimeField("sent by the SMS centre", null=True)
    arrived_at = models.DateTimeField("arrived at the phone")
    received_at = models.DateTimeField()
    count = models.PositiveIntegerField("times received", default=1)
    processed_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=10, choices=EvidenceState.choices, default=EvidenceState.WAITING)
    explanation = models.CharField(max_length=500, blank=True)
    credit = models.ForeignKey("Credit", on_delete=models.PROTECT, null=True, related_name="evidences")

    class Meta:
        verbose_name_plural = "evidence"
        ordering = ("-received_at", "-id")
        constraints = (models.UniqueConstraint(fields=("channel", "digest"), name="alert_once_per_channel"),)
        indexes = (
            models.Index(fields=("id",), condition=Q(processed_at=None), name="evidence_waiting"),
            models.Index(fields=("state", "-received_at", "-id"), name="evidence_by_state"),
        )

    def __str__(self) -> str:
        return f"{self.sender or 'unknown sender'} {self.received_at:%Y-%m-%d %H:%M:%S}"


class CreditState(models.TextChoices):
    MATCHED = "matched", "Matched"
    REVIEW = "review", "To be looked at"
    SET_ASIDE = "set_aside", "Set aside"


class CreditSource(models.TextChoices):
    ALERT = "alert", "Bank's alert"
    COMMAND = "command", "Command"
    STAFF = "staff", "Staff"
    TEST = "test", "Test"


class Credit(models.Model):
    """Money that came in, once, however many alerts speak of it."""

    test = models.BooleanField(default=False)
    upi_account = models.ForeignKey(UpiAccount, on_delete=models.PROTECT, null=True, related_name="credits")
    bank = models.CharField(max_length=32, blank=True)
    account_tail = models.CharField(max_length=6, blank=True)
    amount_paise = models.BigIntegerField()
    rrn = models.CharField("UTR", max_length=12, blank=True)
    bank_ref = models.CharField("bank's reference", max_length=40, blank=True)
    payer = models.CharField(max_length=120, blank=True)
    credited_at = models.DateTimeField()
    precision = models.CharField(max_length=7)
    source = models.CharField(max_length=7, choices=CreditSource.choices)
    state = models.CharField(max_length=9, choices=CreditState.choices, default=CreditState.REVIEW)
    reason = models.CharField(max_length=16, choices=[(each.value, each.label) for each in Reason], blank=True)
    explanation = models.CharField(max_length=1000, blank=True)
    session = models.ForeignKey(PaymentSession, on_delete=models.PROTECT, null=True, related_name="credits")
    settled_by = models.CharField(max_length=150, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(fields=("test", "rrn"), condition=~Q(rrn=""), name="rrn_once_per_mode"),
            models.UniqueConstraint(fields=("session",), condition=Q(state="matched"), name="one_credit_per_session"),
            models.CheckConstraint(condition=Q(amount_paise__gt=0), name="credit_is_positive"),
            models.CheckConstraint(
                condition=~Q(state="matched") | Q(session__isnull=False), name="matched_credit_has_a_session"
            ),
        )
        indexes = (
            models.Index(fields=("amount_paise", "credited_at"), name="credit_by_amount"),
            models.Index(fields=("state", "-id"), name="credit_by_state"),
        )

    def __str__(self) -> str:
        return f"Credit {self.pk}"
