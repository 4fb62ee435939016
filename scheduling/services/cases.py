"""Loading due states for the engine and storing what it decided, set-based: the only writer of due dates."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from operator import attrgetter
from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import Min

from accounts.models import Organization
from core.ids import new_id
from core.querysets import lean, rowset
from scheduling import states
from scheduling.models import DueState, Occurrence, Schedule
from scheduling.rules import due, zones
from scheduling.rules.due import Dated, Plan, Projection, Standing
from scheduling.services.plans import begun, plan_of

if TYPE_CHECKING:
    from accounts.models import User

_RESOURCE = Schedule._meta.get_field("resource")
_PENDING = frozenset({states.OPEN, states.PLANNED})
_OCCURRENCE_FIELDS = [
    "due_at",
    "overdue_at",
    "status",
    "opened_at",
    "due_told_at",
    "overdue_told_at",
    "performed_at",
    "is_compliant",
    "closed_at",
    "closed_by_id",
    "reason",
    "updated_at",
]
_NEW_OCCURRENCE = [
    "pk",
    "schedule_id",
    "resource_id",
    "occurrence_key",
    "created_at",
    *_OCCURRENCE_FIELDS,
]
_STATE_FIELDS = [
    "position",
    "baseline_on",
    "last_done_at",
    "next_due_at",
    "next_due_key",
    "overdue_at",
    "attention_at",
    "updated_at",
]
_EMPTY = dict.fromkeys(_OCCURRENCE_FIELDS) | {"reason": ""}
_changed_values = attrgetter("pk", *_OCCURRENCE_FIELDS)
_new_values = attrgetter(*_NEW_OCCURRENCE)
_state_values = attrgetter("pk", *_STATE_FIELDS)


@dataclass(slots=True)
class Case:
    """One due state with its plan and its open and planned occurrences.

    `ahead` remembers the next date found while entering, for the standing it was found for.
    """

    state: DueState
    schedule: Schedule
    plan: Plan
    pending: list[Dated]
    rows: dict[str, Occurrence]
    ahead: tuple[Standing, Dated | None] | None = None
    touched: dict[str, Dated] = field(default_factory=dict)
    performed: dict[str, tuple[datetime, bool | None]] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)

    @property
    def is_halted(self) -> bool:
        """Paused, deleted or retired: nothing comes due."""
        schedule = self.schedule
        return (
            not schedule.is_active
            or schedule.deleted_at is not None
            or self.state.resource.status == "retired"
        )

    @property
    def standing(self) -> Standing:
        """How far it has come."""
        return Standing(self.state.position, self.state.baseline_on)

    def touch(self, occurrences: Iterable[Dated]) -> None:
        """Remember occurrences whose rows have to be written."""
        for occurrence in occurrences:
            self.touched[occurrence.key] = occurrence


def lock(schedules: Iterable[UUID], *, wait: bool = True) -> set[UUID]:
    """Lock schedules until the transaction ends: the one lock over their due states, taken before these are read.

    Always in the same order. Without `wait`, those that somebody else holds are left out (SQLite has one writer at a
    time anyway). Returns what is held.
    """
    rows = Schedule.objects.filter(pk__among=set(schedules)).order_by("pk")
    held = rows.select_for_update(of=("self",), no_key=True, skip_locked=not wait)
    return set(held.values_list("pk", flat=True))


def load(due_states: Sequence[DueState]) -> list[Case]:
    """The cases of `due_states`, which come from `for_engine`. Two queries at most."""
    _share(due_states)
    pending: dict[tuple[UUID, UUID], list[Occurrence]] = {}
    schedule_ids = {state.schedule_id for state in due_states}
    for row in Occurrence.objects.pending().filter(schedule__pk__among=schedule_ids):
        pending.setdefault((row.schedule_id, row.resource_id), []).append(row)
    cases = []
    for state in due_states:
        rows = pending.get((state.schedule_id, state.resource_id), [])
        cases.append(
            Case(
                state=state,
                schedule=state.schedule,
                plan=begun(plan_of(state.schedule, state.resource), state.joined_at),
                pending=pending_of(rows),
                rows={row.occurrence_key: row for row in rows},
            )
        )
    return cases


def _share(due_states: Sequence[DueState]) -> None:
    """Give every schedule its resource and its organisation without loading them once per row."""
    organizations: dict[UUID, Organization] = {}
    for state in due_states:
        schedule = state.schedule
        if schedule.resource_id == state.resource_id:
            _RESOURCE.set_cached_value(schedule, state.resource)
        elif schedule.organization_id not in organizations:
            organizations[schedule.organization_id] = schedule.organization
        else:
            schedule.organization = organizations[schedule.organization_id]


def pending_of(rows: Iterable[Occurrence]) -> list[Dated]:
    """The open and planned of `rows`, as the engine sees them."""
    return [_dated(row) for row in rows if row.status in _PENDING]


def _dated(row: Occurrence) -> Dated:
    return Dated(
        key=row.occurrence_key,
        due_at=row.due_at,
        overdue_at=row.overdue_at,
        status=row.status,
        due_told=row.due_told_at is not None,
        overdue_told=row.overdue_told_at is not None,
    )


def catch_up(case: Case, *, now: datetime) -> None:
    """Give every date that has come by `now` its row; none while the schedule is halted."""
    finished = case.is_halted
    while not finished:
        advance = due.enter(case.plan, case.standing, case.pending, now=now)
        take(case, advance)
        finished = advance.finished


def take(case: Case, advance: due.Advance) -> None:
    """Carry the engine's decision over into the case."""
    case.state.position = max(case.state.position, advance.standing.position)
    for occurrence in advance.closed:
        move_baseline(case, let_go_on(occurrence.key, occurrence.due_at, case.plan.zone))
    case.pending = advance.pending
    if advance.finished:
        case.ahead = advance.standing, advance.coming
    case.touch(advance.closed)
    case.touch(advance.entered)


