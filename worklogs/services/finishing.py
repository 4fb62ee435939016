"""The end of a work order: completing writes the log and moves the due date, in the transaction of the move."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import transaction

from scheduling import states as dates
from scheduling.models import DueState, Occurrence, Resource
from worklogs.models import Log, WorkOrder, WorkOrderLog
from worklogs.services import labor, logs, numbers, sheets, stops, told
from worklogs.services.moving import move
from worklogs.services.recording import Entry

if TYPE_CHECKING:
    from accounts.models import User


@transaction.atomic
def complete(
    order: WorkOrder, given: Mapping[str, Any], *, by: "User | None", now: datetime
) -> WorkOrder:
    """The work is done; `given` may hold `performed_at, notes, issues_found, duration_minutes, attachments`, and why
    it failed. One log for each resource where something was done, which moves its date of the order's schedule; files
    belong to the first. `all_done` says so of the places of a round that nobody ticked. The move comes first: it lets
    one caller through. The minutes are labour of whoever had the work, unless they kept their time.
    """
    move(order, "complete", given, by=by, now=now)
    labor.stop_timers(order, now=now)
    said = _said(order, given, now=now)
    entries = _entries(order, said, all_done=bool(given.get("all_done")))
    found = logs.record_logs(entries=entries, by=by, now=now, is_import=False).logs
    WorkOrderLog.objects.bulk_create(
        [WorkOrderLog(work_order=order, log=log, step=order.step) for log in found]
    )
    told.add(order, *dict.fromkeys(log.notes for log in found))
    person = order.assigned_to or by
    if person is not None and said.duration_minutes:
        labor.add_told(
            order, person, said.duration_minutes, ended_at=said.performed_at, by=by, now=now
        )
    return order


#: Commands after which nobody works on an order, for now or for good.
STOPPING = frozenset({"give_back", "hold", "cancel", "reject", "duplicate"})


@transaction.atomic
def stop(
    order: WorkOrder, name: str, given: Mapping[str, Any], *, by: "User | None", now: datetime
) -> WorkOrder:
    """Nothing more is done, or nothing for now; time that was spent stays. A generated order's date stays due.

    What repeats a duplicate repeats the order that this one repeats, so that nobody waits for what is closed.
    """
    if name == "duplicate":
        numbers.draw(0)  # several orders may change: wait in line
    move(order, name, given, by=by, now=now)
    if name == "duplicate":
        order.duplicates.update(duplicate_of=order.duplicate_of, updated_at=now)
    labor.stop_timers(order, now=now)
    return order


def _said(order: WorkOrder, given: Mapping[str, Any], *, now: datetime) -> Entry:
    """What was said about the work, wherever it was done."""
    return Entry(
        resource=order.resource,
        performed_at=given.get("performed_at") or now,
        performed_by=order.assigned_to,
        notes=_notes(given),
        issues_found=given.get("issues_found") or Log.Issues.NONE,
        duration_minutes=given.get("duration_minutes"),
        attachments=given.get("attachments", ()),
        is_ordered=True,
    )


def _entries(order: WorkOrder, said: Entry, *, all_done: bool) -> list[Entry]:
    """The work on each resource where something was done; what belongs to no place in particular is the first's."""
    person, at = said.performed_by, said.performed_at
    places = stops.finish(order, all_done=all_done, person=person, performed_at=at)
    to_log, is_told_by_each = stops.to_log(order, places)
    done = [place.resource for place in to_log] or [order.resource]
    plans = _plans(order, done)
    entries = [replace(said, resource=one, **plans.get(one.pk, {})) for one in done]
    if is_told_by_each:
        marks = [place.mark for place in to_log if place.mark is not None]
        entries = [
            replace(entry, performed_at=mark.at, performed_by=mark.by)
            for entry, mark in zip(entries, marks, strict=True)
        ]
    others = [replace(one, duration_minutes=None, attachments=()) for one in entries[1:]]
    return [_with_answers(entries[0], order), *others]


def _notes(given: Mapping[str, Any]) -> str:
    """What was said, and what the counter of the resource showed."""
    reading = given.get("odometer")
    read = f"Meter reading: {reading:,}" if reading is not None else ""
    return "\n\n".join(part for part in (given.get("notes", ""), read) if part)


def _with_answers(entry: Entry, order: WorkOrder) -> Entry:
    """With the answers of the checklist below the notes; what failed counts as an issue even if nobody says so."""
    sheet = sheets.sheet_of(order)
    if sheet is None or not sheet.done:
        return entry
    is_silent = entry.issues_found == Log.Issues.NONE and sheet.failed
    return replace(
        entry,
        notes="\n\n".join(part for part in (entry.notes, sheet.summary) if part),
        issues_found=Log.Issues.MINOR if is_silent else entry.issues_found,
    )


def _plans(order: WorkOrder, places: Sequence[Resource]) -> dict[UUID, dict[str, Any]]:
    """By resource, how its work settles what the schedule of the order asks for there.

    On the order's own resource that is the date that it was generated for; elsewhere the same date, or what was due
    there by then. A resource that the schedule does not cover any more is missing: its work is outside of any plan.
    """
    if order.occurrence_id is None:
        return {}
    date: Occurrence = Occurrence.objects.get(pk=order.occurrence_id)
    covered = {"schedule": order.schedule_id, "resource__in": places}
    due = DueState.objects.filter(**covered, schedule__deleted_at=None)
    same = Occurrence.objects.filter(**covered, occurrence_key=date.occurrence_key)
    stand = dict(same.values_list("resource", "status"))
    logged = set(order.order_logs.values_list("log__resource", flat=True))
    return {
        key: {"schedule": order.schedule}
        | _settling(date, stand.get(key), next_due_at, is_logged=key in logged)
        for key, next_due_at in due.values_list("resource", "next_due_at")
    }


def _settling(
    date: Occurrence, status: str | None, next_due_at: datetime | None, *, is_logged: bool
) -> dict[str, Any]:
    """Which date the work is for: `status` is how the order's date stands there, none before it has come there."""
    if status in {dates.OPEN, dates.PLANNED}:
        return {"occurrence_key": date.occurrence_key}
    if status is None and next_due_at is not None and next_due_at <= date.due_at:
        return {"counts": True}
    return {"is_rework": is_logged and status in {None, dates.DONE}}
