"""What the overview shows: today's money, what waits, and what is missing before real customers can pay."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Q, Sum
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html

from apikeys.models import ApiKey
from backoffice import words
from backoffice.pages import Table
from backoffice.verbs import page_url
from payments.amounts import INDIA
from payments.capacity import Pressure, pressures
from payments.models import LIVE_SPACE, Notice, NoticeKind, PaymentSession, Status, UpiAccount
from payments.money import in_words_of_rupees
from reconciliation.models import AlertChannel, Credit, CreditState, Evidence, EvidenceState, Outcome
from reconciliation.services.watch import unwatched
from webhooks.models import Health, WebhookEndpoint

LATEST = 8
BUSIEST = 5
NOTICES = 10
WARN_AT = 70
ALARM_AT = 95


@dataclass(frozen=True)
class Figure:
    label: str
    value: str
    note: str
    url: str
    alarming: bool = False


@dataclass(frozen=True)
class Step:
    """One thing to do before real customers can pay."""

    text: str
    done: bool
    url: str
    link: str


@dataclass(frozen=True)
class Alarm:
    """What is wrong or will soon be, at the top of the overview."""

    text: str
    alarming: bool
    title: str = ""
    url: str = ""


def overview(request: HttpRequest) -> dict[str, Any]:
    """Return what the overview shows to this person."""
    now = timezone.now()
    steps = _steps(now)
    busiest = pressures(now=now, limit=BUSIEST)
    sees_sessions = request.user.has_perm("payments.view_paymentsession")
    return {
        "figures": [figure for permission, figure in _figures(now) if request.user.has_perm(permission)],
        "warnings": [
            *(_unwatched() if request.user.has_perm("reconciliation.view_alertchannel") else ()),
            *(_notices() if request.user.has_perm("payments.view_notice") else ()),
            *(_warning(pressure) for pressure in busiest if pressure.percent >= WARN_AT),
        ],
        "tables": [_latest(now), _amounts(busiest)] if sees_sessions else [],
        "steps": [] if all(step.done for step in steps) else steps,
    }


def _figures(now: datetime) -> list[tuple[str, Figure]]:
    return [*(("payments.view_paymentsession", figure) for figure in _money(now)), *_review(), _webhooks()]


def _money(now: datetime) -> list[Figure]:
    sessions = reverse("admin:payments_paymentsession_changelist")
    live = PaymentSession.objects.filter(test=False)
    paid = live.filter(status=Status.SUCCESS, paid_at__gte=_midnight(now))
    today = paid.aggregate(count=Count("pk"), paise=Sum("payable_paise"))
    pending = live.in_status(Status.PENDING, now).count()
    successes, waiting = f"{sessions}?status=success", f"{sessions}?status=pending"
    return [
        Figure("Received today", in_words_of_rupees(today["paise"] or 0), "since midnight in India", successes),
        Figure("Payments today", f"{today['count']:,}", "confirmed since midnight", successes),
        Figure("Pending now", f"{pending:,}", "customers can still pay", waiting),
    ]


def _latest(now: datetime) -> Table:
    sessions = PaymentSession.objects.filter(test=False).select_related("api_key").order_by("-created_at", "-id")
    rows = [
        (
            format_html('<a href="{}">{}</a>', page_url(session), session.session_id),
            words.rupees(session.payable_paise),
            session.customer_name or words.NOTHING,
            words.source(session),
            words.session_states(session, now),
            words.day(session.created_at),
        )
        for session in sessions[:LATEST]
    ]
    headers = ("Session ID", "Payable", "Customer", "Source", "Status", "Created")
    return Table("Latest sessions", headers, rows, "No sessions yet")


def _amounts(busiest: list[Pressure]) -> Table:
    rows = [
        (
            words.rupees(pressure.requested_paise),
            "shared" if pressure.amount_space == LIVE_SPACE else pressure.amount_space.partition(":")[2],
            f"{pressure.pending} of {pressure.total}",
            f"{pressure.held} of {pressure.total}",
            words.NOTHING if pressure.minutes_left is None else f"full in {_minutes(pressure.minutes_left)}",
        )
        for pressure in busiest
    ]
    headers = ("Price", "Accounts", "Being paid", "Held", "At the present pace")
    return Table("Payable amounts in use", headers, rows, "No amount is in use now")


def _review() -> list[tuple[str, Figure]]:
    waiting = Credit.objects.filter(state__in=(CreditState.REVIEW, CreditState.REFUND), test=False).aggregate(
        review=Count("pk", filter=Q(state=CreditState.REVIEW)), refund=Count("pk", filter=Q(state=CreditState.REFUND))
    )
    credit_count, refund_count = waiting["review"], waiting["refund"]
    alert_count = Evidence.objects.filter(state__in=(EvidenceState.REVIEW, EvidenceState.FAILED)).count()
    money = Figure(
        "Credits to look at",
        f"{credit_count:,}",
        "money that fits no payment, or more than one",
        reverse("admin:reconciliation_credit_changelist"),
        alarming=bool(credit_count),
    )
    dispute_count = Notice.objects.filter(kind=NoticeKind.DISPUTE, resolved_at=None).count()
    disputes = Figure(
        "Disputed UTRs",
        f"{dispute_count:,}",
        "that two customers say is theirs",
        f"{reverse('admin:reconciliation_utrclaim_changelist')}?outcome={Outcome.DISPUTED}",
        alarming=bool(dispute_count),
    )
    refunds = Figure(
        "To refund",
        f"{refund_count:,}",
        "money that goes back to its payer, by your hand",
        f"{reverse('admin:reconciliation_credit_changelist')}?state=refund",
        alarming=bool(refund_count),
    )
    alerts = Figure(
        "Alerts to look at",
        f"{alert_count:,}",
        "PayGate is not sure what they say",
        reverse("admin:reconciliation_evidence_changelist"),
        alarming=bool(alert_count),
    )
    return [
        ("reconciliation.view_credit", money),
        ("reconciliation.view_credit", refunds),
        ("reconciliation.view_utrclaim", disputes),
        ("reconciliation.view_evidence", alerts),
    ]


def _webhooks() -> tuple[str, Figure]:
    counts = WebhookEndpoint.objects.in_use().aggregate(
        all=Count("pk"), failing=Count("pk", filter=~Q(health=Health.HEALTHY))
    )
    figure = Figure(
        "Failing webhooks",
        f"{counts['failing']:,}",
        f"of {counts['all']:,}",
        reverse("admin:webhooks_webhookendpoint_changelist"),
        alarming=bool(counts["failing"]),
    )
    return "webhooks.view_webhookendpoint", figure


def _steps(now: datetime) -> list[Step]:
    return [
        Step(
            "A UPI account to receive money",
            UpiAccount.objects.open(test=False).exists(),
            reverse("admin:payments_upiaccount_add"),
            "Add UPI account",
        ),
        Step(
            "A live API key for the shop",
            ApiKey.objects.usable(now).filter(test=False).exists(),
            reverse("admin:apikeys_apikey_add"),
            "Create API key",
        ),
        Step(
            "An alert channel, which reports the bank’s messages",
            AlertChannel.objects.filter(enabled=True).exists(),
            reverse("admin:reconciliation_alertchannel_add"),
            "Add alert channel",
        ),
    ]


def _unwatched() -> list[Alarm]:
    channels = reverse("admin:reconciliation_alertchannel_changelist")
    return [
        Alarm(f"{told} Start a phone or mailbox, or add one.", alarming=True, title="Alert channels", url=channels)
        for told in unwatched()
    ]


def _notices() -> list[Alarm]:
    return [
        Alarm(notice.text, alarming=True, title=notice.subject, url=page_url(notice))
        for notice in Notice.objects.filter(resolved_at=None)[:NOTICES]
    ]


def _warning(pressure: Pressure) -> Alarm:
    text = (
        f"{pressure.held} of {pressure.total} payable amounts for {in_words_of_rupees(pressure.requested_paise)} are "
        "in use. When all are, new payments at this price have to wait."
    )
    if pressure.minutes_left is not None:
        text += f" At the present pace that is in {_minutes(pressure.minutes_left)}."
    return Alarm(text, alarming=pressure.percent >= ALARM_AT)


def _minutes(number: int) -> str:
    return words.counted(number, "minute")


def _midnight(now: datetime) -> datetime:
    return now.astimezone(INDIA).replace(hour=0, minute=0, second=0, microsecond=0)
