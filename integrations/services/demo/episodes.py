"""What does not happen every day: schedules paused or deleted, dates skipped or moved, a wrong entry corrected."""

from datetime import datetime, timedelta

from integrations.services.demo.plans import World
from integrations.services.demo.simulation import Timeline
from integrations.services.demo.tables import Row
from scheduling.models import DueState, Resource, Schedule
from scheduling.services import occurrences, resources, schedules
from worklogs.models import Log
from worklogs.services import corrections, logs

_STATUS_DAYS = {"degraded": 16, "under_maintenance": 2, "out_of_service": 27, "retired": 160}


def add_fate(row: Row, schedule: Schedule, world: World, timeline: Timeline) -> None:
    """Pause or delete the schedule at its time."""
    if row["fate"] == "paused":
        timeline.add(
            world.now - timedelta(days=40), lambda now: _pause(schedule, world, timeline, now)
        )
    if row["fate"] == "deleted":
        timeline.add(
            world.now - timedelta(days=150), lambda now: _delete(schedule, world, timeline, now)
        )


def add_states(rows: list[Row], world: World, timeline: Timeline) -> None:
    """Resources that are not in good order became so some days ago."""
    for row in rows:
        days = _STATUS_DAYS.get(row["status"])
        if days is not None:
            resource, status = world.resources[row["code"]], row["status"]
            timeline.add(
                world.now - timedelta(days=days),
                lambda now, resource=resource, status=status: _set_status(  # type: ignore[misc]
                    resource, status, world, timeline, now
                ),
            )


def add_surprises(world: World, timeline: Timeline) -> None:
    """A skip, a moved date, a correction, a void entry, and work outside any plan."""
    today = world.now
    timeline.add(today - timedelta(days=20), lambda now: _skip("BALL-BW", world, now))
    timeline.add(today - timedelta(hours=26), lambda now: _move("OV-Q", world, now))
    timeline.add(today - timedelta(days=9), lambda now: _correct("GEN-W", world, now))
    timeline.add(today - timedelta(days=6), lambda now: _void("COLD-D", world, now))
    for days, code, key, notes, issues in (
        (3, "R206", "beatriz", "Tap dripped. Cartridge changed.", "minor"),
        (11, "VEN-BALL", "carlos", "Door closer reset after the gala.", "none"),
        (33, "LIFT-S", "sofia", "Stuck between floors with a trolley. Freed, door sill straightened.", "major"),
        (58, "R405", "carlos", "Window handle replaced.", "none"),
    ):  # fmt: skip
        timeline.add(
            today - timedelta(days=days),
            lambda now, code=code, key=key, notes=notes, issues=issues: logs.record_log(  # type: ignore[misc]
                resource=world.resources[code],
                performed_at=now - timedelta(minutes=25),
                performed_by=world.people[key],
                notes=notes,
                issues_found=issues,
                duration_minutes=20,
                by=world.people[key],
                now=now,
            ),
        )


def _pause(schedule: Schedule, world: World, timeline: Timeline, now: datetime) -> None:
    timeline.halt(schedule)
    reason = "Waits for the contractor's new offer."
    schedules.pause_schedule(schedule, reason=reason, by=world.by, now=now)


def _delete(schedule: Schedule, world: World, timeline: Timeline, now: datetime) -> None:
    timeline.halt(schedule)
    schedules.delete_schedule(schedule, by=world.by, now=now)


def _set_status(
    resource: Resource, status: str, world: World, timeline: Timeline, now: datetime
) -> None:
    if status == Resource.Status.RETIRED:
        timeline.halt(resource)
    fresh = Resource.objects.get(pk=resource.pk)
    resources.update_resource(fresh, {"status": status}, by=world.by, now=now)


def _state(key: str) -> DueState:
    state: DueState = DueState.objects.get(schedule__external_id=key)
    return state


def _skip(key: str, world: World, now: datetime) -> None:
    state = _state(key)
    occurrences.skip(
        schedule_id=state.schedule_id,
        resource_id=state.resource_id,
        reason="The ballroom is booked through; the next date is soon enough.",
        by=world.by,
        now=now,
    )


def _move(key: str, world: World, now: datetime) -> None:
    state = _state(key)
    if state.next_due_at is not None:
        occurrences.move(
            schedule_id=state.schedule_id,
            resource_id=state.resource_id,
            occurrence_key=state.next_due_key,
            due_at=state.next_due_at + timedelta(days=2),
            by=world.by,
            now=now,
        )


def _newest(key: str) -> Log:
    log: Log = Log.objects.newest().filter(schedule__external_id=key).newest_first()[0]
    return log


def _correct(key: str, world: World, now: datetime) -> None:
    log = _newest(key)
    corrections.correct_log(
        log=log,
        changes={"notes": f"{log.notes} Fuel topped up to 95 %.", "issues_found": "minor"},
        reason="Fuel delivery was not mentioned.",
        by=world.people["coordinator"],
        now=now,
    )


def _void(key: str, world: World, now: datetime) -> None:
    corrections.correct_log(
        log=_newest(key),
        changes={},
        reason="Entered for the wrong cold store.",
        is_void=True,
        by=world.by,
        now=now,
    )
