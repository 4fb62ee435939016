"""Dashboards and figures: reads everyone, writes nobody."""

from django.apps import AppConfig


class ReportingConfig(AppConfig):
    """Registers the figures for Prometheus."""

    name = "reporting"
    verbose_name = "Reports"

    def ready(self) -> None:
        """Let `/metrics` tell about background work."""
        from reporting import metrics

        metrics.register()
