"""Telling the right people, once."""

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    """Registers handlers and sweeps."""

    name = "notifications"
    verbose_name = "Notifications"

    def ready(self) -> None:
        """Load what registers itself."""
        from notifications import handlers, sweeps  # noqa: F401
