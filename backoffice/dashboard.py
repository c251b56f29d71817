"""What the overview shows: today's money, what waits, and what is missing before real customers can pay."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Sum
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from apikeys.models import ApiKey
from payments.amounts import INDIA
from payments.models import PaymentSession, Status, UpiAccount
from payments.money import in_words_of_rupees


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


def figures(request: HttpRequest) -> dict[str, Any]:
    """Return what this person may see of the installation's state."""
    now = timezone.now()
    can_see_money = request.user.has_perm("payments.view_paymentsession")
    steps = _steps()
    return {
        "numbers": _numbers(now) if can_see_money else [],
        "steps": [] if all(step.done for step in steps) else steps,
    }


def _numbers(now: datetime) -> list[Figure]:
    sessions = reverse("admin:payments_paymentsession_changelist")
    live = PaymentSession.objects.filter(test=False)
    today = live.filter(status=Status.SUCCESS, paid_at__gte=_midnight(now)).aggregate(
        count=Count("pk"), paise=Sum("payable_paise")
    )
    pending = live.in_status(Status.PENDING, now).count()
    return [
        Figure(
            "Received today",
            in_words_of_rupees(today["paise"] or 0),
            "since midnight in India",
            f"{sessions}?status=success",
        ),
        Figure("Payments today", f"{today['count']:,}", "confirmed since midnight", f"{sessions}?status=success"),
        Figure("Pending now", f"{pending:,}", "customers who can pay", f"{sessions}?status=pending"),
    ]


def _steps() -> list[Step]:
    return [
        Step(
            "A UPI account to receive money",
            UpiAccount.objects.open(test=False).exists(),
            reverse("admin:payments_upiaccount_add"),
            "Add UPI account",
        ),
        Step(
            "A live API key for the shop",
            ApiKey.objects.usable(timezone.now()).filter(test=False).exists(),
            reverse("admin:apikeys_apikey_add"),
            "Create API key",
        ),
    ]


def _midnight(now: datetime) -> datetime:
    return now.astimezone(INDIA).replace(hour=0, minute=0, second=0, microsecond=0)
