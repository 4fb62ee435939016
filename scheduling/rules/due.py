"""The due engine: from a plan and what has happened to what is due now and next (DOMAIN, "Recurrence and due dates").

Pure functions of their arguments; every moment is aware UTC unless it is called local. A day means a local calendar
day in the plan's zone. The daily check, a log, a skip, a move, a resume and the rebuild all use these functions, so
that what is stored can be recomputed at any time.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from scheduling import states
from scheduling.rules import recurrence as series
from scheduling.rules import zones
from scheduling.rules.recurrence import Recurrence

#: The check tells people at the latest on the day before (REQUIREMENTS B9).
SHORTEST_NOTICE_DAYS = 1
#: What becomes of an open date when a newer one was done in time, by backlog policy; a stack keeps it.
LEFT = {"one_open": states.MISSED, "supersede": states.SUPERSEDED}


class Stage(StrEnum):
    """What a person is told about an open occurrence; each is told once."""

    DUE = "due"
    OVERDUE = "overdue"


@dataclass(frozen=True, slots=True)
class Plan:
    """The part of a schedule that decides about dates, on one resource in its `zone`.

    `early_days` and `late_days` are the tolerance around the due day. People are told `notice_days` before it; the
    occurrence opens `opening_days` before it (never later than people are told). `begins_on`: the series has no date
    here before that day, because the resource joined a running schedule then.
    """

    recurrence: Recurrence
    zone: str
    floating: bool = False
    early_days: int = 0
    late_days: int = 0
    notice_days: int = SHORTEST_NOTICE_DAYS
    opening_days: int = SHORTEST_NOTICE_DAYS
    backlog: str = "one_open"
    begins_on: date | None = None


@dataclass(slots=True)
class Dated:
    """An occurrence as the engine sees it; `due_at` differs from the key's moment when somebody moved it."""

    key: str
    due_at: datetime
    overdue_at: datetime
    status: str = states.PLANNED
    due_told: bool = False
    overdue_told: bool = False
    stored: bool = True


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a due state has come: the key of the last date with a row, and the day a floating plan counts from."""

    position: str = ""
    baseline_on: date | None = None


@dataclass(frozen=True, slots=True)
class Projection:
    """What is stored of a due state; all empty when nothing is to come."""

    next_due_at: datetime | None = None
    next_due_key: str = ""
    overdue_at: datetime | None = None
    attention_at: datetime | None = None


@dataclass(slots=True)
class Advance:
    """What entering new dates changed, and the date that comes after them.

    `finished` is false when `limit` stopped it before all were entered.
    """

    standing: Standing
    pending: list[Dated]
    coming: Dated | None = None
    entered: list[Dated] = field(default_factory=list)
    closed: list[Dated] = field(default_factory=list)
    finished: bool = True


class Effect(StrEnum):
    """What a log does to the due dates."""

    SATISFIED = "satisfied"
    EXTRA = "extra"
    REPEAT = "repeat"


@dataclass(frozen=True, slots=True)
class Settlement:
    """The occurrence a log satisfies, if any, and whether it was performed inside the tolerance.

    `left` are older open ones that are given up with it, to become what `LEFT` says.
    """

    effect: Effect
    occurrence: Dated | None = None
    is_compliant: bool | None = None
    left: tuple[Dated, ...] = ()


def key_of(local: datetime, *, baseline_on: date | None = None) -> str:
    """The occurrence's name: its nominal local wall time, and what a floating date counts from."""
    key = local.isoformat(timespec="seconds" if local.second else "minutes")
    return f"{key}~{baseline_on.isoformat()}" if baseline_on else key


def local_of(key: str) -> datetime:
    """The nominal local wall time in an occurrence key."""
    return datetime.fromisoformat(key.partition("~")[0])


def predates(key: str, day: date) -> bool:
    """Whether `day` is not after the one that the floating date `key` counts from."""
    baseline = key.partition("~")[2]
    return bool(baseline) and day.isoformat() <= baseline


def earliest_baseline(key: str, otherwise: date) -> date:
    """The first day that can follow the one a floating date `key` counts from."""
    baseline = key.partition("~")[2]
    return date.fromisoformat(baseline) + timedelta(days=1) if baseline else otherwise


def overdue_moment(plan: Plan, due_at: datetime) -> datetime:
    """The end of the tolerance: midnight after the last day on which the work still counts as in time."""
    return _day_before(plan, due_at, -plan.late_days - 1)


