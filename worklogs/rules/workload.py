"""Planned work against time at work: what a person's shifts still hold.

Work with a time is done then. Other work fills what is left, the soonest due first, from the first shift on.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from accounts.rules.shifts import Stretch

Key = Any
#: Resources from the root of the tree down to the one in question.
Path = tuple[str, ...]

#: How long work takes of which nobody said anything else: by task type, else by kind.
_USUAL = {
    "checkout_cleaning": 45,
    "stay_over_cleaning": 25,
    "deep_cleaning": 120,
    "turndown": 15,
    "setup": 45,
    "inspection": 30,
    "restocking": 30,
    "cleaning": 45,
    "preventive": 60,
    "emergency": 60,
}
_STANDARD = 60


@dataclass(frozen=True, slots=True)
class Job:
    """Work to be done. `start` where its time is fixed, `earliest` where it cannot begin before; `path` leads to its
    resource."""

    key: Key
    minutes: int
    path: Path = ()
    resource: Key = None
    skills: frozenset[Key] = frozenset()
    team: Key = None
    due_at: datetime | None = None
    start: datetime | None = None
    end: datetime | None = None
    earliest: datetime | None = None

    @property
    def until(self) -> datetime | None:
        """When work with a fixed time ends."""
        if self.start is None:
            return None
        return self.end or self.start + timedelta(minutes=self.minutes)


@dataclass(slots=True)
class Slot:
    """A stretch of a person's time and what is planned in it. `later`: minutes that only a later part can take."""

    stretch: Stretch
    planned: int = 0
    jobs: list[Job] = field(default_factory=list)
    later: list[tuple[datetime, int]] = field(default_factory=list)

    @property
    def free(self) -> int:
        """Minutes that are left; none when overloaded."""
        return max(0, self.stretch.capacity - self.planned)

    def free_for(self, job: Job) -> int:
        """Minutes that are left for the job: those from when it can begin, less what cannot be done before either."""
        if job.earliest is None or job.earliest <= self.stretch.start:
            return self.free
        if job.earliest >= self.stretch.end:
            return 0
        moments = {job.earliest, *(at for at, _ in self.later if at < job.earliest)}
        return max(0, min(self.free, *map(self._free_from, moments)))

    def _free_from(self, moment: datetime) -> int:
        rest = self.stretch.cut(moment, self.stretch.end).capacity
        return rest - sum(minutes for at, minutes in self.later if at >= moment)

    def take(self, job: Job, minutes: int) -> None:
        """Plan so many minutes of the job."""
        self.planned += minutes
        self.jobs.append(job)
        begin = job.start or job.earliest
        if begin is not None and self.stretch.start < begin < self.stretch.end:
            self.later.append((begin, minutes))


def usual_minutes(task_type: str, kind: str) -> int:
    """How long such work takes when nobody said anything else."""
    return _USUAL.get(task_type) or _USUAL.get(kind, _STANDARD)


def slots_of(stretches: Iterable[Stretch], *, now: datetime) -> list[Slot]:
    """What is left of the time at work from `now` on."""
    return [
        Slot(one if one.start >= now else one.cut(now, one.end))
        for one in stretches
        if one.end > now
    ]


def fill(slots: Sequence[Slot], jobs: Iterable[Job]) -> list[Job]:
    """Plan the jobs into the slots; returns what found no shift at all."""
    ordered = sorted(jobs, key=_order)
    return [job for job in ordered if not put(slots, job)]


def put(slots: Sequence[Slot], job: Job) -> bool:
    """Plan one job: at its time, else into what is free before it is due, else beyond, else into the last before it."""
    if job.start is not None:
        return _put_at(slots, job)
    left, touched = job.minutes, False
    for slot in slots:
        if left and (free := slot.free_for(job)):
            taken = min(left, free)
            slot.take(job, taken)
            left, touched = left - taken, True
    there = [slot for slot in slots if job.earliest is None or slot.stretch.end > job.earliest]
    if left and there:
        last = [slot for slot in there if job.due_at is None or slot.stretch.start < job.due_at]
        (last or there[:1])[-1].take(job, left)
        touched = True
    return touched


def done_by(slots: Sequence[Slot], job: Job) -> Slot | None:
    """The slot in which the job would end; none when the slots do not hold it."""
    left = job.minutes
    for slot in slots:
        free = slot.free_for(job)
        left -= free
        if left <= 0 and free:
            return slot
    return None


def covering(slots: Sequence[Slot], start: datetime, end: datetime) -> Slot | None:
    """The slot that holds `[start, end)` wholly."""
    return next((s for s in slots if s.stretch.start <= start and end <= s.stretch.end), None)


def _put_at(slots: Sequence[Slot], job: Job) -> bool:
    start, until = job.start, job.until
    assert start is not None  # noqa: S101 - the caller looked
    assert until is not None  # noqa: S101
    touching = [slot for slot in slots if slot.stretch.start < until and slot.stretch.end > start]
    if touching:
        touching[0].take(job, job.minutes)
    return bool(touching)


def _order(job: Job) -> tuple[Any, ...]:
    """Fixed times first, then by due date; the key makes the order total."""
    return (
        job.start is None,
        job.start.timestamp() if job.start else float(job.due_at is None),
        job.due_at.timestamp() if job.due_at else 0.0,
        str(job.key),
    )
