"""The console: Django's admin site, ours; the doorbell; and spans for whoever watches."""

import gc

from django.conf import settings
from django.contrib.admin.apps import AdminConfig


class ConsoleConfig(AdminConfig):
    """Makes `admin.site` the console, so that every app registers in one place."""

    default_site = "maintenance_site.admin_site.ConsoleSite"

    def ready(self) -> None:
        """With a broker, a commit that publishes an event rings for a worker; with a collector, spans go there."""
        super().ready()
        gc.freeze()  # what starting made stays for ever: full collections need not walk it again and again
        gc.set_threshold(20_000, 20, 20)  # rows by the thousand live shortly and make no cycles
        from maintenance_site import checks  # noqa: F401  (registers them)

        if settings.OTLP_URL:
            from maintenance_site import tracing

            tracing.start()
        if settings.CELERY_BROKER_URL:
            from core import outbox
            from core.tasks import ring

            outbox.set_bell(ring)
