"""Schedules: by external id, else by title and what they are for."""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

from core.errors import Invalid
from integrations.services.imports.lookups import differing
from integrations.services.imports.outcomes import Outcome, State, Work, one_by_one
from integrations.services.imports.source import Row
from integrations.services.imports.values import moment
from scheduling.models import Schedule
from scheduling.services import schedules

#: Dates without a time come due at this local hour.
HOUR = 8
_PLAIN = (
    "title", "external_id", "description", "maintenance_type", "priority", "interval", "rrule", "basis",
    "tolerance_days", "lead_days", "advance_notice_days", "backlog", "estimated_duration_minutes",
)  # fmt: skip
_MINUTES = 60


def take_schedules(rows: Iterable[Row], work: Work) -> Iterator[Outcome]:
    """Create or change each schedule."""
    return one_by_one(rows, work, _take)


def _take(row: Row, work: Work) -> State:
    values = work.reader.values(row)
    wanted: dict[str, Any] = {name: values[name] for name in _PLAIN if name in values}
    wanted |= _target(values, work)
    zone = (
        wanted["resource"].effective_time_zone
        if wanted.get("resource")
        else work.lookups.organization.time_zone
    )
    for name in ("start_at", "until"):
        if name in values:
            local = moment(values[name], zone, hour=HOUR)
            wanted[name] = local.replace(second=0, microsecond=0)
    if "assigned_to" in values:
        wanted["assigned_to"] = work.lookups.person(values["assigned_to"], "assigned_to")
    wanted |= _amounts(values)
    if "frequency" in values or "rrule" in values:
        wanted["frequency"] = "custom" if "rrule" in values else values["frequency"]
    existing = _existing(values, wanted, work)
    if existing is None:
        return _create(row, wanted, work)
    work.claim(existing.pk, row)
    changes = differing(existing, wanted)
    if not changes:
        return State.UNCHANGED
    fresh = Schedule.objects.select_related("resource", "organization").get(pk=existing.pk)
    schedules.update_schedule(fresh, changes, by=work.by, now=work.now)
    for name, value in changes.items():
        setattr(existing, name, value)
    return State.CHANGED


def _target(values: dict[str, Any], work: Work) -> dict[str, Any]:
    """One resource, or a type. Raises `Invalid` when the row names something that is not there."""
    target: dict[str, Any] = {}
    if "resource" in values:
        target["resource"] = work.lookups.resource(values["resource"], "resource")
    if "resource_type" in values:
        found = work.lookups.find_type(values["resource_type"])
        if found is None:
            raise Invalid(
                f"There is no resource type “{values['resource_type']}”.", field="resource_type"
            )
        target["resource_type"] = found
    return target


def _amounts(values: dict[str, Any]) -> dict[str, Any]:
    amounts: dict[str, Any] = {}
    if "estimated_hours" in values:
        minutes = values["estimated_hours"] * _MINUTES
        amounts["estimated_duration_minutes"] = int(minutes) or None
    if "estimated_cost" in values:
        amounts["estimated_cost"] = Decimal(values["estimated_cost"]).quantize(Decimal("0.01"))
    return amounts


def _existing(values: dict[str, Any], wanted: dict[str, Any], work: Work) -> Schedule | None:
    if values.get("external_id"):
        found = [
            row
            for row in work.lookups.schedules(values["external_id"])
            if row.external_id == values["external_id"]
        ]
        return found[0] if found else None
    same = [
        row
        for row in work.lookups.schedules(values.get("title", ""))
        if row.title == values.get("title")
        and row.resource == wanted.get("resource")
        and row.resource_type == wanted.get("resource_type")
    ]
    return same[0] if same else None


def _create(row: Row, wanted: dict[str, Any], work: Work) -> State:
    missing = [name for name in ("title", "start_at") if name not in wanted]
    if missing:
        raise Invalid("A new schedule needs it.", field=missing[0])
    schedule = Schedule(**wanted)
    schedules.create_schedule(schedule, by=work.by, now=work.now)
    work.claim(schedule.pk, row)
    work.lookups.add_schedule(schedule)
    return State.CREATED
