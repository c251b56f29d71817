"""The plain sender: a task for each delivery, `requests`, an HMAC, a row for the attempt."""

import hashlib
import hmac
import time

import requests
from celery import shared_task
from django.utils import timezone

from benchmarks.rivals.models import Attempt, Endpoint


@shared_task(bind=True, max_retries=10)
def send(self, endpoint_id: int, body: str) -> None:
    endpoint = Endpoint.objects.get(pk=endpoint_id)
    signature = hmac.new(endpoint.secret.encode(), body.encode(), hashlib.sha256).hexdigest()
    headers = {"Content-Type": "application/json", "X-Webhook-Signature": signature}
    started_at, begun = timezone.now(), time.perf_counter()
    status, error = None, ""
    try:
        status = requests.post(endpoint.url, data=body.encode(), headers=headers, timeout=15).status_code
    except requests.RequestException as failure:
        error = type(failure).__name__
    duration = round((time.perf_counter() - begun) * 1000)
    Attempt.objects.create(endpoint=endpoint, status=status, error=error, started_at=started_at, duration_ms=duration)
    if status is None or status >= 300:
        raise self.retry(countdown=60)