def window_start(plan: Plan, due_at: datetime) -> datetime:
    """The beginning of the tolerance: midnight at the start of the first day on which the work counts."""
    return _day_before(plan, due_at, plan.early_days)


def _day_before(plan: Plan, due_at: datetime, days: int) -> datetime:
    return zones.start_of_day(zones.local_date(due_at, plan.zone) - timedelta(days=days), plan.zone)


def dated(plan: Plan, local: datetime, *, baseline_on: date | None = None) -> Dated:
    """A date of the series that has no row yet."""
    due_at = zones.to_utc(local, plan.zone)
    key = key_of(local, baseline_on=baseline_on if plan.floating else None)
    return Dated(key=key, due_at=due_at, overdue_at=overdue_moment(plan, due_at), stored=False)


def upcoming(plan: Plan, standing: Standing, pending: Iterable[Dated]) -> Iterator[Dated]:
    """The dates after the last one with a row, in order; one that was moved comes with its moved date.

    A floating plan has at most one: what follows is known only when that one is done.
    """
    planned = {o.key: o for o in pending if o.status == states.PLANNED}
    if plan.floating:
        if any(occurrence.status == states.OPEN for occurrence in pending):
            return
        local = (
            series.floating_next(plan.recurrence, day, not_before=plan.begins_on)
            if (day := standing.baseline_on)
            else next(anchored(plan, standing), None)
        )
        locals_: Iterator[datetime] = iter([local] if local else [])
    else:
        locals_ = anchored(plan, standing)
    for local in locals_:
        fresh = dated(plan, local, baseline_on=standing.baseline_on)
        yield planned.get(fresh.key, fresh)


def anchored(plan: Plan, standing: Standing) -> Iterator[datetime]:
    """The nominal dates of the series after the last one with a row."""
    first = datetime.combine(plan.begins_on, time.min) if plan.begins_on else datetime.min
    if standing.position and (last := local_of(standing.position)) >= first:
        return series.after(plan.recurrence, last)
    return series.after(plan.recurrence, max(first, plan.recurrence.start), inclusive=True)


def _entry_moment(plan: Plan, occurrence: Dated, *, something_open: bool) -> datetime:
    """When a date gets its row: when it opens, or, behind an open one, when the backlog policy has to decide."""
    if something_open and plan.backlog == "one_open":
        return occurrence.overdue_at
    if something_open and plan.backlog == "supersede":
        return _day_before(plan, occurrence.due_at, 0)
    return _day_before(plan, occurrence.due_at, plan.opening_days)


def enter(
    plan: Plan, standing: Standing, pending: list[Dated], *, now: datetime, limit: int = 500
) -> Advance:
    """Give every date that has come its row, by the backlog policy: open, missed, or open and superseding.

    After downtime this finds everything again, oldest first. At most `limit` dates per call.
    """
    opened = sorted((o for o in pending if o.status == states.OPEN), key=lambda o: o.due_at)
    planned = [o for o in pending if o.status == states.PLANNED]
    advance = Advance(standing=standing, pending=pending)
    dates = upcoming(plan, standing, pending)
    while True:
        advance.coming = coming = next(dates, None)
        if coming is None or _entry_moment(plan, coming, something_open=bool(opened)) > now:
            break
        if len(advance.entered) == limit:
            advance.finished = False
            break
        coming.status = states.OPEN
        planned = [o for o in planned if o.key != coming.key]
        if opened and plan.backlog == "one_open":
            coming.status = states.MISSED
        elif opened and plan.backlog == "supersede":
            advance.closed += [
                replace(older, status=states.SUPERSEDED) for older in opened if older.stored
            ]
            for older in opened:
                older.status = states.SUPERSEDED
            opened = [coming]
        else:
            opened.append(coming)
        advance.entered.append(coming)
        advance.standing = Standing(coming.key, standing.baseline_on)
    advance.pending = opened + planned
    return advance


def tell(plan: Plan, pending: Iterable[Dated], *, now: datetime) -> list[tuple[Dated, Stage]]:
    """What people have to be told now about open occurrences, marking it as told. Overdue outranks due."""
    told: list[tuple[Dated, Stage]] = []
    for occurrence in pending:
        if occurrence.status != states.OPEN:
            continue
        if not occurrence.overdue_told and occurrence.overdue_at <= now:
            occurrence.due_told = occurrence.overdue_told = True
            told.append((occurrence, Stage.OVERDUE))
        elif (
            not occurrence.due_told
            and _day_before(plan, occurrence.due_at, plan.notice_days) <= now
        ):
            occurrence.due_told = True
            told.append((occurrence, Stage.DUE))
    return told