def move_baseline(case: Case, day: date | None) -> None:
    """A floating date counts from `day` on, unless it already counts from a later one."""
    if day is not None:
        case.state.baseline_on = max(case.state.baseline_on or day, day)


def skipped_on(key: str, due_at: datetime, zone: str) -> date:
    """The day from which a floating schedule goes on after a skip: the date's own, or the one it was moved to."""
    return max(due.local_of(key).date(), zones.local_date(due_at, zone))


def let_go_on(key: str, due_at: datetime, zone: str) -> date | None:
    """The same for a floating date that was superseded or missed; dates of a fixed series move no baseline."""
    return skipped_on(key, due_at, zone) if "~" in key else None


def store(cases: Sequence[Case], *, by: "User | None", now: datetime) -> None:
    """Write the occurrences touched and the projection of every case; a constant number of statements."""
    _store(cases, by=by, now=now)
    refresh_schedules([case.schedule for case in cases])


def store_checked(cases: Sequence[Case], *, now: datetime) -> None:
    """The same after a check, which moves and redefines nothing: schedules whose next date stays are not written."""
    former = [case.state.next_due_key for case in cases]
    _store(cases, by=None, now=now)
    changed = [
        case.schedule
        for case, key in zip(cases, former, strict=True)
        if case.state.next_due_key != key
    ]
    refresh_schedules(changed)


def _store(cases: Sequence[Case], *, by: "User | None", now: datetime) -> None:
    created: list[Occurrence] = []
    changed: list[Occurrence] = []
    for case in cases:
        for occurrence in case.touched.values():
            row = case.rows.get(occurrence.key)
            if row is None:
                row = _new_row(case, occurrence.key, now=now)
                case.rows[occurrence.key] = row
                created.append(row)
            else:
                changed.append(row)
            _fill(row, occurrence, by=by, now=now)
            row.reason = case.reasons.get(occurrence.key, row.reason)
            row.performed_at, row.is_compliant = case.performed.get(occurrence.key, (None, None))
        case.touched.clear()
        apply_projection(case)
        case.state.updated_at = now
    rowset.insert_rows(Occurrence, _NEW_OCCURRENCE, map(_new_values, created))
    rowset.update_rows(Occurrence, _OCCURRENCE_FIELDS, map(_changed_values, changed))
    rowset.update_rows(DueState, _STATE_FIELDS, (_state_values(case.state) for case in cases))


def _new_row(case: Case, key: str, *, now: datetime) -> Occurrence:
    state = case.state
    values = {
        **_EMPTY,
        "id": new_id(),
        "organization_id": state.organization_id,
        "schedule_id": state.schedule_id,
        "resource_id": state.resource_id,
        "occurrence_key": key,
        "created_at": now,
    }
    row: Occurrence = lean.bare(Occurrence, values)
    return row


def _fill(row: Occurrence, occurrence: Dated, *, by: "User | None", now: datetime) -> None:
    row.due_at = occurrence.due_at
    row.overdue_at = occurrence.overdue_at
    row.status = occurrence.status
    row.updated_at = now
    if occurrence.status == states.OPEN and row.opened_at is None:
        row.opened_at = now
    row.due_told_at = (row.due_told_at or now) if occurrence.due_told else None
    row.overdue_told_at = (row.overdue_told_at or now) if occurrence.overdue_told else None
    if occurrence.status in _PENDING:
        row.closed_at = row.closed_by_id = None
    elif row.closed_at is None:
        row.closed_at, row.closed_by_id = now, by.pk if by else None


def _projection(case: Case) -> Projection:
    if case.is_halted:
        return Projection()
    return due.project(case.plan, case.pending, _coming(case))


def _coming(case: Case) -> Dated | None:
    """The next date without a row; entering has just computed it when nothing happened since."""
    if case.ahead is not None and case.ahead[0] == case.standing:
        return case.ahead[1]
    return next(due.upcoming(case.plan, case.standing, case.pending), None)


def apply_projection(case: Case) -> None:
    """Set the columns that follow from the engine."""
    state, projection = case.state, _projection(case)
    state.next_due_at = projection.next_due_at
    state.next_due_key = projection.next_due_key
    state.overdue_at = projection.overdue_at
    state.attention_at = projection.attention_at


def refresh_schedules(schedules: Iterable[Schedule]) -> None:
    """Repeat the earliest due date of their due states on the schedules, where it differs. Call with the lock."""
    by_id = {schedule.pk: schedule for schedule in schedules}
    if not by_id:
        return
    stored = Schedule.objects.filter(pk__among=by_id).values_list("pk", "next_due_at", "overdue_at")
    earliest = {
        key: (due_at, overdue_at)
        for key, due_at, overdue_at in DueState.objects.filter(schedule__pk__among=by_id)
        .values_list("schedule")
        .annotate(due=Min("next_due_at"), overdue=Min("overdue_at"))
        .order_by()
    }
    changed = []
    for key, *former in stored:
        schedule = by_id[key]
        schedule.next_due_at, schedule.overdue_at = earliest.get(key, (None, None))
        if [schedule.next_due_at, schedule.overdue_at] != former:
            changed.append((key, schedule.next_due_at, schedule.overdue_at))
    rowset.update_rows(Schedule, ["next_due_at", "overdue_at"], changed)
