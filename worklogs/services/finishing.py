"""The end of a work order: completing writes the log and moves the due date, in the transaction of the move."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction

from scheduling import states as dates
from scheduling.models import DueState, Occurrence, Resource
from worklogs.models import Log, WorkOrder, WorkOrderLog
from worklogs.services import labor, logs, numbers, routes, sheets
from worklogs.services.moving import move
from worklogs.services.recording import Entry

if TYPE_CHECKING:
    from accounts.models import User


@transaction.atomic
def complete(
    order: WorkOrder, given: Mapping[str, Any], *, by: "User | None", now: datetime
) -> WorkOrder:
    """The work is done; `given` may hold `performed_at, notes, issues_found, duration_minutes, attachments`, and why
    it failed. One log for each resource; files belong to the first. The move comes first: it lets one caller through.
    The minutes are labour of whoever had the work, unless they kept their time.
    """
    move(order, "complete", given, by=by, now=now)
    labor.stop_timers(order, now=now)
    entry = _entry(order, given, now=now)
    elsewhere = [_elsewhere(entry, stop) for stop in routes.stops_of(order)]
    for one in (_with_answers(entry, order), *elsewhere):
        log = logs.record_entry(one, by=by, now=now)
        WorkOrderLog.objects.create(work_order=order, log=log, step=order.step)
    person = order.assigned_to or by
    if person is not None and entry.duration_minutes:
        labor.add_told(
            order, person, entry.duration_minutes, ended_at=entry.performed_at, by=by, now=now
        )
    return order


#: Commands after which nobody works on an order, for now or for good.
STOPPING = frozenset({"hold", "cancel", "reject", "duplicate"})


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


def _entry(order: WorkOrder, given: Mapping[str, Any], *, now: datetime) -> Entry:
    date = _date_of(order)
    is_open = date is not None and date.status in {dates.OPEN, dates.PLANNED}
    is_done = date is not None and date.status == dates.DONE
    return Entry(
        resource=order.resource,
        schedule=order.schedule if date is not None else None,
        performed_at=given.get("performed_at") or now,
        performed_by=order.assigned_to,
        notes=_notes(given),
        issues_found=given.get("issues_found") or Log.Issues.NONE,
        duration_minutes=given.get("duration_minutes"),
        attachments=given.get("attachments", ()),
        occurrence_key=date.occurrence_key if date is not None and is_open else "",
        is_ordered=True,
        is_rework=is_done and order.order_logs.exists(),
    )


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


def _elsewhere(entry: Entry, resource: Resource) -> Entry:
    """The same work on a further resource, which no date waits for."""
    return Entry(
        resource=resource,
        performed_at=entry.performed_at,
        performed_by=entry.performed_by,
        notes=entry.notes,
        issues_found=entry.issues_found,
        is_ordered=True,
    )


def _date_of(order: WorkOrder) -> Occurrence | None:
    """The date that the order was generated for, as it stands now.

    None where its schedule is gone or no longer for the resource: the work is logged outside of any plan.
    """
    covering = DueState.objects.filter(
        schedule=order.schedule_id, resource=order.resource_id, schedule__deleted_at=None
    )
    if order.occurrence_id is None or not covering.exists():
        return None
    date: Occurrence = Occurrence.objects.get(pk=order.occurrence_id)
    return date
