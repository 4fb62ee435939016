"""The calendar's layer of work that no date of a schedule stands for: unplanned and extra work."""

from typing import TYPE_CHECKING, Any

from django.urls import reverse

from scheduling.services.calendar import Range
from scheduling.services.plans import local_moment
from worklogs.models import Log

if TYPE_CHECKING:
    from accounts.models import User

LAYER = "logs"


def events(user: "User", wanted: Range, limit: int) -> list[dict[str, Any]]:
    """Logs in the range that satisfied no date, as events that lead to the log; at most `limit`, one query.

    The filter for the assignee means who did the work.
    """
    rows = Log.objects.visible_to(user).effective().performed_in(wanted.start, wanted.end)
    rows = rows.filter(occurrence=None)
    if wanted.path is not None:
        rows = rows.filter(resource__path__within=wanted.path)
    if wanted.maintenance_type is not None:
        rows = rows.filter(schedule__maintenance_type=wanted.maintenance_type)
    if wanted.assignee is not None:
        performer = None if wanted.assignee == "none" else wanted.assignee
        rows = rows.filter(performed_by=performer)
    found = rows.order_by("performed_at", "pk").values_list(
        "pk",
        "performed_at",
        "schedule__title",
        "resource_id",
        "resource__name",
        "resource__effective_time_zone",
        "performed_by__name",
    )
    return [_event(*row) for row in found[:limit]]


def _event(
    pk: Any, performed_at: Any, title: str | None, resource: Any, name: str, zone: str, who: Any
) -> dict[str, Any]:
    return {
        "id": f"log-{pk}",
        "title": f"{title} (extra)" if title else "Unplanned work",
        "start": local_moment(performed_at, zone),
        "url": reverse("admin:worklogs_log_change", args=[pk]),
        "className": "due-completed",
        "editable": False,
        "extendedProps": {
            "status": "completed",
            "log": pk,
            "resource": resource,
            "resource_name": name,
            "performed_by": who,
        },
    }
