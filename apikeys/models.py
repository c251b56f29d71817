from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils import timezone

PERMISSIONS = ("create", "read", "list", "cancel", "webhooks")
DEFAULT_PERMISSIONS = ("create", "read", "list", "cancel")
BROWSER_PERMISSIONS = ("create", "read")


def default_permissions() -> list[str]:
    return list(DEFAULT_PERMISSIONS)


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    def usable(self, now: datetime) -> "ApiKeyQuerySet":
        return self.filter(Q(expires_at__isnull=True) | Q(expires_at__gt=now), disabled_at__isnull=True)


class ApiKey(models.Model):
    """A merchant's key, and with it the tenant: sessions, endpoints and counts belong to this row.

    Rotating replaces the hash on the same row. The key's text is shown once and never stored.
    """

    label = models.CharField(max_length=255, help_text="Who uses this key, as staff call it.")
    key_hash = models.CharField(max_length=64, unique=True, editable=False)
    previous_hash = models.CharField(max_length=64, unique=True, null=True, editable=False)
    previous_until = models.DateTimeField(null=True, editable=False)
    previous_used_at = models.DateTimeField(null=True, editable=False)
    prefix = models.CharField(max_length=24, editable=False)
    permissions = models.JSONField(default=default_permissions)
    origins = models.JSONField(
        default=list, blank=True, help_text="Websites whose pages may use this key. A key with origins is public."
    )
    allowed_networks = models.JSONField(
        default=list, blank=True, help_text="Addresses (CIDR) this key may be used from. Empty: any."
    )
    test = models.BooleanField("test mode", default=False, editable=False)
    requests_per_second = models.PositiveIntegerField(
        null=True, blank=True, help_text="Calls a second this key may make. Empty: as the settings say."
    )
    expires_at = models.DateTimeField(null=True, blank=True)
    disabled_at = models.DateTimeField(null=True, editable=False)
    last_used_at = models.DateTimeField(null=True, editable=False)
    last_used_ip = models.GenericIPAddressField(null=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        verbose_name = "API key"
        verbose_name_plural = "API keys"
        ordering = ("-id",)

    def __str__(self) -> str:
        return self.label

    @property
    def is_authenticated(self) -> bool:
        return True

    @property
    def is_browser_key(self) -> bool:
        return bool(self.origins)

    @property
    def masked(self) -> str:
        """What lists show instead of the key."""
        return f"{self.prefix}…"

    def status_at(self, now: datetime) -> str:
        if self.disabled_at:
            return "disabled"
        return "expired" if self.expires_at and self.expires_at <= now else "active"


class ApiKeyDay(models.Model):
    """Calls made with a key on one UTC day. Written every few seconds by each process, never by a request."""

    api_key = models.ForeignKey(ApiKey, on_delete=models.CASCADE, related_name="days")
    day = models.DateField()
    requests = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("api_key", "day"), name="one_row_per_key_and_day"),)

    def __str__(self) -> str:
        return f"{self.api_key_id} {self.day}: {self.requests}"
