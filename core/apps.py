from django.apps import AppConfig
from django.db import connection
from django.db.backends.signals import connection_created


class CoreConfig(AppConfig):
    name = "core"
    verbose_name = "System"

    def ready(self) -> None:
        from core import tenant_guard

        tenant_guard.watch_many_to_many()
        from core import clean_up  # noqa: F401  (registers its sweeps)

        if connection.vendor == "postgresql":
            from core.postgresql import read_moments

            connection_created.connect(read_moments)
