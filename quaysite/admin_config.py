"""Django's admin, as a site of our own."""

from django.contrib.admin.apps import AdminConfig


class QuaysiteAdminConfig(AdminConfig):
    default_site = "quaysite.admin_site.QuaysiteAdminSite"
