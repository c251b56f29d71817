"""What is not kept for ever: the texts of alerts, and from where UTRs were typed. Credits and claims stay."""

from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

from reconciliation.models import Evidence, UtrClaim

BATCH = 1000


def prune_texts() -> int:
    """Empty up to `BATCH` texts older than EVIDENCE_TEXT_DAYS. Returns how many. What still waits keeps its text."""
    old = Evidence.objects.filter(received_at__lt=_oldest_kept(), processed_at__isnull=False).exclude(text="")
    ids = list(old.order_by("received_at").values_list("pk", flat=True)[:BATCH])
    return Evidence.objects.filter(pk__in=ids).update(text="")


def prune_networks() -> int:
    """Empty up to `BATCH` networks of claims older than EVIDENCE_TEXT_DAYS. Returns how many."""
    old = UtrClaim.objects.filter(created_at__lt=_oldest_kept()).exclude(client_network=None)
    ids = list(old.order_by("created_at").values_list("pk", flat=True)[:BATCH])
    return UtrClaim.objects.filter(pk__in=ids).update(client_network=None)


def _oldest_kept() -> datetime:
    return timezone.now() - timedelta(days=settings.EVIDENCE_TEXT_DAYS)
