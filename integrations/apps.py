"""Data in and out."""

from django.apps import AppConfig


class IntegrationsConfig(AppConfig):
    """Imports and exports."""

    name = "integrations"
    verbose_name = "Data exchange"

    def ready(self) -> None:
        """Register the periodic jobs."""
        from integrations import sweeps  # noqa: F401
