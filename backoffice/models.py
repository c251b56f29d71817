from typing import Any, NoReturn

from django.db import models
from django.utils import timezone

from backoffice import deeds


class AppendOnlyQuerySet(models.QuerySet["StaffAction"]):
    """Rows are written once: neither changed nor deleted by any code of PayGate."""

    def update(self, **kwargs: Any) -> NoReturn:
        raise TypeError("Staff actions are a record: they are never changed.")

    def delete(self) -> NoReturn:
        raise TypeError("Staff actions are a record: they are never deleted.")


class StaffAction(models.Model):
    """What a member of staff did, to what, why, when and from where. Written in the transaction of the deed."""

    at = models.DateTimeField(default=timezone.now)
    actor = models.CharField(max_length=150)
    action = models.CharField(max_length=64)
    object_type = models.CharField(max_length=100)
    object_id = models.CharField(max_length=64)
    object_name = models.CharField(max_length=255)
    reason = models.CharField(max_length=500, blank=True)
    details = models.CharField(max_length=1000, blank=True)
    ip = models.GenericIPAddressField(null=True)

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        verbose_name = "staff action"
        ordering = ("-at", "-id")
        default_permissions = ("view",)
        permissions = (
            ("create_session", "Can ask for a payment from the dashboard"),
            ("mark_paid", "Can mark a payment as paid"),
            ("cancel_session", "Can cancel a payment"),
            ("resolve_notice", "Can close a notice"),
            ("redeliver", "Can send a webhook again"),
            ("manage_keys", "Can create, rotate and disable API keys"),
            ("manage_webhooks", "Can change where webhooks go"),
            ("manage_accounts", "Can add and change UPI accounts"),
            ("manage_channels", "Can add and change alert channels"),
            ("manage_staff", "Can add people and change their roles"),
        )
        indexes = (
            models.Index(fields=("-at", "-id"), name="staff_action_newest"),
            models.Index(fields=("object_type", "object_id", "-at"), name="staff_action_of_object"),
        )

    def __str__(self) -> str:
        return f"{self.actor}: {self.action_in_words}, {self.object_name}"

    @property
    def action_in_words(self) -> str:
        return deeds.in_words(self.action)
