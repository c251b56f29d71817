"""What each role may do. The roles are code: every `migrate` makes the groups match this table again."""

from typing import Any

from django.apps import apps
from django.db import transaction
from django.db.models import Q

SEES = (
    "payments.paymentsession",
    "payments.upiaccount",
    "payments.notice",
    "apikeys.apikey",
    "webhooks.webhookendpoint",
    "webhooks.delivery",
    "webhooks.attempt",
    "webhooks.redelivery",
    "reconciliation.alertchannel",
    "reconciliation.banktemplate",
    "reconciliation.evidence",
    "reconciliation.credit",
    "reconciliation.statementimport",
    "reconciliation.utrclaim",
)
VIEW = tuple("{}.view_{}".format(*model.split(".")) for model in SEES)
MONEY = ("backoffice.create_session", "backoffice.mark_paid", "backoffice.cancel_session")
INTEGRATION = ("backoffice.manage_keys", "backoffice.manage_webhooks")
SETUP = (
    "backoffice.manage_accounts",
    "backoffice.manage_channels",
    "backoffice.manage_staff",
    "backoffice.view_staffaction",
    "auth.view_user",
)
BOTH = ("backoffice.redeliver", "backoffice.resolve_notice")

ROLES: dict[str, tuple[str, ...]] = {
    "Viewer": VIEW,
    "Operator": VIEW + MONEY + BOTH,
    "Developer": VIEW + INTEGRATION + BOTH,
    "Admin": VIEW + MONEY + BOTH + INTEGRATION + SETUP,
}


@transaction.atomic
def sync_roles(**_signal: Any) -> None:
    """Make the groups and their permissions what `ROLES` says. Runs after every migrate."""
    groups = apps.get_model("auth", "Group")
    for name, wanted in ROLES.items():
        group, _ = groups.objects.get_or_create(name=name)
        group.permissions.set(_permissions(wanted))


def roles_with(permission: str) -> list[str]:
    """Return the names of the roles that may do this, for telling people whom to ask."""
    return [name for name, permissions in ROLES.items() if permission in permissions]


def _permissions(names: tuple[str, ...]) -> list[Any]:
    wanted = Q()
    for name in names:
        app_label, codename = name.split(".")
        wanted |= Q(content_type__app_label=app_label, codename=codename)
    return list(apps.get_model("auth", "Permission").objects.filter(wanted))
