"""The demo's maintenance windows: one in each state, one that recurs, one that waits, and an emergency."""

import random
from collections import defaultdict
from datetime import datetime, timedelta

from accounts.services import organizations
from integrations.services.demo import stays
from integrations.services.demo.plans import World
from integrations.services.demo.simulation import Timeline
from integrations.services.demo.tables import Row, rows
from scheduling import states
from scheduling.models import Window
from scheduling.services import window_series, windows

#: The status of these comes from a window that is at work, not from the table of resources.
WORKED_ON = frozenset({"R204", "FLT-S2"})
#: An emergency displaces whoever is here.
_FLOODED = "R206"


def add_use(world: World, timeline: Timeline) -> None:
    """Bookings around today, and windows that were planned, begun and closed at their times."""
    busy: dict[str, list[stays.Interval]] = defaultdict(list)
    for plan in rows("windows"):
        start, end = _times(plan, world)
        if plan["status"] != states.DRAFT:
            busy[plan["code"]].append(
                (
                    start - timedelta(minutes=int(plan["setup"])),
                    end + timedelta(minutes=int(plan["cleanup"])),
                )
            )
        timeline.add(
            min(start, world.now) - timedelta(days=5),
            lambda now, plan=plan: _plan(plan, world, timeline, now),  # type: ignore[misc]
        )
    generator = random.Random(_FLOODED)  # noqa: S311 - a story, not a secret
    stays.add_bookings(world, busy, generator, occupied=_FLOODED)
    hour = world.now.replace(minute=0, second=0, microsecond=0)
    timeline.add(world.now - timedelta(days=3), lambda now: _late(world, hour, now))
    timeline.add(world.now - timedelta(hours=3), lambda now: _flood(world, hour, now))
    timeline.add(world.now - timedelta(days=20), lambda now: _recur(world, now))
    timeline.add(world.now - timedelta(days=2), lambda now: _demand_approval(world, now))
    timeline.add(world.now - timedelta(hours=20), lambda now: _wait(world, now))


def _times(plan: Row, world: World) -> stays.Interval:
    start = world.moment(world.today + timedelta(days=int(plan["day"])), int(plan["hour"]))
    return start, start + timedelta(hours=int(plan["hours"]))


def _plan(plan: Row, world: World, timeline: Timeline, now: datetime) -> None:
    start, end = _times(plan, world)
    planner, person = world.people["coordinator"], world.people[plan["person"]]
    window = Window(
        resource=world.resources[plan["code"]],
        title=plan["title"],
        description=plan["description"],
        effect=plan["effect"],
        starts_at=start,
        ends_at=end,
        setup_minutes=int(plan["setup"]),
        cleanup_minutes=int(plan["cleanup"]),
        assigned_to=person,
        status=states.DRAFT if plan["status"] == states.DRAFT else states.SCHEDULED,
    )
    windows.create_window(window, by=planner, now=now)
    if plan["status"] in {states.IN_PROGRESS, states.COMPLETED}:
        windows.start_window(window, by=person, now=start)
    if plan["status"] == states.COMPLETED:
        windows.complete_window(window, by=person, now=end - timedelta(minutes=20))
    if plan["cancelled_for"]:
        called_off = now + timedelta(days=3)
        windows.cancel_window(window, reason=plan["cancelled_for"], by=planner, now=called_off)


def _late(world: World, hour: datetime, now: datetime) -> None:
    """Should have begun by now."""
    window = Window(
        resource=world.resources["LIFT-S"],
        title="Brake lining checked",
        starts_at=hour - timedelta(hours=1),
        ends_at=hour + timedelta(hours=2),
        effect=Window.Effect.OUT_OF_SERVICE,
        assigned_to=world.people["sofia"],
    )
    windows.create_window(window, by=world.people["coordinator"], now=now)


def _demand_approval(world: World, now: datetime) -> None:
    """From now on what coordinators plan waits for somebody who approves it."""
    organizations.change_organization(
        world.organization, {"windows_need_approval": True}, by=world.by, now=now
    )
    world.people["coordinator"].organization.refresh_from_db()


def _wait(world: World, now: datetime) -> None:
    """Planned since approval is demanded, so it waits."""
    start = world.moment(world.today + timedelta(days=5), 7)
    window = Window(
        resource=world.resources["VEN-BALL"],
        title="Chandelier lowered and cleaned",
        starts_at=start,
        ends_at=start + timedelta(hours=6),
        setup_minutes=60,
        assigned_to=world.people["technician"],
    )
    windows.create_window(window, by=world.people["coordinator"], now=now)


def _flood(world: World, hour: datetime, now: datetime) -> None:
    """A pipe burst: guests are moved, and it stands on record who."""
    window = Window(
        resource=world.resources[_FLOODED],
        title="Burst pipe above the bathroom",
        kind=Window.Kind.EMERGENCY,
        override_reason="Water comes through the ceiling; the guests are moved to other rooms.",
        starts_at=now,
        ends_at=hour + timedelta(hours=45),
        assigned_to=world.people["technician"],
    )
    windows.create_window(window, by=world.people["coordinator"], now=now)
    windows.start_window(window, by=world.people["technician"], now=now)


def _recur(world: World, now: datetime) -> None:
    """Early on Mondays, before the first bather."""
    start = world.today - timedelta(days=19)
    start += timedelta(days=-start.weekday() % 7)
    template = Window(
        resource=world.resources["SPA"],
        title="Pool drained, scrubbed and refilled",
        starts_at=world.moment(start, 5),
        ends_at=world.moment(start, 7),
        cleanup_minutes=30,
        assigned_to=world.people["miguel"],
    )
    made = window_series.create_series(
        template,
        "FREQ=WEEKLY;BYDAY=MO;COUNT=12",
        by=world.people["coordinator"],
        now=now,
        is_back_dated=True,
    )
    for window in made:
        if window.ends_at < world.now:
            windows.start_window(window, by=world.people["miguel"], now=window.starts_at)
            windows.complete_window(window, by=world.people["miguel"], now=window.ends_at)
