from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class BackofficeConfig(AppConfig):
    name = "backoffice"
    verbose_name = "Back office"


class BackofficeAdminConfig(AdminConfig):
    default_site = "backoffice.site.PayGateAdminSite"
