"""Dashboards and figures: reads everyone, writes nobody."""

from django.apps import AppConfig


class ReportingConfig(AppConfig):
    """Registers the figures for Prometheus, and the calendar's layer of work outside the plan."""

    name = "reporting"
    verbose_name = "Reports"

    def ready(self) -> None:
        """Let `/metrics` tell about background work, and the calendar show unplanned work."""
        from reporting import metrics
        from reporting.services import log_layer
        from scheduling.services import calendar
        from worklogs.models import Log

        metrics.register()
        calendar.register_layer(log_layer.LAYER, log_layer.events, Log)
