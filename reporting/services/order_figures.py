"""How many work orders wait for what; each count stops at `MOST_COUNTED`, whatever the size of the organisation."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from accounts.zones import zone_name_of
from reporting.services.dashboard import MOST_COUNTED, Figure
from scheduling.rules import zones
from worklogs import states
from worklogs.models import WorkOrder

if TYPE_CHECKING:
    from accounts.models import User


def figures(user: "User", *, now: datetime) -> dict[str, Figure]:
    """Of the orders that the person sees: open, overdue, unassigned, due today (in the person's zone), on hold for
    parts, and done but not verified.
    """
    zone = zone_name_of(user)
    today = zones.local_date(now, zone)
    start, end = (zones.start_of_day(today + timedelta(days=n), zone) for n in (0, 1))
    rows = WorkOrder.objects.visible_to(user)
    wanted = {
        "open": rows.open(),
        "overdue": rows.overdue(now=now),
        "unassigned": rows.open().filter(assigned_to=None),
        "due_today": rows.open().filter(due_at__gte=start, due_at__lt=end),
        "to_triage": rows.filter(status=states.REPORTED),
        "to_verify": rows.filter(status=states.COMPLETED),
    }
    return {name: Figure(found[: MOST_COUNTED + 1].count()) for name, found in wanted.items()}
