from django.db import models
from django.db.models import Q

from reconciliation.models.channels import AlertChannel
from reconciliation.times import INDIA


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
            models.Index(fields=("received_at",), condition=~Q(text=""), name="evidence_with_a_text"),
        )

    def __str__(self) -> str:
        return f"{self.sender or 'unknown sender'}, {self.received_at.astimezone(INDIA):%-d %b %Y, %H:%M:%S}"
