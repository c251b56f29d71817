"""`/metrics` for Prometheus, computed from the database at each scrape; for a token or a private address only."""

import hmac
import ipaddress
from collections.abc import Iterator

from django.conf import settings
from django.db.models import Count, Min
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from payments.capacity import fullest_percent, pressures
from payments.models import PaymentEvent, PaymentSession, Status


def metrics(request: HttpRequest) -> HttpResponse:
    if not _may_scrape(request):
        return HttpResponse("Send the METRICS_TOKEN as a bearer token, or scrape from a private address.\n", status=403)
    registry = CollectorRegistry()
    registry.register(_Collector())
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def _may_scrape(request: HttpRequest) -> bool:
    presented = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if settings.METRICS_TOKEN:
        return hmac.compare_digest(presented.encode(), settings.METRICS_TOKEN.encode())
    try:
        return ipaddress.ip_address(request.META.get("REMOTE_ADDR", "")).is_private
    except ValueError:
        return False


class _Collector:
    def collect(self) -> Iterator[GaugeMetricFamily]:
        now = timezone.now()
        pending = PaymentSession.objects.in_status(Status.PENDING, now).count()
        yield GaugeMetricFamily("paygate_sessions_pending", "Payments that customers may still make.", value=pending)
        overdue = PaymentSession.objects.filter(status=Status.PENDING, expires_at__lte=now).aggregate(
            oldest=Min("expires_at")
        )["oldest"]
        lag = (now - overdue).total_seconds() if overdue else 0
        yield GaugeMetricFamily("paygate_expiry_lag_seconds", "How long the oldest overdue payment waits.", value=lag)
        waiting = PaymentEvent.objects.waiting().aggregate(count=Count("pk"))["count"]
        yield GaugeMetricFamily("paygate_events_waiting", "Events not yet handed to webhooks.", value=waiting)
        yield from _amounts()


def _amounts() -> Iterator[GaugeMetricFamily]:
    found = pressures(now=timezone.now())
    labels = ["space", "price_paise"]
    held = GaugeMetricFamily("paygate_amounts_held", "Payable amounts in use, of the busiest prices.", labels=labels)
    total = GaugeMetricFamily(
        "paygate_amounts_total", "Payable amounts there are, of the busiest prices.", labels=labels
    )
    minutes = GaugeMetricFamily(
        "paygate_amounts_minutes_left", "At the present pace, per busiest price.", labels=labels
    )
    for each in found:
        if each.minutes_left is not None:
            minutes.add_metric([each.amount_space, str(each.requested_paise)], each.minutes_left)
        held.add_metric([each.amount_space, str(each.requested_paise)], each.held)
        total.add_metric([each.amount_space, str(each.requested_paise)], each.total)
    yield held
    yield total
    yield minutes
    fullest = fullest_percent(found)
    yield GaugeMetricFamily("paygate_amounts_fullest_percent", "How full the fullest price is.", value=fullest)
