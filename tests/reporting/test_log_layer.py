"""Work outside the plan in the calendar."""

from datetime import datetime, timedelta

from accounts.models import Organization, User
from scheduling.services import calendar
from tests import factories
from worklogs.services.logs import record_log


def test_work_outside_the_plan_is_in_the_calendar_once(
    scope: Organization, admin: User, now: datetime
) -> None:
    house = factories.resource()
    pump = factories.resource(name="Pump", parent=house)
    planned = factories.schedule(
        resource=pump, start_at=now - timedelta(days=1), now=now - timedelta(9)
    )
    done = {"performed_by": admin, "by": admin, "now": now}
    record_log(resource=pump, performed_at=now - timedelta(days=3), **done)  # type: ignore[arg-type]
    record_log(resource=pump, schedule=planned, performed_at=now, **done)  # type: ignore[arg-type]

    def shown(**narrowed: object) -> list[tuple[str, str]]:
        wanted = calendar.Range(
            now - timedelta(days=5),
            now + timedelta(days=5),
            calendar.layer_names(),
            **narrowed,  # type: ignore[arg-type]
        )
        events = calendar.feed(admin, wanted, now=now, may_move=True).events
        return sorted((e["title"], e["extendedProps"]["status"]) for e in events)

    assert shown() == [("Inspection", "completed"), ("Unplanned work", "completed")]
    assert shown(path=house.path) == shown()
    assert shown(assignee="none") == [("Inspection", "completed")]
    assert shown(maintenance_type="cleaning") == []
