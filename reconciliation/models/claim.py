from django.db import models
from django.db.models import Case, Exists, F, OuterRef, Q, Value, When

from payments.models import PaymentSession, Status
from reconciliation.models.credit import Credit


class Outcome(models.TextChoices):
    """What became of a claim, as things are now."""

    PAID = "paid", "Paid with it"
    PAID_OTHERWISE = "paid_otherwise", "Paid with other money"
    PAID_ANOTHER = "paid_another", "It paid another payment"
    DISPUTED = "disputed", "Another payment names it too"
    FOR_STAFF = "for_staff", "The money is here and waits for you"
    WAITING = "waiting", "No such money yet"


class ClaimQuerySet(models.QuerySet["UtrClaim"]):
    def of_utr(self, utr: str, *, test: bool) -> "ClaimQuerySet":
        return self.filter(utr=utr, session__test=test)

    def with_outcome(self) -> "ClaimQuerySet":
        """Tell of each claim what became of it: it follows from the sessions, the credits and the other claims."""
        same_utr = {"utr": OuterRef("utr")}
        others = UtrClaim.objects.filter(**same_utr, session__test=OuterRef("session__test"))
        paid = PaymentSession.objects.filter(**same_utr, test=OuterRef("session__test"))
        credit = Credit.objects.filter(rrn=OuterRef("utr"), test=OuterRef("session__test"))
        outcome = Case(
            When(session__status=Status.SUCCESS, session__utr=F("utr"), then=Value(Outcome.PAID)),
            When(session__status=Status.SUCCESS, then=Value(Outcome.PAID_OTHERWISE)),
            When(Exists(paid), then=Value(Outcome.PAID_ANOTHER)),
            When(Exists(others.exclude(pk=OuterRef("pk"))), then=Value(Outcome.DISPUTED)),
            When(Exists(credit), then=Value(Outcome.FOR_STAFF)),
            default=Value(Outcome.WAITING),
            output_field=models.CharField(),
        )
        return self.annotate(outcome=outcome)


class UtrClaim(models.Model):
    """What a customer typed: that the payment with this UTR is theirs. It proves nothing; see `services.claims`."""

    session = models.ForeignKey(PaymentSession, on_delete=models.PROTECT, related_name="claims", db_index=False)
    utr = models.CharField("UTR", max_length=12)
    client_network = models.GenericIPAddressField(null=True)
    # Whether this is the one claim of its session that prolonged the hold of the amount.
    holds_amount = models.BooleanField(default=False)
    created_at = models.DateTimeField()

    objects = ClaimQuerySet.as_manager()

    class Meta:
        verbose_name = "claim"
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(fields=("session", "utr"), name="utr_claimed_once_per_session"),
            models.UniqueConstraint(
                fields=("session",), condition=Q(holds_amount=True), name="one_longer_hold_per_session"
            ),
        )
        indexes = (
            models.Index(fields=("utr",), name="claim_by_utr"),
            models.Index(fields=("created_at",), condition=~Q(client_network=None), name="claim_with_a_network"),
        )

    def __str__(self) -> str:
        return f"Claim {self.pk}"
