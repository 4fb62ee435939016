"""Who is at work when, and who can do what on a day: everything of many people in a few questions."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from accounts.models import Certificate, PersonSkill, Shift, ShiftException, TeamMember
from accounts.rules.shifts import Change, Pattern, Stretch, stretches

#: A certificate's first and last day; none: for good.
Validity = tuple[date, date | None]


@dataclass(frozen=True, slots=True)
class Roster:
    """A person's time at work; `absences` are those that touch the asked-for time."""

    stretches: list[Stretch] = field(default_factory=list)
    absences: list[Change] = field(default_factory=list)


def rosters(
    users: Collection[UUID], *, start: datetime, end: datetime, zone: str
) -> dict[UUID, Roster]:
    """The time at work of each person in `[start, end)`, by shifts, teams' shifts, absences and extra shifts."""
    patterns, changes = _patterns(users), _changes(users, start, end)
    found = {}
    for user in users:
        own = changes[user]
        time = stretches(patterns[user], own, start=start, end=end, zone=zone)
        found[user] = Roster(time, [change for change in own if change.is_absence])
    return found


def teams_of(users: Collection[UUID]) -> dict[UUID, set[UUID]]:
    """The active teams of each person."""
    rows = TeamMember.objects.filter(user__in=list(users), team__is_active=True)
    found: dict[UUID, set[UUID]] = defaultdict(set)
    for user, team in rows.values_list("user", "team"):
        found[user].add(team)
    return found


def skills_of(users: Collection[UUID]) -> dict[UUID, dict[UUID, list[Validity] | None]]:
    """What each person can do: by skill, when certificates allow it; none: always."""
    held: dict[UUID, dict[UUID, list[Validity] | None]] = defaultdict(dict)
    keys = list(users)
    rows = PersonSkill.objects.filter(user__in=keys)
    for user, skill, is_bound in rows.values_list("user", "skill", "skill__needs_certificate"):
        held[user][skill] = [] if is_bound else None
    proofs = Certificate.objects.filter(user__in=keys, skill__needs_certificate=True)
    columns = ("user", "skill", "issued_on", "expires_on")
    for user, skill, first, last in proofs.order_by("issued_on").values_list(*columns):
        valid = held[user].get(skill)
        if valid is not None:
            valid.append((first, last))
    return held


def _patterns(users: Collection[UUID]) -> dict[UUID, list[Pattern]]:
    members: dict[UUID, list[UUID]] = defaultdict(list)
    for user, teams in teams_of(users).items():
        for team in teams:
            members[team].append(user)
    found: dict[UUID, list[Pattern]] = defaultdict(list)
    own = Shift.objects.filter(user__in=list(users))
    for shift in [*own, *Shift.objects.filter(team__in=list(members))]:
        pattern = _pattern(shift)
        for user in [shift.user_id] if shift.user_id else members[shift.team_id]:
            found[user].append(pattern)
    return found


def _pattern(shift: Any) -> Pattern:
    return Pattern(
        name=shift.name,
        weekdays=shift.weekdays,
        starts_at=shift.starts_at,
        ends_at=shift.ends_at,
        break_minutes=shift.break_minutes,
        valid_from=shift.valid_from,
        valid_until=shift.valid_until,
        is_own=shift.user_id is not None,
    )


def _changes(
    users: Collection[UUID], start: datetime, end: datetime
) -> dict[UUID, Sequence[Change]]:
    rows = ShiftException.objects.filter(user__in=list(users), ends_at__gt=start, starts_at__lt=end)
    found: dict[UUID, list[Change]] = defaultdict(list)
    for row in rows.order_by("starts_at"):
        is_absence = row.kind == ShiftException.Kind.ABSENCE
        found[row.user_id].append(Change(row.starts_at, row.ends_at, is_absence))
    return defaultdict(list, found)
