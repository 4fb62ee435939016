"""The demo's schedules, anchored so that what the table says about today is true on any day."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from accounts.models import Organization, User
from integrations.services.demo.tables import Row
from scheduling.models import Resource, ResourceType, Schedule
from scheduling.services import schedules

_MONTHS = {"monthly": 1, "quarterly": 3, "semiannual": 6, "annual": 12}
_DAYS = {"daily": 1, "weekly": 7, "biweekly": 14}
_UNIT_MONTHS = {"month": 1, "year": 12}
_UNIT_DAYS = {"day": 1, "week": 7}


@dataclass(frozen=True, slots=True)
class World:
    """What the rows of a table refer to."""

    organization: Organization
    people: dict[str, User]
    resources: dict[str, Resource]
    types: dict[str, ResourceType]
    by: User
    now: datetime

    @property
    def today(self) -> date:
        """The organisation's date."""
        return self.now.astimezone(ZoneInfo(self.organization.time_zone)).date()

    def moment(self, day: date, hour: int, zone: str | None = None) -> datetime:
        """A local hour of a day in UTC."""
        local = datetime.combine(day, time(hour), ZoneInfo(zone or self.organization.time_zone))
        return local.astimezone(UTC)


def add_schedule(row: Row, world: World) -> Schedule:
    """The schedule of one row, made at its start."""
    kind, _, code = row["target"].rpartition(":")
    resource = None if kind else world.resources[code]
    zone = resource.effective_time_zone if resource else world.organization.time_zone
    start_at = world.moment(anchor(row, world.today), int(row["hour"]), zone)
    schedule = Schedule(
        title=row["title"],
        resource=resource,
        resource_type=world.types[code] if kind else None,
        external_id=row["key"],
        frequency=row["frequency"],
        interval=int(row["interval"]),
        interval_unit=row["unit"] or "day",
        rrule=row["rrule"],
        basis=row["basis"],
        start_at=start_at,
        tolerance_days=int(row["days"] or 0),
        tolerance_percent=int(row["percent"]) if row["percent"] else None,
        backlog=row["backlog"],
        lead_days=int(row["lead"]),
        advance_notice_days=int(row["notice"]),
        assigned_to=world.people.get(row["assigned"]),
        maintenance_type=row["type"],
        priority=row["priority"],
        estimated_duration_minutes=int(row["minutes"]),
        estimated_cost=row["cost"] or None,
        **_special(row, world, start_at),
    )
    left_out = [
        world.resources[name]
        for name in row["fate"].removeprefix("except:").split(";")
        if row["fate"].startswith("except:") and name in world.resources
    ]
    made_at = min(start_at, world.now) - timedelta(days=3)
    return schedules.create_schedule(schedule, by=world.by, now=made_at, exceptions=left_out)


def _special(row: Row, world: World, start_at: datetime) -> dict[str, Any]:
    if row["fate"] == "until":
        return {"until": start_at + timedelta(days=3 * 365)}
    if row["fate"] == "exdate":
        third_friday = _third_friday(world.today.year + (world.today.month > 6), 8)
        return {"exdates": [third_friday.isoformat()]}
    return {}


def _third_friday(year: int, month: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=(4 - first.weekday()) % 7 + 14)


def anchor(row: Row, today: date) -> date:
    """The first date of the series: whole intervals before the date that the row speaks of, `offset` days from today.

    A rule starts as many months ago as the row says. In a short month the anchor keeps the day of the month.
    """
    months, target = int(row["months"]), today + timedelta(days=int(row["offset"]))
    if row["rrule"]:
        return _months_before(today, months)
    step = _MONTHS.get(row["frequency"]) or _UNIT_MONTHS.get(row["unit"], 0) * int(row["interval"])
    if step:
        back = max(months // step, 1) * step
        while _months_before(target, back).day != target.day:
            back += step
        return _months_before(target, back)
    days = _DAYS.get(row["frequency"]) or _UNIT_DAYS[row["unit"]] * int(row["interval"])
    return target - timedelta(days=days * (months * 30 // days))


def target_day(row: Row, today: date) -> date:
    """The first date that nobody has worked on: earlier ones are done."""
    return today + timedelta(days=int(row["offset"]))


def _months_before(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return day.replace(year=year, month=month + 1, day=min(day.day, monthrange(year, month + 1)[1]))
