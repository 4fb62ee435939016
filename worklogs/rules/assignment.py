"""Who is to do which work, and why (REQUIREMENTS C3). Exact: the same facts give the same answer.

What must hold: the skills, with certificates valid on the day of the work; the team, where the order names one; a
shift at the order's time, else any shift with room; never two things at once. Among those who can do it in time, the
work goes to whom it keeps the loads balanced; where that leaves a choice, to whoever did the last job on the resource,
then to whoever works nearest. Balanced means: nobody is given a job that would put them ahead of the least loaded by
more than the longest job in hand, so that equal jobs are spread evenly.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from accounts.rules.shifts import Change
from worklogs.rules import workload
from worklogs.rules.assignment_words import Words
from worklogs.rules.workload import Job, Key, Path, Slot

#: First and last day of a certificate; none: for good.
Validity = tuple[date, date | None]
#: No distance is known.
_ANYWHERE = 99
#: As many steps in the tree are close by: the next room of the same floor.
_NEAR = 2


@dataclass(slots=True)
class Person:
    """Somebody who may be given work. `load` are the minutes of all their open work, `capacity` those of their shifts.

    `skills`: by skill, when certificates allow it; none: always. `last_done`: resources on which theirs was the last
    job. `longest`: the longest job they have.
    """

    key: Key
    name: str
    slots: list[Slot] = field(default_factory=list)
    skills: Mapping[Key, Sequence[Validity] | None] = field(default_factory=dict)
    teams: frozenset[Key] = frozenset()
    absences: Sequence[Change] = ()
    load: int = 0
    capacity: int = 0
    longest: int = 0
    home: Path = ()
    last_done: frozenset[Key] = frozenset()

    def take(self, job: Job) -> None:
        """Their work from now on."""
        workload.put(self.slots, job)
        self.load += job.minutes
        self.longest = max(self.longest, job.minutes)

    @property
    def share(self) -> float:
        """Planned work as a part of the time at work."""
        return self.load / self.capacity if self.capacity else float("inf")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A person for a job. `refusal`: why not, in words; else `reasons` say what speaks for them and against.

    `is_late`: their first free time is after the job is due.
    """

    person: Person
    slot: Slot | None = None
    reasons: tuple[str, ...] = ()
    refusal: str = ""
    is_late: bool = False
    knows_resource: bool = False
    distance: int = _ANYWHERE

    @property
    def fit(self) -> tuple[bool, int, float, str]:
        """Smaller is better, between people whom balance allows alike."""
        return (not self.knows_resource, self.distance, *self.by_load)

    @property
    def by_load(self) -> tuple[float, str]:
        """The least busy first."""
        return (self.person.share, str(self.person.key))


@dataclass(frozen=True, slots=True)
class Choice:
    """What becomes of a job: somebody with the reasons, or nobody and why."""

    job: Job
    person: Person | None
    reasons: tuple[str, ...]


def assign(jobs: Iterable[Job], people: Sequence[Person], *, words: Words) -> list[Choice]:
    """Give every job to somebody, in the order given; each takes its time from what the next finds."""
    waiting = list(jobs)
    longest = max((job.minutes for job in waiting), default=0)
    found = []
    for job in waiting:
        able, refused = _sorted(job, people, words, longest)
        if not able:
            found.append(Choice(job, None, (words.nobody(job, refused),)))
            continue
        best = _told(job, able[0], _least(able), words)
        best.person.take(job)
        found.append(Choice(job, best.person, best.reasons))
    return found


def rank(job: Job, people: Sequence[Person], *, words: Words, longest: int = 0) -> list[Candidate]:
    """Everybody, the best first; those who cannot come last, each with why. `longest`: of the jobs in hand."""
    able, refused = _sorted(job, people, words, longest)
    least = _least(able)
    refused.sort(key=lambda one: (one.person.name, str(one.person.key)))
    return [*(_told(job, one, least, words) for one in able), *refused]


def _sorted(
    job: Job, people: Sequence[Person], words: Words, longest: int
) -> tuple[list[Candidate], list[Candidate]]:
    """Who can do the job, the best first, and who cannot."""
    looked = [_look(job, person, words) for person in people]
    able = [one for one in looked if one.slot]
    in_time, late = _by_time(job, able)
    refused = [one for one in looked if one.refusal]
    return [*_balanced(job, in_time, longest), *_balanced(job, late, longest)], refused


def _by_time(job: Job, able: Sequence[Candidate]) -> tuple[list[Candidate], list[Candidate]]:
    """Who has room before the job is due, or in the first shift of all where that is later; and who has it after."""
    slots = [one.slot.stretch for one in able if one.slot]
    if job.start is not None or job.due_at is None or not slots:
        return list(able), []
    deadline = max(job.due_at, min(slot.end for slot in slots))
    in_time: list[Candidate] = []
    late: list[Candidate] = []
    for one in able:
        if one.slot and one.slot.stretch.start < deadline:
            in_time.append(one)
        else:
            late.append(replace(one, is_late=True))
    return in_time, late


