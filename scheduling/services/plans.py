"""From a schedule's columns to the engine's plan."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from math import floor
from zoneinfo import ZoneInfo

from core.errors import Invalid
from core.rules import moments
from scheduling.models import Resource, Schedule
from scheduling.models.schedule import ONE_TARGET, ONE_TOLERANCE
from scheduling.rules import recurrence as series
from scheduling.rules import zones
from scheduling.rules.due import SHORTEST_NOTICE_DAYS, Plan
from scheduling.rules.recurrence import FREQUENCIES, InvalidRecurrence, Overflow, Recurrence, Unit

_YEARS = range(1900, 2201)
#: Longer work is no single job, and no calendar could show it.
_LONGEST_WORK = timedelta(days=366)
_UNTIL_IN_UTC = re.compile(r"(\bUNTIL\s*=\s*)(\d{8}T\d{6})Z", re.IGNORECASE)


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
        rrule=_local_rule(schedule.rrule, zone) if unit is None else None,
        exdates=_exdates(tuple(schedule.exdates)),
        until=zones.to_local(schedule.until, zone) if schedule.until else None,
        overflow=Overflow(schedule.overflow),
    )


@lru_cache(maxsize=4096)
def _local_rule(text: str, zone: str) -> str:
    """The rule with an UNTIL in UTC, as calendars write it, turned into the wall time of `zone`."""

    def local(match: re.Match[str]) -> str:
        try:
            moment = datetime.strptime(match[2], "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
            return f"{match[1]}{zones.to_local(moment, zone):%Y%m%dT%H%M%S}"
        except (ValueError, OverflowError):
            return match[0]  # validating the rule says what is wrong with it

    return _UNTIL_IN_UTC.sub(local, text)


@lru_cache(maxsize=4096)
def _exdates(texts: tuple[str, ...]) -> frozenset[datetime | date]:
    parsed: set[datetime | date] = set()
    for text in texts:
        # without a time it is a whole day, also in the compact form 20240131
        is_day = len(text) <= len("2024-01-31")
        parsed.add(date.fromisoformat(text) if is_day else datetime.fromisoformat(text))
    return frozenset(parsed)


def plan_of(schedule: Schedule, resource: Resource, *, home: str | None = None) -> Plan:
    """The plan on one resource, in that resource's zone; `home` where the zone of the start is known already."""
    recurrence = recurrence_of(schedule, zone=home)
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


def begun(plan: Plan, joined_at: datetime | None) -> Plan:
    """The plan where the resource joined a running schedule at `joined_at`: no date before that local day."""
    if joined_at is None:
        return plan
    return replace(plan, begins_on=zones.local_date(joined_at, plan.zone))


def check_definition(schedule: Schedule) -> None:
    """Refuse a rule that cannot work, with the field to mend and what to do. Raises `Invalid`."""
    check_choices(schedule)
    _check_bounds(schedule)
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
    _check_excluded_moments(schedule, recurrence)
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


def check_choices(schedule: Schedule) -> None:
    """Refuse two where only one can hold."""
    if schedule.resource_id is not None and schedule.resource_type_id is not None:
        raise Invalid(ONE_TARGET, field="resource")
    if schedule.tolerance_days and schedule.tolerance_percent is not None:
        raise Invalid(ONE_TOLERANCE, field="tolerance_percent")


def _check_bounds(schedule: Schedule) -> None:
    """Refuse what no calendar could show."""
    for name in ("start_at", "until"):
        moment = getattr(schedule, name)
        if moment is not None and moment.year not in _YEARS:
            raise Invalid(f"Choose a year from {_YEARS[0]} to {_YEARS[-1]}.", field=name)
    if (schedule.estimated_duration_minutes or 0) > _LONGEST_WORK // timedelta(minutes=1):
        raise Invalid(
            f"The work may take {_LONGEST_WORK.days} days at most.",
            field="estimated_duration_minutes",
        )


def _check_excluded_moments(schedule: Schedule, recurrence: Recurrence) -> None:
    """Refuse a date left out with a time that the series does not have: it would leave out nothing."""
    whole = replace(recurrence, exdates=frozenset())
    # a floating series has no dates of its own yet, only a time of day
    is_open = schedule.basis == Schedule.Basis.FLOATING and recurrence.rrule is None
    for moment in sorted(m for m in recurrence.exdates if isinstance(m, datetime)):
        hit = series.first_after(whole, moment, inclusive=True)
        if moment.time() != recurrence.start.time() if is_open else hit != moment:
            raise Invalid(
                f"The series has no date on {moments.wall_time(moment)}, so nothing would be left out. "
                f"Write {moment:%Y-%m-%d} to leave out the whole day.",
                field="exdates",
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
