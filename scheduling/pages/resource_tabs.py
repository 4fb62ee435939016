"""What the tabs of a resource's page show."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.db.models import F

from accounts.models import User
from accounts.rights import Right, has_right
from core import features
from core.models import Attachment
from core.rules import moments
from scheduling import states
from scheduling.models import DueState, Occurrence, Resource
from scheduling.pages.resource_use import use
from scheduling.pages.tabs import Look, Tab
from scheduling.services.history import MOST, history_of
from scheduling.services.wording import rule_text_of

_NEXT = 5
_MOST = 100
_SOONEST = F("next_due_at").asc(nulls_last=True)
#: How good the state of a date is.
TONES = {
    states.DONE: "success",
    states.OPEN: "warning",
    states.MISSED: "danger",
    states.SUPERSEDED: "danger",
}
_PLANNED = frozenset({"schedules", "dates", "use"})


def tabs_for(user: User) -> list[Tab]:
    """All of them; without those about due dates where scheduling is switched off."""
    planned = features.scheduling_enabled(user)
    return [tab for tab in _TABS if planned or tab.name not in _PLANNED]


def _summary(look: Look) -> dict[str, Any]:
    logs = look.target.logs.effective().titled().select_related("schedule", "performed_by")
    last = logs.order_by("-performed_at", "-pk").first()
    planned = features.scheduling_enabled(look.user)
    due = _due(look, _NEXT + 1) if planned else []
    return {
        "planned": planned,
        "due": due[:_NEXT],
        "more_due": len(due) > _NEXT,
        "last": last,
        "last_shown": look.moment(last.performed_at) if last else "",
        "attributes": attributes_of(look.target),
        "photo": _files(look).filter(kind=Attachment.Kind.PHOTO).first(),
    }


def _schedules(look: Look) -> dict[str, Any]:
    return {"due": _due(look, _MOST), "most": _MOST}


def _due(look: Look, limit: int) -> list[dict[str, Any]]:
    """Each schedule that covers the resource, soonest first; those with nothing to come at the end."""
    covering = (
        DueState.objects.visible_to(look.user)
        .filter(resource=look.target, schedule__deleted_at=None)
        .select_related("schedule__assigned_to")
        .order_by(_SOONEST, "pk")
    )
    return [
        {
            "schedule": state.schedule,
            "key": state.next_due_key,
            "rule": rule_text_of(vars(state.schedule), look.target.effective_time_zone),
            "late": look.is_late(state),
            "shown": look.moment(state.next_due_at),
            "hint": look.distance(state),
        }
        for state in covering[:limit]
    ]


def _dates(look: Look) -> dict[str, Any]:
    rows = (
        Occurrence.objects.visible_to(look.user)
        .filter(resource=look.target)
        .select_related("schedule", "closed_by")
        .order_by("-due_at", "-pk")
    )
    return {
        "rows": date_rows(look, rows[:_MOST]),
        "most": _MOST,
    }


def date_rows(look: Look, dates: Iterable[Occurrence]) -> list[tuple[Occurrence, str, str, str]]:
    """Dates that have a row: each with its moment, what became of it, and the colour for that."""
    return [(row, look.moment(row.due_at), *_outcome(row, look.now)) for row in dates]


def _outcome(row: Occurrence, now: datetime) -> tuple[str, str]:
    if row.status == states.OPEN and row.overdue_at <= now:
        return "Overdue", "danger"
    return row.outcome, TONES.get(row.status, "")


def _below(look: Look) -> dict[str, Any]:
    children = look.target.children.select_related("type").order_by("name", "pk")
    return {"below": children[:_MOST], "most": _MOST}


def log_rows(look: Look, logs: Any) -> list[tuple[Any, str]]:
    """The latest logs that count, newest first, each with its moment."""
    counted = logs.effective().titled().select_related("schedule", "resource", "performed_by")
    return [
        (log, look.moment(log.performed_at))
        for log in counted.order_by("-performed_at", "-pk")[:_MOST]
    ]


def _orders(look: Look) -> dict[str, Any]:
    """Work on the resource, what is open first. What work orders are is known further up."""
    orders = look.target.work_orders.model.objects.at(look.target.pk)
    visible = orders.visible_to(look.user).select_related("assigned_to")
    opened = visible.open().order_by(F("due_at").asc(nulls_last=True), "pk")
    over = visible.ended().order_by("-created_at", "-pk")
    return {
        "open_orders": [(row, look.moment(row.due_at)) for row in opened[:_MOST]],
        "past_orders": [(row, look.moment(row.completed_at)) for row in over[: _NEXT * 4]],
        "may_order": has_right(look.user, Right.WORK_ORDER_ADD),
        "most": _MOST,
    }


def _log(look: Look) -> dict[str, Any]:
    return {"logs": log_rows(look, look.target.logs), "most": _MOST}


def _files(look: Look) -> Any:
    rows = Attachment.objects.filter(target_type="resource", target_id=look.target.pk)
    return rows.order_by("-pk")


def _photos(look: Look) -> dict[str, Any]:
    return {"photos": _files(look)[:_MOST]}


def _history(look: Look) -> dict[str, Any]:
    entries = history_of(look.target, zone=look.zone, limit=MOST, seen_by=look.user)
    return {"history": [{**entry, "shown": look.moment(entry["at"])} for entry in entries]}


def attributes_of(resource: Resource) -> list[tuple[str, str]]:
    """The custom attributes that have a value, by their labels; first those that the type declares."""
    declared = resource.type.attribute_fields if resource.type else []
    found = []
    for field in declared:
        value = resource.attributes.get(field["key"])
        if value is not None:
            text = f"{_worded(value, field['type'])} {field.get('unit', '')}"
            found.append((field["label"], text.strip()))
    known = {field["key"] for field in declared}
    return found + [(k, str(v)) for k, v in resource.attributes.items() if k not in known]


def _worded(value: Any, kind: str) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if kind == "date":
        try:
            return moments.day(date.fromisoformat(str(value)))
        except ValueError:
            return str(value)  # from before the type declared a date
    return str(value)


_TABS = [
    Tab("summary", "Summary", "scheduling/resource/summary.html", _summary),
    Tab("schedules", "Schedules", "scheduling/resource/schedules.html", _schedules),
    Tab("dates", "Due dates", "scheduling/resource/dates.html", _dates),
    Tab("use", "Windows & bookings", "scheduling/resource/use.html", use),
    Tab("below", "Below it", "scheduling/resource/below.html", _below),
    Tab("orders", "Work orders", "scheduling/resource/orders.html", _orders),
    Tab("log", "Log", "scheduling/tabs/log.html", _log),
    Tab("files", "Files", "scheduling/resource/files.html", _photos),
    Tab("history", "History", "scheduling/tabs/history.html", _history),
]