def project(plan: Plan, pending: list[Dated], coming: Dated | None) -> Projection:
    """What is due next, when it becomes overdue, and when the check has to look again. Independent of the clock.

    `coming` is the first of `upcoming`.
    """
    opened = sorted((o for o in pending if o.status == states.OPEN), key=lambda o: o.due_at)
    moments = [_untold_moment(plan, occurrence) for occurrence in opened]
    if coming is not None:
        moments.append(_entry_moment(plan, coming, something_open=bool(opened)))
    first = opened[0] if opened else coming
    if first is None:
        return Projection()
    return Projection(
        next_due_at=first.due_at,
        next_due_key=first.key,
        overdue_at=first.overdue_at,
        attention_at=min((moment for moment in moments if moment is not None), default=None),
    )


def _untold_moment(plan: Plan, occurrence: Dated) -> datetime | None:
    if not occurrence.due_told and not occurrence.overdue_told:
        return min(_day_before(plan, occurrence.due_at, plan.notice_days), occurrence.overdue_at)
    return None if occurrence.overdue_told else occurrence.overdue_at


def left_out_by_pause(
    plan: Plan, standing: Standing, pending: list[Dated], *, now: datetime
) -> list[Dated]:
    """The dates that fell due during a pause and are recorded as skipped on resume, oldest first.

    A pause is a decision not to do the work: under `one_open` and `supersede` only the latest of them comes due, and
    none under `one_open` when an older one is still open; under `stack` all of them do.
    """
    if plan.backlog == "stack" or plan.floating:
        return []
    passed: list[Dated] = []
    for occurrence in upcoming(plan, standing, pending):
        if occurrence.due_at > now:
            break
        passed.append(occurrence)
    keep_latest = plan.backlog == "supersede" or not any(o.status == states.OPEN for o in pending)
    return passed[:-1] if keep_latest else passed


def settle(
    plan: Plan,
    standing: Standing,
    pending: list[Dated],
    *,
    performed_at: datetime,
    done_that_day: bool = False,
    chosen_key: str = "",
    counts: bool | None = None,
) -> Settlement:
    """Which occurrence work performed at `performed_at` satisfies.

    Inside the tolerance of an open one or of the next: that occurrence, compliant; what is older and still open was
    not done, and is given up unless the backlog is a stack. Later: the oldest open one, late. Earlier: extra work,
    unless `counts` (default: no for fixed, yes for floating plans). `chosen_key` names the occurrence that the person
    picked. Work logged twice on one day (`done_that_day`) changes nothing more, nor does work that is not after the
    day a floating date counts from.
    """
    nothing_more = Settlement(Effect.REPEAT if done_that_day else Effect.EXTRA)
    day = zones.local_date(performed_at, plan.zone)
    opened = sorted((o for o in pending if o.status == states.OPEN), key=lambda o: o.due_at)
    coming = next(upcoming(plan, standing, pending), None)
    if chosen_key:
        found = next((o for o in [*opened, coming] if o is not None and o.key == chosen_key), None)
        if found is None or predates(found.key, day):
            return nothing_more
        return _satisfied(plan, found, performed_at)
    if done_that_day and not any(zones.local_date(o.due_at, plan.zone) == day for o in opened):
        return nothing_more
    candidates = [*opened, *([coming] if coming else [])]
    inside = (o for o in candidates if _is_inside(plan, o, performed_at))
    target = next(inside, candidates[0] if candidates else None)
    if target is None or predates(target.key, day):
        return nothing_more
    early_counts = plan.floating if counts is None else counts
    if performed_at < window_start(plan, target.due_at) and not early_counts:
        return Settlement(Effect.EXTRA)
    settlement = _satisfied(plan, target, performed_at)
    if plan.backlog == "stack":
        return settlement
    return replace(settlement, left=tuple(o for o in opened if o.due_at < target.due_at))


def _satisfied(plan: Plan, occurrence: Dated, performed_at: datetime) -> Settlement:
    return Settlement(Effect.SATISFIED, occurrence, _is_inside(plan, occurrence, performed_at))


def _is_inside(plan: Plan, occurrence: Dated, performed_at: datetime) -> bool:
    return window_start(plan, occurrence.due_at) <= performed_at < occurrence.overdue_at