def _least(able: Sequence[Candidate]) -> float:
    return min((one.person.share for one in able), default=0.0)


def _balanced(job: Job, able: Sequence[Candidate], longest: int) -> list[Candidate]:
    """First those whom the job keeps within one job of the least loaded, by fit; then the others by load."""
    if not able:
        return []
    scale = sum(one.person.capacity for one in able) / len(able)
    ahead = max(longest, job.minutes, *(one.person.longest for one in able))
    least = min(one.person.share for one in able)

    def is_fair(one: Candidate) -> bool:
        after = (one.person.load + job.minutes) / one.person.capacity
        is_least = one.person.share == least
        return is_least or after * scale <= least * scale + ahead + 1e-9

    fair = [_placed(job, one) for one in able if is_fair(one)]
    others = sorted((one for one in able if not is_fair(one)), key=lambda one: one.by_load)
    return [*sorted(fair, key=lambda one: one.fit), *others]


def _placed(job: Job, one: Candidate) -> Candidate:
    """With how far away the work of that shift is, else the usual place."""
    assert one.slot is not None  # noqa: S101 - those without are refused
    near = {other.path for other in one.slot.jobs if other.path} or {one.person.home}
    return replace(one, distance=min(distance(job.path, path) for path in near))


def _look(job: Job, person: Person, words: Words) -> Candidate:
    """Whether the person can do the job, and when."""
    if job.team is not None and job.team not in person.teams:
        return Candidate(person, refusal=words.not_in_team(job.team))
    if not job.skills <= person.skills.keys():
        return Candidate(person, refusal=words.lacks(job.skills - person.skills.keys()))
    if not person.capacity or not person.slots:
        return Candidate(person, refusal=words.no_shift(person.absences))
    if job.start is not None:
        return _at_its_time(job, person, words)
    return _when_free(job, person, words)


def _at_its_time(job: Job, person: Person, words: Words) -> Candidate:
    start, until = job.start, job.until
    assert start is not None  # noqa: S101 - the caller looked
    assert until is not None  # noqa: S101
    away = [one for one in person.absences if one.start < until and start < one.end]
    slot = workload.covering(person.slots, start, until)
    if away:
        return Candidate(person, refusal=words.away(away[0]))
    if slot is None:
        return Candidate(person, refusal=words.not_on_shift(start, until))
    if any(_meet(other, start, until) for other in slot.jobs):
        return Candidate(person, refusal=words.busy(start, until))
    return _certified(job, person, slot, words)


def _meet(other: Job, start: datetime, until: datetime) -> bool:
    ends = other.until
    return other.start is not None and ends is not None and other.start < until and start < ends


def _when_free(job: Job, person: Person, words: Words) -> Candidate:
    """In the next shift with room; one after the due date only where nobody has room before."""
    slot = workload.done_by(person.slots, job)
    if slot is None:
        return Candidate(person, refusal=words.no_room())
    return _certified(job, person, slot, words)


def _certified(job: Job, person: Person, slot: Slot, words: Words) -> Candidate:
    """Certificates count on the day of the work, so they are looked at last."""
    day = slot.stretch.day
    ended = [skill for skill in job.skills if not _is_valid(person.skills[skill], day)]
    if ended:
        return Candidate(person, refusal=words.no_certificate(ended, day))
    return Candidate(person, slot, knows_resource=job.resource in person.last_done)


def _is_valid(certificates: Sequence[Validity] | None, day: date) -> bool:
    if certificates is None:
        return True
    return any(first <= day and (last is None or day <= last) for first, last in certificates)


def distance(one: Path, other: Path) -> int:
    """How many steps lie between two resources, up the tree and down again."""
    if not one or not other:
        return _ANYWHERE
    shared = 0
    for mine, theirs in zip(one, other, strict=False):
        if mine != theirs:
            break
        shared += 1
    return len(one) + len(other) - 2 * shared if shared else _ANYWHERE


def _told(job: Job, one: Candidate, least: float, words: Words) -> Candidate:
    """The candidate with the reasons."""
    one = _placed(job, one)
    assert one.slot is not None  # noqa: S101 - those without are refused
    is_home = not one.slot.jobs and one.distance <= _NEAR
    reasons = (
        words.skilled(job.skills),
        words.when(one.slot.stretch, is_late=one.is_late),
        words.load(one.person.load, one.person.capacity, is_least=one.person.share == least),
        words.knows() if one.knows_resource else "",
        words.place(is_home=is_home, is_near=one.distance <= _NEAR),
    )
    return replace(one, reasons=tuple(filter(None, reasons)))
