"""Resources, schedules, due dates: the heart."""

from django.apps import AppConfig


class SchedulingConfig(AppConfig):
    """Registers handlers, sweeps and attachment targets."""

    name = "scheduling"
    verbose_name = "Scheduling"

    def ready(self) -> None:
        """Load what registers itself."""
        from core.services.attachments import register_target
        from scheduling import events, handlers, sweeps  # noqa: F401
        from scheduling.models import Booking, Window
        from scheduling.services import calendar, use_layers
        from scheduling.services.viewing import may_see_resource

        register_target("resource", may_view=may_see_resource)
        calendar.register_layer(use_layers.WINDOWS, use_layers.windows, Window)
        calendar.register_layer(use_layers.BOOKINGS, use_layers.bookings, Booking)
