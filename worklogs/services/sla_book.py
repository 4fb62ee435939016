"""The policies of the organisation in scope with their working time, read at once."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Q

from accounts.models import ClosedDay, WorkingCalendar
from accounts.rules.public_holidays import Closed
from scheduling.models import Schedule
from worklogs.models import SlaPolicy
from worklogs.rules import service_levels as levels
from worklogs.rules.service_levels import Case, Policy
from worklogs.rules.sla_clock import Calendar, Target, round_the_clock

ROUND_THE_CLOCK = "Round the clock"
_COLUMNS = (
    *("pk", "name", "is_default", "is_round_the_clock", "time_zone", "organization__time_zone"),
    *("country", "subdivision", "hours__weekday", "hours__opens_at", "hours__closes_at"),
)


@dataclass(frozen=True, slots=True)
class Book:
    """What is promised: `policies` in the order of the list."""

    policies: tuple[Policy, ...]

    def policy_of(self, case: Case) -> Policy | None:
        """Which of them holds for an order."""
        return levels.choose(self.policies, case)

    def by_key(self, key: UUID | None) -> Policy | None:
        """One of them by its id."""
        return next((policy for policy in self.policies if policy.key == key), None)


def load(*, with_inactive: bool = False) -> Book:
    """The active policies of the organisation in scope; one query where there are none, else three."""
    rows = SlaPolicy.objects.listed()
    found = list(rows if with_inactive else rows.active())
    calendars = _calendars({row.calendar_id for row in found}) if found else {}
    return Book(tuple(_policy(row, calendars) for row in found))


def conditions_of(row: SlaPolicy) -> tuple[tuple[str, object], ...]:
    """What the policy asks for."""
    values = ((name, getattr(row, f"{name}_id", getattr(row, name))) for name in levels.CONDITIONS)
    return tuple((name, value) for name, value in values if value)


def _policy(row: SlaPolicy, calendars: dict[UUID | None, tuple[str, Calendar]]) -> Policy:
    name, calendar = calendars.get(row.calendar_id, ("no calendar", Calendar("UTC", ())))
    return Policy(
        key=row.pk,
        name=row.name,
        position=row.position,
        conditions=conditions_of(row),
        calendar=calendar,
        calendar_name=name,
        response=target(row.response_minutes, row.response_business_days),
        resolution=target(row.resolution_minutes, row.resolution_business_days),
        escalates_after=levels.minutes(row.escalate_after_minutes),
    )


def target(minutes: int | None, days: int | None) -> Target | None:
    """What a policy promises for one clock, from its two columns."""
    if minutes is None and days is None:
        return None
    return levels.target_of(minutes=minutes or 0, days=days or 0)


def _calendars(wanted: set[UUID | None]) -> dict[UUID | None, tuple[str, Calendar]]:
    """Names and working time by id; under None the organisation's default calendar."""
    chosen = Q(pk__in=[key for key in wanted if key])
    if None in wanted:
        chosen |= Q(is_default=True)
    rows = list(WorkingCalendar.objects.filter(chosen).values_list(*_COLUMNS))
    hours: dict[UUID, list[Any]] = defaultdict(list)
    for key, *_, weekday, opens, closes in rows:
        if opens is not None:
            hours[key].append((weekday, opens, closes))
    own: dict[UUID, set[Any]] = defaultdict(set)
    for key, day in ClosedDay.objects.filter(calendar__in=hours).values_list("calendar", "day"):
        own[key].add(day)
    found: dict[UUID | None, tuple[str, Calendar]] = {}
    for key, name, is_default, is_always, zone, home, country, part, *_ in rows:
        closed = Closed(country, part, frozenset(own[key]))
        week = Calendar(zone or home, tuple(hours[key]), closed)
        entry = (name, round_the_clock(zone or home) if is_always else week)
        found[key] = entry
        if is_default:
            found[None] = entry
    return found


def words_of(row: SlaPolicy) -> str:
    """What the policy asks for, for people: “corrective work, critical priority”; “all work” without conditions."""
    parts = [
        f"{row.get_kind_display().lower()} work" if row.kind else "",
        row.get_task_type_display().lower() if row.task_type else "",
        f"category {row.get_category_display().lower()}" if row.category else "",
        f"{Schedule.Priority(row.priority).label.lower()} priority" if row.priority else "",
        f"resources of the type {row.resource_type}" if row.resource_type_id else "",
    ]
    return ", ".join(part for part in parts if part) or "all work"


def promise_of(row: SlaPolicy, minutes: int | None, days: int | None) -> str:
    """A target of the policy in words; a dash for none."""
    found = target(minutes, days)
    if found is None:
        return "–"
    is_always = row.calendar is not None and row.calendar.is_round_the_clock
    return levels.target_in_words(found, is_round_the_clock=is_always)
