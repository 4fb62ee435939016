"""Work orders in the calendar."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from accounts.models import Organization, User
from accounts.rights import Role
from scheduling.services import due_check
from tests import factories
from tests.api import Client
from worklogs.services import generation, orders

NOW = datetime(2026, 3, 4, 6, tzinfo=UTC)
MARCH = {"start": "2026-03-01T00:00:00Z", "end": "2026-04-01T00:00:00Z"}
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def told(client: Client, layers: str = "orders", **narrowed: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get(
        "calendar", {**MARCH, "layers": layers, **narrowed}
    ).json()
    return sorted(found, key=lambda event: event["start"])


def test_when_it_is_planned_else_when_it_is_due(
    api: Client, user_with: Callable[[Role], User]
) -> None:
    hands = user_with(Role.TECHNICIAN)
    planned = factories.work_order(
        title="Paint",
        due_at=NOW + 20 * DAY,
        estimated_duration_minutes=120,
        scheduled_start_at=NOW + DAY,
        status="scheduled",
    )
    orders.give(planned, "assign", {"assigned_to": hands}, by=None, now=NOW)
    house = factories.resource()
    room = factories.resource(name="Room 104", parent=house, time_zone="UTC")
    factories.work_order(title="Tap drips", due_at=NOW + 2 * DAY, resource=room)
    begun = NOW - 4 * DAY
    factories.work_order(
        title="Long", scheduled_start_at=begun, scheduled_end_at=begun + 3 * DAY, resource=room
    )
    rejected = factories.work_order(title="No", due_at=NOW)
    orders.give(rejected, "reject", {"reason": "No"}, by=None, now=NOW)
    factories.work_order(title="Nobody knows when")
    factories.work_order(title="Later", due_at=NOW + 60 * DAY)
    long, paint, tap = told(api)
    assert [event["title"].split(" ", 1)[1] for event in (long, paint, tap)] == [
        *("Long", "Paint", "Tap drips"),
    ]
    assert (paint["start"], paint["end"]) == (
        "2026-03-05T07:00:00+01:00",
        "2026-03-05T09:00:00+01:00",
    )
    assert paint["extendedProps"]["status"] == "assigned"
    assert paint["durationEditable"] is True
    assert (tap["start"], "end" in tap, tap["durationEditable"]) == (
        *("2026-03-06T06:00:00+00:00", False),
        False,
    )
    assert told(api, resource=str(house.pk)) == [long, tap]
    assert told(api, assignee="none") == [long, tap]
    assert told(api, assignee=str(hands.pk)) == [paint]


def test_a_date_and_its_order_are_one(
    api: Client, scope: Organization, user_with: Callable[[Role], User]
) -> None:
    """Shown twice only where the work is planned for another time."""
    plan = factories.schedule(frequency="monthly", start_at=NOW - HOUR)
    due_check.check_now(organization=scope, by=None, now=NOW)
    generation.generate(now=NOW)
    order = plan.work_orders.get()
    assert [event["id"] for event in told(api)] == [str(order.pk)]
    assert [event["title"] for event in told(api, "due,orders")] == ["Inspection"]
    moved = {"scheduled_start_at": "2026-03-10T08:00:00Z"}
    assert api.patch(f"work-orders/{order.pk}", moved).status_code == 200
    both = told(api, "due,orders")
    assert [event["title"] for event in both] == ["Inspection", f"#{order.number} Inspection"]


def test_everybody_sees_what_they_see_elsewhere(
    api: Client, stranger: Organization, user_with: Callable[[Role], User]
) -> None:
    order = factories.work_order(due_at=NOW)
    mine = user_with(Role.REQUESTER)
    assert told(Client(mine)) == []
    order.resource.owner = mine
    order.resource.save()
    [seen] = told(Client(mine))
    assert (seen["startEditable"], seen["durationEditable"]) == (False, False)
    assert told(Client(user_with(Role.VENUE_ADMIN))) == []
    assert told(Client(factories.user(stranger, role=Role.ADMIN))) in ([], {})
