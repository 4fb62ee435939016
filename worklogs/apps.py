"""What was done."""

from django.apps import AppConfig


class WorklogsConfig(AppConfig):
    """Registers attachment targets."""

    name = "worklogs"
    verbose_name = "Work"

    def ready(self) -> None:
        """Load what registers itself."""
        from worklogs import handlers  # noqa: F401
