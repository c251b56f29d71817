from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig
from django.db.models.signals import post_migrate

from backoffice import roles


class BackofficeConfig(AppConfig):
    name = "backoffice"
    verbose_name = "Back office"

    def ready(self) -> None:
        # After the last app, so that the permissions of all apps exist.
        post_migrate.connect(roles.sync_roles, sender=self)


class BackofficeAdminConfig(AdminConfig):
    default_site = "backoffice.site.PayGateAdminSite"
