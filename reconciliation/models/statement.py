from typing import Any

from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.utils import timezone

from reconciliation.models.channels import AlertChannel
from reconciliation.models.credit import CreditState


class ImportState(models.TextChoices):
    READING = "reading", "Being read"
    FAILED = "failed", "Cannot be used"
    PREVIEW = "preview", "To be looked at"
    RUNNING = "running", "Under way"
    DONE = "done", "Done"
    DISCARDED = "discarded", "Discarded"


class StatementImport(models.Model):
    """One file of a bank, read and shown before anything follows from it. The row is the job: it says how far it is."""

    channel = models.ForeignKey(AlertChannel, on_delete=models.PROTECT, related_name="imports")
    file_name = models.CharField(max_length=120)
    sha256 = models.CharField(max_length=64)
    layout = models.CharField(max_length=60, blank=True)
    bank = models.CharField(max_length=32, blank=True)
    account_tail = models.CharField(max_length=6, blank=True)
    first_day = models.DateField(null=True)
    last_day = models.DateField(null=True)
    row_count = models.PositiveIntegerField(default=0)
    # Rows that an earlier import of this channel had too; they are not kept again.
    repeat_count = models.PositiveIntegerField(default=0)
    warnings = models.JSONField(default=list)
    # How many rows are of which kind, as things stood when the file was read; keys of `services.statements.Kind`.
    expected = models.JSONField(default=dict)
    state = models.CharField(max_length=9, choices=ImportState.choices, default=ImportState.READING)
    # Why it cannot be used, in a sentence.
    problem = models.CharField(max_length=500, blank=True)
    # The rows up to this number are kept (while it is read), or done (afterwards).
    reached = models.PositiveIntegerField(default=0)
    busy_until = models.DateTimeField(null=True)
    # How often its reading was begun since it last got on; a file that kills whoever reads it is given up.
    tries = models.PositiveSmallIntegerField(default=0)
    loaded_by = models.CharField(max_length=150)
    started_by = models.CharField(max_length=150, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "statement"
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=("channel", "sha256"),
                condition=~Q(state__in=("discarded", "failed")),
                name="same_file_once_per_channel",
            ),
        )
        indexes = (
            models.Index(fields=("id",), condition=Q(state="running"), name="import_unfinished"),
            models.Index(fields=("id",), condition=Q(state="reading"), name="import_unread"),
        )

    def __str__(self) -> str:
        if self.first_day is None or self.last_day is None:
            return self.file_name or "A statement"
        return f"{self.first_day:%-d %b %Y} to {self.last_day:%-d %b %Y}"


class StatementFile(models.Model):
    """What was uploaded, until it is read."""

    statement = models.OneToOneField(StatementImport, on_delete=models.CASCADE, primary_key=True, related_name="file")
    data = models.BinaryField()

    def __str__(self) -> str:
        return f"the file of {self.statement}"


class RowOutcome(models.TextChoices):
    """What came of a row."""

    WAITING = "", "Not looked at yet"
    OUT = "out", "Money that went out"
    TAKEN_BACK = "taken_back", "Taken back, no payment"
    OTHER = "other", "Other money"
    KNOWN = "known", "Known already"
    PAID = "paid", "It paid a payment"
    REVIEW = "review", "For staff to look at"


class RowQuerySet(models.QuerySet["StatementRow"]):
    def with_outcome_now(self) -> models.QuerySet[Any]:
        """Tell of each row what came of it until now: of what waited for staff it follows from its credit."""
        waited = Q(outcome=RowOutcome.REVIEW)
        outcome = Case(
            When(waited & Q(credit__state=CreditState.MATCHED), then=Value(RowOutcome.PAID)),
            When(waited & ~Q(credit__state=CreditState.REVIEW), then=Value(RowOutcome.KNOWN)),
            default=F("outcome"),
            output_field=models.CharField(),
        )
        return self.annotate(outcome_now=outcome)


class StatementRow(models.Model):
    """One movement of a statement. `amount_paise` is negative for money that went out.

    `outcome` is what came of it when it was worked through; see `with_outcome_now`.
    """

    statement = models.ForeignKey(StatementImport, on_delete=models.CASCADE, related_name="rows", db_index=False)
    number = models.PositiveIntegerField()
    # What makes it the same movement in another file of this channel.
    key = models.CharField(max_length=64)
    day = models.DateField()
    narration = models.CharField(max_length=300)
    reference = models.CharField(max_length=60, blank=True)
    rrn = models.CharField("UTR", max_length=12, blank=True)
    amount_paise = models.BigIntegerField()
    is_reversal = models.BooleanField(default=False)
    outcome = models.CharField(max_length=10, choices=RowOutcome.choices, blank=True, default=RowOutcome.WAITING)
    credit = models.ForeignKey("Credit", on_delete=models.PROTECT, null=True, related_name="statement_rows")

    objects = RowQuerySet.as_manager()

    class Meta:
        ordering = ("statement", "number")
        constraints = (models.UniqueConstraint(fields=("statement", "number"), name="statement_row_once"),)
        indexes = (
            models.Index(fields=("key",), name="statement_row_key"),
            models.Index(fields=("day",), name="statement_row_day"),
            models.Index(fields=("rrn",), condition=~Q(rrn=""), name="statement_row_rrn"),
        )

    def __str__(self) -> str:
        return f"row {self.number}"
