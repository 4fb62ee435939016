"""The console: Django's admin site, ours."""

from django.contrib.admin.apps import SimpleAdminConfig


class ConsoleConfig(SimpleAdminConfig):
    """Makes `admin.site` the console, so that every app registers in one place."""

    default_site = "maintenance_site.admin_site.ConsoleSite"
