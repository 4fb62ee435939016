"""Working hours."""

from collections.abc import Mapping, Sequence
from datetime import datetime, time
from itertools import pairwise
from typing import Any

from django.db import transaction

from accounts.models import User, WorkingCalendar, WorkingHours
from core import audit
from core.errors import Conflict, Invalid
from core.services import records

Stretch = Mapping[str, Any]
_USUAL = [{"weekday": day, "opens_at": time(8), "closes_at": time(17)} for day in range(5)]


def create_usual(*, by: User | None, now: datetime) -> WorkingCalendar:
    """Monday to Friday, eight to five: what a new organisation starts with."""
    calendar = WorkingCalendar(name="Working hours", is_default=True)
    return create_calendar(calendar, _USUAL, by=by, now=now)


def create_calendar(
    calendar: WorkingCalendar, hours: Sequence[Stretch], *, by: User | None, now: datetime
) -> WorkingCalendar:
    """A named week. The first one of an organisation is its default."""
    with transaction.atomic():
        others = WorkingCalendar.objects.select_for_update().filter(is_default=True)
        calendar.is_default = calendar.is_default or not others.exists()
        if calendar.is_default:
            _step_down(by=by, now=now)
        records.create(calendar, by=by, now=now)
        _set_hours(calendar, hours, by=by, now=now)
    return calendar


def change_calendar(
    calendar: WorkingCalendar,
    changes: Mapping[str, Any],
    hours: Sequence[Stretch] | None = None,
    *,
    by: User | None,
    now: datetime,
) -> WorkingCalendar:
    """Change name or default; with `hours`, replace the week. The default gives way only to another."""
    with transaction.atomic():
        former = WorkingCalendar.objects.select_for_update().get(pk=calendar.pk)
        if former.is_default and changes.get("is_default") is False:
            raise Conflict("Make another calendar the default instead.", field="is_default")
        if changes.get("is_default") and not former.is_default:
            _step_down(by=by, now=now)
        records.update(calendar, changes, by=by, now=now)
        if hours is not None:
            _set_hours(calendar, hours, by=by, now=now)
    return calendar


def delete_calendar(calendar: WorkingCalendar, *, by: User | None, now: datetime) -> None:
    """Remove a calendar that is not the default."""
    with transaction.atomic():
        if WorkingCalendar.objects.select_for_update().get(pk=calendar.pk).is_default:
            raise Conflict("The default calendar must stay. Make another one the default first.")
        records.delete(calendar, by=by, now=now)


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
