"""Writing down what staff do."""

from django.db import models
from django.http import HttpRequest

from backoffice.models import StaffAction


def record(request: HttpRequest, action: str, target: models.Model, *, reason: str = "", details: str = "") -> None:
    """Write down that the signed-in member of staff did `action` to `target`; call it in the deed's transaction."""
    StaffAction.objects.create(
        actor=request.user.get_username(),
        action=action,
        object_type=target._meta.label_lower,
        object_id=str(target.pk),
        object_name=str(target)[:255],
        reason=reason,
        details=details[:1000],
        ip=request.META.get("REMOTE_ADDR") or None,
    )


def actions_on(target: models.Model) -> models.QuerySet[StaffAction]:
    """Return what staff did to one object, newest first."""
    return StaffAction.objects.filter(object_type=target._meta.label_lower, object_id=str(target.pk))
