"""From a schedule's columns to the engine's plan."""

from datetime import date, datetime
from functools import lru_cache
from math import floor
from zoneinfo import ZoneInfo

from core.errors import Invalid
from scheduling.models import Resource, Schedule
from scheduling.rules import recurrence as series
from scheduling.rules import zones
from scheduling.rules.due import SHORTEST_NOTICE_DAYS, Plan
from scheduling.rules.recurrence import FREQUENCIES, InvalidRecurrence, Overflow, Recurrence, Unit

_YEARS = range(1900, 2201)


def home_zone(schedule: Schedule) -> str:
    """The zone in which the schedule's start is a wall time: its resource's, or the organisation's."""
    if schedule.resource is not None:
        return schedule.resource.effective_time_zone
    return schedule.organization.time_zone


def recurrence_of(schedule: Schedule, *, zone: str | None = None) -> Recurrence:
    """The rule of the series in local wall time."""
    zone = zone or home_zone(schedule)
    unit: Unit | None
    if schedule.frequency == Schedule.Frequency.CUSTOM:
        unit, interval = (
            (None, 1)
            if schedule.rrule
            else (Unit(schedule.interval_unit or "day"), schedule.interval)
        )
    else:
        unit, step = FREQUENCIES[schedule.frequency]
        interval = step * schedule.interval
    return Recurrence(
        start=zones.to_local(schedule.start_at, zone),
        unit=unit,
        interval=interval,
        rrule=schedule.rrule if unit is None else None,
        exdates=_exdates(tuple(schedule.exdates)),
        until=zones.to_local(schedule.until, zone) if schedule.until else None,
        overflow=Overflow(schedule.overflow),
    )


@lru_cache(maxsize=4096)
def _exdates(texts: tuple[str, ...]) -> frozenset[datetime | date]:
    parsed: set[datetime | date] = set()
    for text in texts:
        parsed.add(
            date.fromisoformat(text)
            if len(text) == len("2024-01-31")
            else datetime.fromisoformat(text)
        )
    return frozenset(parsed)


def plan_of(schedule: Schedule, resource: Resource) -> Plan:
    """The plan on one resource, in that resource's zone."""
    recurrence = recurrence_of(schedule)
    tolerance = schedule.tolerance_days
    if schedule.tolerance_percent is not None:
        tolerance = floor(series.interval_days(recurrence) * schedule.tolerance_percent / 100)
    notice = max(schedule.advance_notice_days, SHORTEST_NOTICE_DAYS)
    return Plan(
        recurrence=recurrence,
        zone=resource.effective_time_zone,
        floating=schedule.basis == Schedule.Basis.FLOATING,
        early_days=tolerance,
        late_days=tolerance,
        notice_days=notice,
        opening_days=max(notice, schedule.lead_days),
        backlog=schedule.backlog,
    )


def check_definition(schedule: Schedule) -> None:
    """Refuse a rule that cannot work, with the field to mend and what to do. Raises `Invalid`."""
    for name in ("start_at", "until"):
        moment = getattr(schedule, name)
        if moment is not None and moment.year not in _YEARS:
            raise Invalid(f"Choose a year from {_YEARS[0]} to {_YEARS[-1]}.", field=name)
    if not isinstance(schedule.exdates, list):
        raise Invalid("Write a list of dates, such as 2026-12-24.", field="exdates")
    for text in schedule.exdates:
        _check_exdate(text)
    try:
        recurrence = recurrence_of(schedule)
        series.validate(recurrence)
        first = series.first_after(recurrence, recurrence.start, inclusive=True)
    except InvalidRecurrence as error:
        raise Invalid(errors={error.field: [error.message]}) from error
    if schedule.until and schedule.until < schedule.start_at:
        raise Invalid(
            errors={"until": ["The end lies before the start. Choose a later end, or none."]}
        )
    if first is None:
        raise Invalid(
            errors={
                "rrule": [
                    "This rule never comes due. Change the rule, the start or the dates left out."
                ]
            }
        )
    interval = series.interval_days(recurrence)
    for name, label in (("lead_days", "lead time"), ("tolerance_days", "tolerance")):
        days = getattr(schedule, name)
        if days and days >= interval:
            raise Invalid(
                errors={
                    name: [
                        f"The {label} must be shorter than the interval of about {interval:.0f} days."
                    ]
                }
            )


def _check_exdate(text: object) -> None:
    try:
        if not isinstance(text, str):
            raise TypeError(text)
        _exdates((text,))
    except (TypeError, ValueError):
        raise Invalid(
            errors={
                "exdates": [
                    f"“{text}” is not a date. Write 2026-12-24 for a whole day or 2026-12-24T08:00."
                ]
            }
        ) from None
    if isinstance(text, str) and datetime.fromisoformat(text).tzinfo is not None:
        raise Invalid(
            errors={
                "exdates": [
                    f"“{text}” carries an offset. Write local time, such as 2026-12-24T08:00."
                ]
            }
        )


def local_moment(moment: datetime, zone: str) -> datetime:
    """`moment` shown in `zone`."""
    return moment.astimezone(ZoneInfo(zone))
