"""Working hours, public holidays and closed days."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from itertools import pairwise
from typing import Any

from django.db import transaction

from accounts.models import ClosedDay, User, WorkingCalendar, WorkingHours
from accounts.rules import public_holidays
from core import audit, outbox
from core.errors import Conflict, Invalid
from core.services import records

Stretch = Mapping[str, Any]
#: Nobody closes more single days than these, years of them.
MOST_CLOSED_DAYS = 500
_SHOWN_HOLIDAYS = 6
_USUAL = [{"weekday": day, "opens_at": time(8), "closes_at": time(17)} for day in range(5)]


def create_usual(*, by: User | None, now: datetime) -> WorkingCalendar:
    """Monday to Friday, eight to five: what a new organisation starts with."""
    calendar = WorkingCalendar(name="Working hours", is_default=True)
    return create_calendar(calendar, _USUAL, by=by, now=now)


def create_calendar(
    calendar: WorkingCalendar,
    hours: Sequence[Stretch],
    closed_days: Sequence[Stretch] = (),
    *,
    by: User | None,
    now: datetime,
) -> WorkingCalendar:
    """A named week and the days on which it does not hold. The first one of an organisation is its default."""
    with transaction.atomic():
        others = WorkingCalendar.objects.select_for_update().filter(is_default=True)
        calendar.is_default = calendar.is_default or not others.exists()
        if calendar.is_default:
            _step_down(by=by, now=now)
        records.create(calendar, by=by, now=now)
        _set_hours(calendar, hours, by=by, now=now)
        _set_closed_days(calendar, closed_days, by=by, now=now)
        _publish(calendar, now=now)
    return calendar


def change_calendar(
    calendar: WorkingCalendar,
    changes: Mapping[str, Any],
    hours: Sequence[Stretch] | None = None,
    closed_days: Sequence[Stretch] | None = None,
    *,
    by: User | None,
    now: datetime,
) -> WorkingCalendar:
    """Change what it says of itself; with `hours`, replace the week, with `closed_days` those.

    The default gives way only to another. Whoever reckons with the calendar hears of `accounts.calendar.changed`.
    """
    with transaction.atomic():
        former = WorkingCalendar.objects.select_for_update().get(pk=calendar.pk)
        if former.is_default and changes.get("is_default") is False:
            raise Conflict("Make another calendar the default instead.", field="is_default")
        if changes.get("is_default") and not former.is_default:
            _step_down(by=by, now=now)
        records.update(calendar, changes, by=by, now=now)
        if hours is not None:
            _set_hours(calendar, hours, by=by, now=now)
        if closed_days is not None:
            _set_closed_days(calendar, closed_days, by=by, now=now)
        _publish(calendar, now=now)
    return calendar


def delete_calendar(calendar: WorkingCalendar, *, by: User | None, now: datetime) -> None:
    """Remove a calendar that is not the default."""
    with transaction.atomic():
        if WorkingCalendar.objects.select_for_update().get(pk=calendar.pk).is_default:
            raise Conflict("The default calendar must stay. Make another one the default first.")
        records.delete(calendar, by=by, now=now)


def coming_holidays(calendar: WorkingCalendar, *, today: date) -> list[tuple[date, str]]:
    """The next days on which the calendar is closed, public holidays and its own, with their names."""
    if calendar.is_round_the_clock:
        return []
    found = public_holidays.coming(
        calendar.country, calendar.subdivision, today=today, count=_SHOWN_HOLIDAYS
    )
    own = {row.day: row.name or "Closed" for row in calendar.closed_days.all() if row.day >= today}
    return sorted({**own, **dict(found)}.items())[:_SHOWN_HOLIDAYS]


def _publish(calendar: WorkingCalendar, *, now: datetime) -> None:
    payload = {"calendar_id": calendar.pk}
    organization_id = calendar.organization_id
    outbox.publish("accounts.calendar.changed", payload, organization_id=organization_id, now=now)


def _step_down(*, by: User | None, now: datetime) -> None:
    """At most one default: the former one makes room first."""
    for former in WorkingCalendar.objects.filter(is_default=True):
        records.update(former, {"is_default": False}, by=by, now=now)


def _set_hours(
    calendar: WorkingCalendar, hours: Sequence[Stretch], *, by: User | None, now: datetime
) -> None:
    rows = sorted(
        (WorkingHours(calendar=calendar, **stretch) for stretch in hours),
        key=lambda row: (row.weekday, row.opens_at),
    )
    for before, after in pairwise(rows):
        if before.weekday == after.weekday and after.opens_at < before.closes_at:
            raise Invalid(f"On {after.get_weekday_display()} two stretches overlap.", field="hours")
    former = [str(row) for row in calendar.hours.order_by("weekday", "opens_at")]
    calendar.hours.all().delete()
    for row in rows:
        row.organization_id = calendar.organization_id
        records.validate(row)
    WorkingHours.objects.bulk_create(rows)
    if former != [str(row) for row in rows]:
        found = {"hours": [former, [str(row) for row in rows]]}
        audit.record("update", calendar, by=by, now=now, changes=found)
        calendar.save(update_fields=["updated_at"])


def _set_closed_days(
    calendar: WorkingCalendar, days: Sequence[Stretch], *, by: User | None, now: datetime
) -> None:
    rows = sorted((ClosedDay(calendar=calendar, **day) for day in days), key=lambda row: row.day)
    if len(rows) > MOST_CLOSED_DAYS:
        raise Invalid(f"A calendar closes {MOST_CLOSED_DAYS} days at most.", field="closed_days")
    if len({row.day for row in rows}) < len(rows):
        raise Invalid("Each day is closed once.", field="closed_days")
    former = [str(row) for row in calendar.closed_days.order_by("day")]
    if former == [str(row) for row in rows]:
        return
    calendar.closed_days.all().delete()
    for row in rows:
        row.organization_id = calendar.organization_id
        records.validate(row)
    ClosedDay.objects.bulk_create(rows)
    found = {"closed_days": [former, [str(row) for row in rows]]}
    audit.record("update", calendar, by=by, now=now, changes=found)
    calendar.save(update_fields=["updated_at"])
