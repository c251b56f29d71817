from django.contrib.admin import AdminSite


class PayGateAdminSite(AdminSite):
    site_header = site_title = "PayGate"
    index_title = "Back office"
