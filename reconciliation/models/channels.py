from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils import timezone

from apikeys.encryption import SealedTextField
from payments.models import UpiAccount
from reconciliation.senders import read_tokens


class AlertChannel(models.Model):
    """Where the bank's word comes from: a phone that forwards its SMS, a mailbox, statement files, or staff.

    A phone's token is shown once and kept as a SHA-256 only. Where its app signs what it sends, the key of that is kept
    sealed: it must be known to check a signature.
    """

    class Kind(models.TextChoices):
        PHONE = "phone", "Phone"
        MAILBOX = "mailbox", "Mailbox"
        STATEMENT = "statement", "Bank statements"
        MANUAL = "manual", "Entered by hand"

    # What brings the bank's word by itself, so that its silence means something.
    AUTOMATIC = (Kind.PHONE, Kind.MAILBOX)

    class Signing(models.TextChoices):
        NONE = "", "Nothing"
        CAPCOM6 = "capcom6", "SMS Gateway (capcom6): X-Signature"
        SMSFORWARDER = "smsforwarder", "SmsForwarder (pppscn): sign"
        HTTPSMS = "httpsms", "httpSMS: JWT"

    label = models.CharField(max_length=255, help_text="Which phone, mailbox or account this is, as staff call it.")
    kind = models.CharField(max_length=9, choices=Kind.choices, default=Kind.PHONE)
    token_hash = models.CharField(max_length=64, unique=True, null=True, editable=False)
    previous_token_hash = models.CharField(max_length=64, unique=True, null=True, editable=False)
    previous_until = models.DateTimeField("old address works until", null=True, editable=False)
    signing = models.CharField("signed by", max_length=12, choices=Signing.choices, blank=True)
    signing_key = SealedTextField(blank=True, default="", editable=False)
    senders = models.JSONField(
        blank=True,
        default=list,
        help_text="Whose messages are taken: the middle part of the sender, SBIUPI for VM-SBIUPI-S.",
    )
    accounts = models.ManyToManyField(
        UpiAccount,
        blank=True,
        related_name="alert_channels",
        help_text="The accounts whose bank reports here. None chosen: all live ones.",
    )
    enabled = models.BooleanField(default=True)
    silent_after_minutes = models.PositiveIntegerField(
        null=True,
        blank=True,
        help_text="After how many minutes without a word this channel counts as silent. Empty: never.",
    )
    # Both or neither. From 22:00 until 06:00 is through the night.
    awake_from = models.TimeField(
        null=True, blank=True, help_text="Silence counts from this time of the day on (India). Empty: all day."
    )
    awake_until = models.TimeField(null=True, blank=True, help_text="Silence counts until this time of the day.")
    last_seen_at = models.DateTimeField(null=True, editable=False)
    # Of statements: how many were read.
    alert_count = models.PositiveBigIntegerField("alerts taken", default=0, editable=False)
    refused_count = models.PositiveBigIntegerField("messages of other senders", default=0, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ("id",)
        constraints = (
            models.CheckConstraint(condition=Q(signing="") | ~Q(signing_key=""), name="a_signature_needs_a_key"),
            models.CheckConstraint(
                condition=Q(awake_from=None, awake_until=None) | Q(awake_from__isnull=False, awake_until__isnull=False),
                name="awake_from_and_until",
                violation_error_message="Give both times of the day, or neither.",
            ),
            models.CheckConstraint(
                condition=Q(silent_after_minutes=None) | Q(silent_after_minutes__gt=0),
                name="silent_after_some_minutes",
                violation_error_message="Give at least one minute.",
            ),
        )

    def __str__(self) -> str:
        return self.label

    @property
    def is_automatic(self) -> bool:
        return self.kind in self.AUTOMATIC

    def clean(self) -> None:
        if not isinstance(self.senders, list) or not all(isinstance(sender, str) for sender in self.senders):
            raise ValidationError({"senders": "Senders are a list of headers, such as SBIUPI and HDFCBK."})
        if self.kind != self.Kind.PHONE:
            return
        try:
            self.senders = read_tokens(self.senders)
        except ValueError as error:
            raise ValidationError({"senders": str(error)}) from None
