from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "core"
    verbose_name = "System"

    def ready(self) -> None:
        from core import tenant_guard

        tenant_guard.watch_many_to_many()
        from core import clean_up  # noqa: F401  (registers its sweeps)
