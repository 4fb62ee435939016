"""Resources, schedules, due dates: the heart."""

from django.apps import AppConfig


class SchedulingConfig(AppConfig):
    """Registers handlers, sweeps and attachment targets."""

    name = "scheduling"
    verbose_name = "Scheduling"

    def ready(self) -> None:
        """Load what registers itself."""
        from scheduling import handlers, sweeps  # noqa: F401
