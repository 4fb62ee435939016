"""Dashboards: reads everyone, writes nobody."""

from django.apps import AppConfig


class ReportingConfig(AppConfig):
    """The dashboards."""

    name = "reporting"
    verbose_name = "Reports"
