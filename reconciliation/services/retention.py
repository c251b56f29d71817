"""What is not kept for ever: the texts of alerts. The credits they told of stay."""

from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from reconciliation.models import Evidence

BATCH = 1000


def prune_texts() -> int:
    """Empty up to `BATCH` texts older than EVIDENCE_TEXT_DAYS. Returns how many. What still waits keeps its text."""
    before = timezone.now() - timedelta(days=settings.EVIDENCE_TEXT_DAYS)
    old = Evidence.objects.filter(received_at__lt=before, processed_at__isnull=False).exclude(text="")
    ids = list(old.order_by("received_at").values_list("pk", flat=True)[:BATCH])
    return Evidence.objects.filter(pk__in=ids).update(text="")
