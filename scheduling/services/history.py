"""The complete trail of a resource or schedule: what was done, what came due, when it was taken, what was changed."""

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import F, Model

from core.models import AuditEntry
from core.rules.moments import day
from core.services.trail import Wording
from scheduling import states
from scheduling.models import Occurrence, Resource, Schedule, Window
from scheduling.rules import zones

if TYPE_CHECKING:
    from accounts.models import User

MOST = 200
#: Fields that only keep what the entry itself tells: who did it, when, and from what.
_HIDDEN = frozenset(
    {"paused_at", "paused_by", "started_at", "closed_at", "closed_by", "former_status", "id"}
)


def history_of(
    target: Resource | Schedule, *, zone: str, limit: int = 50, seen_by: "User | None" = None
) -> list[dict[str, Any]]:
    """Newest first: logs, closed dates that no log closed, windows that took the resource, work orders, and changes.

    Each has `at, kind, text, by, id`; a window has two, when work began and when it was over. So has a work order, when
    it was asked for and, where it came to nothing, why; what was done is the log.

    Moments in the texts are on the clock of `zone`, due days on that of the resource. With
    `seen_by`, of a schedule for several resources only what happened on those that the person may see, and of a
    resource only the orders that they see.
    """
    limit = min(limit, MOST)
    is_resource = isinstance(target, Resource)
    # Logs live in an app above this one, so they are reached through the relation.
    logs, dates = (
        rows.all() if seen_by is None or is_resource else rows.visible_to(seen_by)
        for rows in (target.logs, target.occurrences)
    )
    entries = [*_logs(logs, limit), *_dates(dates, limit), *changes_of(target, limit, zone)]
    if isinstance(target, Resource):
        entries += _windows(target, limit)
        # so are work orders
        orders = target.work_orders.all()
        entries += _orders(orders if seen_by is None else orders.visible_to(seen_by), limit)
    return sorted(entries, key=lambda entry: (entry["at"], str(entry["id"])), reverse=True)[:limit]


def _logs(logs: Any, limit: int) -> Iterable[dict[str, Any]]:
    for log in logs.select_related("performed_by", "schedule").order_by("-performed_at")[:limit]:
        yield _entry(log.performed_at, "log", _log_text(log), str(log.performed_by or ""), log.pk)


def _log_text(log: Any) -> str:
    what = str(log.schedule) if log.schedule_id else "Work"
    if log.is_void:
        return f"{what}: declared void"
    issues = "" if log.issues_found == "none" else f", {log.issues_found} issues found"
    return f"{what} completed{issues}"


def _dates(dates: Any, limit: int) -> Iterable[dict[str, Any]]:
    closed = (
        dates.exclude(status__in=[states.OPEN, states.PLANNED, states.DONE])
        .select_related("schedule", "resource", "closed_by")
        .order_by("-closed_at")
    )
    for row in closed[:limit]:
        reason = f": {row.reason}" if row.reason else ""
        due_on = day(zones.local_date(row.due_at, row.resource.effective_time_zone))
        text = f"{row.schedule} due {due_on} {row.outcome.lower()}{reason}"
        yield _entry(row.closed_at, "date", text, str(row.closed_by or ""), row.pk)


def _windows(resource: Resource, limit: int) -> Iterable[dict[str, Any]]:
    """Windows on the resource and above it, which take it as well; those at work first, then the last ones over.

    Who sees the resource need not see what it is part of: of windows there only that they took it is told.
    """
    line = [UUID(hex=part) for part in resource.path.rstrip("/").split("/")]
    rows = Window.objects.filter(resource__in=line).exclude(
        status__in=[states.DRAFT, states.SCHEDULED]
    )
    latest = rows.select_related("closed_by").order_by(F("closed_at").desc(nulls_first=True), "pk")
    for row in latest[:limit]:
        is_own = row.resource_id == resource.pk
        what = (
            f"Maintenance window “{row.title}”" if is_own else "Maintenance of what it is part of"
        )
        if row.started_at:
            yield _entry(row.started_at, "window", f"{what} began", "", row.pk)
        if row.closed_at:
            reason = f": {row.cancel_reason}" if is_own and row.cancel_reason else ""
            text = f"{what} {row.get_status_display().lower()}{reason}"
            by = str(row.closed_by or "") if is_own else ""
            yield _entry(row.closed_at, "window", text, by, row.pk)


def _orders(orders: Any, limit: int) -> Iterable[dict[str, Any]]:
    rows = orders.select_related("reported_by", "duplicate_of").order_by("-created_at", "-pk")
    for row in rows[:limit]:
        asked = "planned" if row.schedule_id else "reported"
        yield _entry(row.reported_at, "order", f"{row} {asked}", str(row.reported_by or ""), row.pk)
        if row.closed_at:
            why = f": {row.close_reason}" if row.close_reason else ""
            text = f"{row} {row.get_status_display().lower()}{why}"
            yield _entry(row.closed_at, "order", text, "", row.pk)


def changes_of(target: Model, limit: int, zone: str) -> Iterable[dict[str, Any]]:
    """What was changed of one row by whom, newest first, from the audit trail."""
    rows = AuditEntry.objects.filter(
        object_type=target._meta.label_lower, object_id=str(target.pk)
    ).order_by("-at", "-pk")
    trail = list(rows[:limit])
    wording = Wording(trail, zone=zone)
    for entry in trail:
        yield _entry(entry.at, "change", _change_text(entry, wording), entry.actor_label, entry.pk)


def _change_text(entry: AuditEntry, wording: Wording) -> str:
    if entry.action != "update":
        return entry.action.capitalize() + ("d" if entry.action.endswith("e") else "ed")
    if "is_active" in entry.changes:
        reason = (entry.changes.get("pause_reason") or ["", ""])[1]
        return "Resumed" if entry.changes["is_active"][1] else f"Paused: {reason}"
    shown = wording.changes(entry, without=_HIDDEN)
    if len(shown) == 1:
        ((field, old, new),) = shown
        return f"Changed {_lower(field)} from “{old[:80]}” to “{new[:80]}”"
    return f"Changed {', '.join(_lower(change.field) for change in shown) or 'details'}"


def _lower(label: str) -> str:
    return label[:1].lower() + label[1:]


def _entry(at: datetime, kind: str, text: str, by: str, pk: UUID) -> dict[str, Any]:
    return {"at": at, "kind": kind, "text": text, "by": by, "id": pk}


def occurrences_of(schedule: Schedule, user: "User", *, limit: int = 20) -> list[Occurrence]:
    """The latest dates of a schedule that have a row and that `user` may see, newest first."""
    seen = Occurrence.objects.visible_to(user).filter(schedule=schedule)
    rows = seen.select_related("resource", "closed_by")
    return list(rows.order_by("-due_at", "-pk")[:limit])
