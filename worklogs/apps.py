"""What was done."""

from django.apps import AppConfig


class WorklogsConfig(AppConfig):
    """Registers attachment targets, reactions to events and periodic jobs."""

    name = "worklogs"
    verbose_name = "Work"

    def ready(self) -> None:
        """Load what registers itself."""
        from core.services.attachments import register_target
        from scheduling.services import calendar, labels
        from worklogs import events, handlers, sweeps  # noqa: F401
        from worklogs.models import WorkOrder
        from worklogs.services import order_layer, sheets
        from worklogs.services.portal import label_address
        from worklogs.services.uploads import may_view_log_files, may_view_order_files

        register_target("log", may_view=may_view_log_files)
        register_target("work_order", may_view=may_view_order_files)
        register_target(sheets.TARGET, may_view=sheets.may_view_files)
        labels.lead_to(label_address)
        calendar.register_layer(order_layer.LAYER, order_layer.events, WorkOrder)
