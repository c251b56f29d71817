from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone

from payments.models import UpiAccount
from reconciliation.senders import read_tokens


class AlertChannel(models.Model):
    """Where the bank's word comes from: a phone that forwards its SMS, a mailbox, statement files, or staff.

    A phone's token is shown once and kept as a SHA-256 only.
    """

    class Kind(models.TextChoices):
        PHONE = "phone", "Phone"
        MAILBOX = "mailbox", "Mailbox"
        STATEMENT = "statement", "Bank statements"
        MANUAL = "manual", "Entered by hand"

    label = models.CharField(max_length=255, help_text="Which phone this is, as staff call it.")
    kind = models.CharField(max_length=9, choices=Kind.choices, default=Kind.PHONE)
    token_hash = models.CharField(max_length=64, unique=True, null=True, editable=False)
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
