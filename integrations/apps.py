"""Data in and out."""

from django.apps import AppConfig


class IntegrationsConfig(AppConfig):
    """Imports and exports."""

    name = "integrations"
    verbose_name = "Data exchange"

    def ready(self) -> None:
        """Register events, reactions to them, periodic jobs, lanes and figures."""
        from integrations import events, handlers, lanes, sweeps  # noqa: F401
        from integrations.services import figures  # noqa: F401

        lanes.register()
