"""What speaks for a person and what against, in words."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from accounts.rules.shifts import Change, Stretch
from core.rules import moments

if TYPE_CHECKING:
    from worklogs.rules.assignment import Candidate
    from worklogs.rules.workload import Job


def hours(minutes: int) -> str:
    """“45 min”, “3 h”, “3.5 h”."""
    if minutes < 60:
        return f"{minutes} min"
    return f"{round(minutes / 60, 1):g} h"


def listed(names: Sequence[str]) -> str:
    """“A”, “A and B”, “A, B and C”."""
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))


class Words:
    """Sentences with the names of skills and teams, on the clock of `zone`."""

    def __init__(self, zone: str, skills: Mapping[Any, str], teams: Mapping[Any, str]) -> None:
        self.zone, self.skills, self.teams = ZoneInfo(zone), skills, teams
        self._known: dict[frozenset[Any], str] = {}

    def _names(self, skills: Iterable[Any]) -> str:
        """Said once for each set of skills: many people lack the same."""
        key = frozenset(skills)
        if key not in self._known:
            self._known[key] = listed(sorted(self.skills.get(skill, "a skill") for skill in key))
        return self._known[key]

    def skilled(self, skills: Iterable[Any]) -> str:
        names = self._names(skills)
        return f"can do {names}" if names else ""

    def when(self, stretch: Stretch, *, is_late: bool) -> str:
        day = moments.day(stretch.day)
        start, end = (moment.astimezone(self.zone) for moment in (stretch.start, stretch.end))
        shift = f"on shift {day}, {start:%H:%M}–{end:%H:%M}"
        return f"{shift}, which is after it is due" if is_late else shift

    def load(self, minutes: int, capacity: int, *, is_least: bool) -> str:
        planned = f"{hours(minutes)} of {hours(capacity)} planned" if minutes else "nothing planned"
        return f"least busy ({planned})" if is_least else planned

    def knows(self) -> str:
        return "did the last job on this resource"

    def place(self, *, is_home: bool, is_near: bool) -> str:
        if is_home:
            return "usually works here"
        return "works close by in the same shift" if is_near else ""

    def not_in_team(self, team: Any) -> str:
        return f"is not in the team {self.teams.get(team, 'that the order names')}"

    def lacks(self, skills: Iterable[Any]) -> str:
        return f"has not the skill {self._names(skills)}"

    def no_certificate(self, skills: Iterable[Any], day: date) -> str:
        return f"has no certificate for {self._names(skills)} that is valid on {moments.day(day)}"

    def no_shift(self, absences: Sequence[Change]) -> str:
        if absences:
            return self.away(absences[-1])
        return "has no shift in the next two weeks"

    def away(self, absence: Change) -> str:
        return f"is absent until {moments.day_and_time(absence.end, self.zone)}"

    def not_on_shift(self, start: datetime, end: datetime) -> str:
        return f"is not on shift {self._span(start, end)}"

    def busy(self, start: datetime, end: datetime) -> str:
        return f"has other work {self._span(start, end)}"

    def no_room(self) -> str:
        return "has no room in the next two weeks"

    def _span(self, start: datetime, end: datetime) -> str:
        return f"{moments.day_and_time(start, self.zone)}–{end.astimezone(self.zone):%H:%M}"

    def nobody(self, job: "Job", refused: Sequence["Candidate"]) -> str:
        """Why nobody could be found, the most frequent obstacle first."""
        if not refused:
            return "There is nobody who can be given work. Invite technicians first."
        if all(job.skills - set(one.person.skills) for one in refused):
            if len(job.skills) == 1:
                return f"Nobody has the skill {self._names(job.skills)}."
            return f"Nobody has all of the skills {self._names(job.skills)}."
        if not any(one.person.slots for one in refused):
            return "Nobody has a shift in the next two weeks. Plan shifts, or choose somebody yourself."
        counted = Counter(one.refusal for one in refused).most_common(3)
        parts = [self._part(refusal, count, refused) for refusal, count in counted]
        rest = len({one.refusal for one in refused}) - len(parts)
        return "Nobody is free: " + "; ".join(parts) + (f"; and {rest} more." if rest else ".")

    def _part(self, refusal: str, count: int, refused: Sequence["Candidate"]) -> str:
        if count > 1:
            return f"{count} people: {refusal}"
        return next(f"{one.person.name} {refusal}" for one in refused if one.refusal == refusal)
