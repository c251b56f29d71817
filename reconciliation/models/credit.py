from django.db import models
from django.db.models import Q

from payments.models import PaymentSession, UpiAccount
from payments.upi import normalise_upi_id
from reconciliation.matching import Reason


class CreditState(models.TextChoices):
    MATCHED = "matched", "Matched"
    REVIEW = "review", "To be looked at"
    SET_ASIDE = "set_aside", "Set aside"
    REFUND = "refund", "To be refunded"
    REFUNDED = "refunded", "Refunded"


class CreditSource(models.TextChoices):
    ALERT = "alert", "Bank's alert"
    STATEMENT = "statement", "Bank statement"
    COMMAND = "command", "Command"
    STAFF = "staff", "Staff"
    TEST = "test", "Test"


class CreditQuerySet(models.QuerySet["Credit"]):
    def of_utr(self, utr: str, *, test: bool) -> "CreditQuerySet":
        """The credit with this UTR; written so that SQLite too takes the index on it, which leaves out the empty."""
        return self.filter(test__in=(test,), rrn=utr).exclude(rrn="")

    def at_odds_with(self, credit: "Credit") -> "CreditQuerySet":
        """The other credits that came with this one's UTR and other facts."""
        if not credit.named_utr:
            return self.none()
        # Only the first that came holds the UTR itself; an index each, so that no page reads all credits.
        holds = Q(rrn=credit.named_utr) & ~Q(rrn="")
        names = Q(reason=Reason.RRN_CONFLICT, bank_ref=credit.named_utr)
        return self.filter(holds | names, test__in=(credit.test,)).exclude(pk=credit.pk)


class Credit(models.Model):
    """Money that came in, once, however many alerts speak of it."""

    test = models.BooleanField(default=False)
    upi_account = models.ForeignKey(UpiAccount, on_delete=models.PROTECT, null=True, related_name="credits")
    bank = models.CharField(max_length=32, blank=True)
    account_tail = models.CharField(max_length=6, blank=True)
    amount_paise = models.BigIntegerField()
    rrn = models.CharField("UTR", max_length=12, blank=True)
    # A statement's row told the UTR, and knows no more than the day: it may turn out to be another payment's.
    rrn_presumed = models.BooleanField(default=False)
    bank_ref = models.CharField("bank's reference", max_length=40, blank=True)
    # A name, a UPI ID, or both with a comma between.
    payer = models.CharField(max_length=120, blank=True)
    credited_at = models.DateTimeField()
    precision = models.CharField(max_length=7)
    source = models.CharField(max_length=9, choices=CreditSource.choices)
    state = models.CharField(max_length=9, choices=CreditState.choices, default=CreditState.REVIEW)
    reason = models.CharField(max_length=16, choices=[(each.value, each.label) for each in Reason], blank=True)
    explanation = models.CharField(max_length=1000, blank=True)
    session = models.ForeignKey(PaymentSession, on_delete=models.PROTECT, null=True, related_name="credits")
    # Who told of it, one entry each: {"source", "evidence", "rule", "rrn", "payer", "at", "precision"}.
    seen = models.JSONField(default=list)
    # What PayGate's last decision followed from; see `explaining`.
    decision = models.JSONField(default=dict)
    settled_by = models.CharField(max_length=150, blank=True)
    # Whom staff pay it back to, and the UTR of that payment.
    refund_upi_id = models.CharField("payer's UPI ID", max_length=100, blank=True)
    refund_utr = models.CharField("refund's UTR", max_length=12, blank=True)
    created_at = models.DateTimeField()

    objects = CreditQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(fields=("test", "rrn"), condition=~Q(rrn=""), name="rrn_once_per_mode"),
            models.UniqueConstraint(fields=("session",), condition=Q(state="matched"), name="one_credit_per_session"),
            models.UniqueConstraint(fields=("refund_utr",), condition=~Q(refund_utr=""), name="refund_utr_once"),
            models.CheckConstraint(condition=Q(amount_paise__gt=0), name="credit_is_positive"),
            models.CheckConstraint(
                condition=~Q(state="matched") | Q(session__isnull=False), name="matched_credit_has_a_session"
            ),
            models.CheckConstraint(
                condition=~Q(state="refunded") | ~Q(refund_utr=""), name="refunded_credit_has_the_refunds_utr"
            ),
        )
        indexes = (
            models.Index(fields=("amount_paise", "credited_at"), name="credit_by_amount"),
            models.Index(fields=("state", "-id"), name="credit_by_state"),
            models.Index(fields=("bank_ref",), condition=Q(reason="rrn_conflict"), name="credit_in_conflict"),
        )

    def __str__(self) -> str:
        return f"Credit {self.pk}"

    @property
    def payer_upi_id(self) -> str:
        return normalise_upi_id(self.payer.rpartition(",")[2]) or ""

    @property
    def payer_name(self) -> str:
        name = self.payer.rpartition(",")[0] if self.payer_upi_id else self.payer
        return "" if "@" in name else name

    @property
    def named_utr(self) -> str:
        """The UTR it came with, also where another credit holds that already."""
        return self.rrn or (self.bank_ref if self.reason == Reason.RRN_CONFLICT else "")
