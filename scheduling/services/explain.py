"""Why this date? The facts behind a due date, in words."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from core.rules.moments import day, day_and_time, wall_time
from scheduling import states
from scheduling.models import DueState, Occurrence, Schedule
from scheduling.rules import due, forecasts, zones
from scheduling.rules.recurrence import Overflow
from scheduling.rules.words import in_words
from scheduling.services import cases
from scheduling.services.cases import Case
from scheduling.services.plans import recurrence_of

if TYPE_CHECKING:
    from accounts.models import User

MOST_DATES = 500


@dataclass(frozen=True, slots=True)
class Explanation:
    """The due date of a schedule on one resource and the reasons for it, most basic first."""

    resource_id: str
    resource: str
    next_due_at: datetime | None
    reasons: list[dict[str, str]]


def rule_text(schedule: Schedule) -> str:
    """The rule in words."""
    words = in_words(recurrence_of(schedule))
    return (
        f"{words}, counted from the last completion"
        if schedule.basis == Schedule.Basis.FLOATING
        else words
    )


def explain(
    schedule: Schedule,
    *,
    resource_id: UUID | None = None,
    limit: int = 50,
    seen_by: "User | None" = None,
) -> list[Explanation]:
    """Why each due date of the schedule is what it is, for one resource or up to `limit`, soonest first.

    With `seen_by`, only on resources whose dates that person may see.
    """
    due_states = _seen(DueState.objects.for_engine(), seen_by).filter(schedule=schedule)
    if resource_id is not None:
        due_states = due_states.filter(resource=resource_id)
    first = due_states.order_by("next_due_at", "pk")[:limit]
    return [_explanation(case) for case in cases.load(list(first))]


def _explanation(case: Case) -> Explanation:
    state = case.state
    reasons = [_reason("rule", rule_text(case.schedule))]
    reasons.append(
        _reason(
            "anchor",
            f"The series starts on {_shown(case.schedule.start_at, case)} ({case.plan.zone}).",
        )
    )
    reasons += _joined(case) + _halted(case)
    if state.next_due_at is not None:
        reasons += _position(case) + _this_date(case)
    return Explanation(str(state.resource_id), str(state.resource), state.next_due_at, reasons)


def _joined(case: Case) -> list[dict[str, str]]:
    begins_on = case.plan.begins_on
    if begins_on is None or begins_on <= case.plan.recurrence.start.date():
        return []
    return [
        _reason(
            "joined",
            f"It holds here since {day(begins_on)}: the resource joined then, or came back, or the schedule was "
            "restored. Earlier dates do not count.",
        )
    ]


def _halted(case: Case) -> list[dict[str, str]]:
    schedule = case.schedule
    if schedule.deleted_at:
        return [_reason("deleted", "The schedule is deleted, so nothing comes due.")]
    if not schedule.is_active:
        return [
            _reason(
                "paused",
                f"The schedule is paused, so nothing comes due. Reason: {schedule.pause_reason}",
            )
        ]
    if case.state.next_due_at is None:
        return [_reason("ended", "The series has ended: no date is left.")]
    return []


def _position(case: Case) -> list[dict[str, str]]:
    state = case.state
    if case.plan.floating:
        if state.baseline_on is None:
            return [_reason("baseline", "Nothing has been logged yet, so the start date counts.")]
        return [
            _reason(
                "baseline",
                f"It counts from {day(state.baseline_on)}, the last completion or skip.",
            )
        ]
    if not state.position:
        which = "from that day on" if _joined(case) else "of the series"
        return [_reason("baseline", f"It is the first date {which}.")]
    done = f" Last completed on {_shown(state.last_done_at, case)}." if state.last_done_at else ""
    return [_reason("baseline", f"A late completion does not shift the series.{done}")]


def _this_date(case: Case) -> list[dict[str, str]]:
    state = case.state
    reasons = []
    nominal = due.local_of(state.next_due_key)
    row = case.rows.get(state.next_due_key)
    recurrence = case.plan.recurrence
    if row is not None and row.status == states.OPEN:
        reasons.append(
            _reason(
                "open", "This date is open: it stays until it is completed, skipped or superseded."
            )
        )
    if state.next_due_at is not None and zones.to_utc(nominal, case.plan.zone) != state.next_due_at:
        reasons.append(_reason("moved", f"It was moved by hand from {wall_time(nominal)}."))
    if (
        recurrence.unit in {"month", "year"}
        and nominal.day != recurrence.start.day
        and not case.plan.floating
    ):
        how = (
            "the month's last day"
            if recurrence.overflow == Overflow.CLAMP
            else "the first day of the next month"
        )
        reasons.append(
            _reason("clamp", f"The month has no day {recurrence.start.day}, so {how} is taken.")
        )
    if zones.to_local(zones.to_utc(nominal, case.plan.zone), case.plan.zone) != nominal:
        reasons.append(
            _reason("clock change", "The clocks go forward then, so the time is shifted forward.")
        )
    if case.plan.late_days:
        reasons.append(
            _reason(
                "tolerance",
                f"{case.plan.early_days} day{'' if case.plan.early_days == 1 else 's'} before and "
                f"{case.plan.late_days} after still count as on time.",
            )
        )
    return reasons


def _reason(kind: str, text: str) -> dict[str, str]:
    return {"kind": kind, "text": text}


def _shown(moment: datetime | None, case: Case) -> str:
    return day_and_time(moment, case.plan.zone) if moment else ""


def forecast(
    schedule: Schedule,
    *,
    start: datetime,
    end: datetime,
    now: datetime,
    limit: int = 50,
    seen_by: "User | None" = None,
) -> list[dict[str, Any]]:
    """The dates of a schedule in `[start, end)` on all its resources, with and without rows; writes nothing.

    With `seen_by`, only on resources whose dates that person may see.
    """
    limit = min(limit, MOST_DATES)
    rows = _seen(Occurrence.objects.all(), seen_by).filter(schedule=schedule)
    stored = rows.in_window(start, end).order_by("due_at", "pk")
    found = [_stored_date(row) for row in stored.select_related("resource")[:limit]]
    known = {(item["resource"], item["key"]) for item in found}
    if schedule.is_active and schedule.deleted_at is None:
        due_states = _seen(DueState.objects.for_engine(), seen_by).filter(schedule=schedule)
        soonest = due_states.order_by("next_due_at", "pk")[:MOST_DATES]
        for case in cases.load(list(soonest)):
            found += [
                _coming_date(case, occurrence)
                for occurrence in forecasts.forecast(
                    case.plan,
                    case.standing,
                    case.pending,
                    start=start,
                    end=end,
                    now=now,
                    limit=limit,
                )
                if (str(case.state.resource_id), occurrence.key) not in known
            ]
    return sorted(found, key=lambda item: (item["due_at"], item["resource"]))[:limit]


def _seen(rows: Any, user: "User | None") -> Any:
    return rows if user is None else rows.visible_to(user)


def _stored_date(row: Occurrence) -> dict[str, Any]:
    return {
        "id": str(row.pk),
        "key": row.occurrence_key,
        "resource": str(row.resource_id),
        "resource_name": row.resource.name,
        "due_at": row.due_at,
        "overdue_at": row.overdue_at,
        "status": row.status,
    }


def _coming_date(case: Case, occurrence: due.Dated) -> dict[str, Any]:
    return {
        "id": None,
        "key": occurrence.key,
        "resource": str(case.state.resource_id),
        "resource_name": case.state.resource.name,
        "due_at": occurrence.due_at,
        "overdue_at": occurrence.overdue_at,
        "status": "scheduled" if occurrence.status == states.PLANNED else occurrence.status,
    }


def days_until(moment: datetime | None, *, now: datetime, zone: str) -> int | None:
    """Calendar days in `zone` from today to `moment`; negative when it has passed."""
    if moment is None:
        return None
    return (zones.local_date(moment, zone) - zones.local_date(now, zone)) // timedelta(days=1)
