"""One date of a schedule on a resource: what it is, why it is there, and what may happen to it next."""

from dataclasses import dataclass
from datetime import datetime

from core.rules.moments import away, day_and_time, overdue_by
from scheduling import states
from scheduling.models import DueState, Occurrence
from scheduling.rules import zones
from scheduling.rules.due import local_of, overdue_moment
from scheduling.services import cases
from scheduling.services.explain import explain, rule_text

_CLOSED = {
    states.DONE: "completed",
    states.COVERED: "completed",
    states.SKIPPED: "skipped",
    states.MISSED: "missed",
    states.SUPERSEDED: "missed",
}


@dataclass(frozen=True, slots=True)
class AboutDate:
    """`status` is as the calendar colours it; `hint` says how far away the date is; `reasons` why it is there.

    `is_next`: it is the one that a completion or a skip would close.
    """

    key: str
    due_at: datetime
    status: str
    hint: str
    rule: str
    reasons: list[str]
    is_next: bool
    is_pending: bool


def about_date(state: DueState, key: str, *, now: datetime) -> AboutDate | None:
    """The date named `key`, with a row or to come; None when the key names no moment.

    `state` comes with `for_engine` loaded.
    """
    row = (
        Occurrence.objects.filter(
            schedule=state.schedule_id, resource=state.resource_id, occurrence_key=key
        )
        .select_related("closed_by")
        .first()
    )
    (case,) = cases.load([state])
    zone = case.plan.zone
    if row is not None:
        due_at, overdue_at = row.due_at, row.overdue_at
    else:
        try:
            due_at = zones.to_utc(local_of(key), zone)
            overdue_at = overdue_moment(case.plan, due_at)
        except (ValueError, OverflowError):
            return None
    closed = _CLOSED.get(row.status) if row is not None else None
    status = closed or ("overdue" if overdue_at <= now else "scheduled")
    is_next = key == state.next_due_key
    return AboutDate(
        key=key,
        due_at=due_at,
        status=status,
        hint=(
            overdue_by(due_at, now=now, zone=zone)
            if status == "overdue"
            else away(due_at, now=now, zone=zone)
        ),
        rule=rule_text(state.schedule),
        reasons=_why_closed(row, zone) if row is not None and closed else _why(state, is_next),
        is_next=is_next,
        is_pending=closed is None,
    )


def _why(state: DueState, is_next: bool) -> list[str]:
    reasons = explain(state.schedule, resource_id=state.resource_id)[0].reasons
    kept = reasons if is_next else [r for r in reasons if r["kind"] in {"anchor", "paused"}]
    texts = [reason["text"] for reason in kept if reason["kind"] != "rule"]
    if not is_next and state.next_due_at is not None:
        shown = day_and_time(state.next_due_at, state.resource.effective_time_zone)
        texts.append(f"The date to be completed next is {shown}; this one follows by the rule.")
    return texts


def _why_closed(row: Occurrence, zone: str) -> list[str]:
    who = f" by {row.closed_by}" if row.closed_by else ""
    if row.status == states.DONE and row.performed_at is not None:
        late = " That was outside the tolerance." if row.is_compliant is False else ""
        return [f"Performed on {day_and_time(row.performed_at, zone)}, recorded{who}.{late}"]
    if row.status == states.SKIPPED:
        return [f"Skipped{who}. Reason: {row.reason or 'none given'}"]
    if row.status == states.MISSED:
        usual = "It came due while an older date was still open, so it is recorded as missed."
        return [row.reason or usual]
    if row.status == states.SUPERSEDED:
        return [row.reason or "A newer date replaced it before it was completed."]
    return [row.reason or "Completed together with a larger maintenance."]
