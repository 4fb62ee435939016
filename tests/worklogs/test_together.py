"""Where the parts of work meet: housekeeping and promises, records of others and reopening, venues and every door."""

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest

from accounts.models import Organization, User
from accounts.rights import Role
from scheduling.models import Resource, ResourceEntrustment
from scheduling.services import bookings
from tests import factories
from tests.api import Client
from tests.console import signed_in
from tests.worklogs.checklists import checklist
from tests.worklogs.conftest import NOW
from worklogs.models import (
    CleaningPlan,
    LaborEntry,
    LaborRate,
    SlaViolation,
    WorkOrder,
)
from worklogs.rules.checklists import Given
from worklogs.services import (
    answers,
    cleaning_plans,
    generation,
    housekeeping,
    orders,
    sla_policies,
    sla_sweep,
    taking_over,
)

pytestmark = pytest.mark.usefixtures("morning")


HOUR, DAY = timedelta(hours=1), timedelta(days=1)
#: An hour after midnight in Berlin; guests leave at noon.
NIGHT, NOON = datetime(2026, 3, 4, 0, tzinfo=UTC), datetime(2026, 3, 4, 11, tzinfo=UTC)


@pytest.fixture
def venue(scope: Organization, user_with: Callable[[Role], User], room: Resource) -> User:
    """Looks after Room 101 and nothing else."""
    person = user_with(Role.VENUE_ADMIN)
    ResourceEntrustment.objects.create(user=person, resource=room)
    return person


def plan(room: Resource, **values: Any) -> CleaningPlan:
    usual = {
        "title": "Departure",
        "task_type": "checkout_cleaning",
        "on_event": "booking.completed",
    }
    made = CleaningPlan(**{**usual, "resource": room, **values})
    return cleaning_plans.create_plan(made, by=None, now=NIGHT)


# -- housekeeping and what is promised ---------------------------------------------------------------------------------


def test_what_is_promised_for_a_room_counts_from_the_departure(room: Resource, admin: User) -> None:
    sla_policies.create_defaults(now=NIGHT)
    plan(room, allowed_minutes=240)
    booking = factories.booking(NIGHT - DAY, NOON, resource=room, status="checked_in")
    assert housekeeping.settle_all(housekeeping.known_plans(), now=NIGHT) == 1
    order = WorkOrder.objects.get()
    assert order.resolution_due_at == NOON + HOUR
    assert sla_sweep.sweep(now=NOON - HOUR) == {"looked": 0, "escalated": 0}
    told = Client(admin).get(f"work-orders/{order.pk}/sla").json()["clocks"][0]
    assert told["starts_at"] == NOON.isoformat().replace("+00:00", "Z")
    early = NOON - 2 * HOUR
    bookings.update_booking(booking, {"status": "completed"}, by=None, now=early)
    housekeeping.follow(booking.pk, now=early, seen_at=early)
    order.refresh_from_db()
    assert order.resolution_due_at == early + HOUR
    sla_sweep.sweep(now=early + 1.1 * HOUR)
    assert SlaViolation.objects.get().breached_at == early + HOUR


def test_work_that_is_given_before_it_can_begin_is_kept_in_time(
    room: Resource, admin: User, user_with: Callable[[Role], User]
) -> None:
    sla_policies.create_defaults(now=NIGHT)
    plan(room)
    factories.booking(NIGHT - DAY, NOON, resource=room, status="checked_in")
    housekeeping.settle_all(housekeeping.known_plans(), now=NIGHT)
    order, hands = WorkOrder.objects.get(), user_with(Role.TECHNICIAN)
    for name in ("assign", "start", "complete"):
        orders.give(order, name, {"assigned_to": hands}, by=None, now=NIGHT + HOUR)
    clock = Client(admin).get(f"work-orders/{order.pk}/sla").json()["clocks"][0]
    assert (clock["state"], clock["elapsed_seconds"]) == ("kept", 0)


def test_a_turned_task_asks_what_a_departure_asks(technician: User) -> None:
    """Unless somebody has answered what was asked before."""
    leaving = checklist([{"kind": "check", "text": "Lost property?"}], name="Departure")
    staying = checklist([{"key": "towels", "kind": "check", "text": "Towels?"}], name="Stay")
    values = {"on_event": "booking.checked_in", "rhythm": "each_day", "due_time": time(15)}
    for is_answered in (False, True):
        room = factories.resource(kind="room")
        plan(room, checklist=leaving)
        plan(room, task_type="stay_over_cleaning", checklist=staying, **values)
        booking = factories.booking(
            NIGHT - DAY, NIGHT + 2 * DAY, resource=room, status="checked_in"
        )
        housekeeping.follow(booking.pk, now=NIGHT)
        order = WorkOrder.objects.filter(resource=room).earliest("due_at")
        assert order.checklist == staying.current
        if is_answered:
            orders.give(order, "assign", {"assigned_to": technician}, by=None, now=NIGHT)
            answers.answer(order, "towels", Given(text="yes"), by=technician, now=NIGHT)
        bookings.update_booking(booking, {"status": "completed"}, by=None, now=NOON)
        housekeeping.follow(booking.pk, now=NOON, seen_at=NOON)
        order.refresh_from_db()
        asked = staying if is_answered else leaving
        assert (order.task_type, order.checklist) == ("checkout_cleaning", asked.current)


def test_a_plan_by_time_is_generated_now_and_no_other(room: Resource, admin: User) -> None:
    api, start = Client(admin), (datetime.now(UTC) + DAY).isoformat()
    told = {"task_type": "deep_cleaning", "resource": str(room.pk), "frequency": "monthly"}
    first, _ = (
        api.post("cleaning-plans", {**told, "title": title, "start_at": start}).json()
        for title in ("Carpets", "Windows")
    )
    assert api.post(f"cleaning-plans/{first['id']}/generate").json() == {"generated": 1}
    assert WorkOrder.objects.get().title == "Carpets"
    assert api.post(f"cleaning-plans/{first['id']}/generate").json() == {"generated": 0}


def test_a_plan_by_time_rests_with_its_schedule(room: Resource, admin: User) -> None:
    api = Client(admin)
    told = {"task_type": "deep_cleaning", "resource": str(room.pk), "frequency": "monthly"}
    plan = api.post("cleaning-plans", {**told, "title": "Carpets"}).json()
    address = f"cleaning-plans/{plan['id']}"
    assert api.post(f"schedules/{plan['schedule']}/pause", {"reason": "Works"}).status_code == 200
    assert api.get(address).json()["is_active"] is False
    assert api.post(f"{address}/generate").status_code == 409
    assert api.post(f"{address}/activate").json()["is_active"] is True
    assert api.get(f"schedules/{plan['schedule']}").json()["is_active"] is True


def test_whom_a_plan_names_gets_the_work_only_while_they_may_do_it(
    room: Resource, user_with: Callable[[Role], User]
) -> None:
    person = user_with(Role.TECHNICIAN)
    schedule = factories.schedule(resource=room, assigned_to=person)
    person.role = Role.REQUESTER
    person.save()
    generation.generate_now(schedule, [room.pk], by=None, now=NOW)
    order = WorkOrder.objects.get()
    assert (order.status, order.assigned_to) == ("scheduled", None)


# -- records of others -------------------------------------------------------------------------------------------------


def test_what_nobody_had_goes_on_with_whoever_reopens_it(room: Resource, admin: User) -> None:
    values = {"resource": room, "title": "Pump", "status": "completed"}
    done = {**values, "reported_at": NOW - DAY, "completed_at": NOW - HOUR}
    taking_over.take_over([taking_over.Foreign(done)], by=None, now=NOW)
    order = WorkOrder.objects.get()
    answer = Client(admin).post(f"work-orders/{order.pk}/reopen", {"reason": "It leaks again"})
    assert answer.status_code == 200, answer.content
    assert (answer.json()["status"], answer.json()["assigned_to"]) == ("assigned", str(admin.pk))


# -- venues ------------------------------------------------------------------------------------------------------------


def test_outside_of_what_is_entrusted_nothing_is_added(venue: User) -> None:
    order, other = factories.work_order(now=NOW), factories.work_order(now=NOW)
    WorkOrder.objects.filter(pk__in=[order.pk, other.pk]).update(reported_by=venue)
    api, address = Client(venue), f"work-orders/{order.pk}"
    assert api.get(address).status_code == 200
    cost = {"amount": "5", "description": "Washer", "kind": "parts"}
    for path, body in (
        (f"{address}/costs", cost),
        (f"{address}/links", {"other": str(other.pk), "kind": "related"}),
        ("labor-entries", {"work_order": str(order.pk)}),
    ):
        assert api.post(path, body).status_code == 403, path


def test_the_inbox_compares_with_what_the_person_sees(
    venue: User, room: Resource, today: None
) -> None:
    elsewhere = factories.work_order(now=NOW, title="Tap drips")
    above = factories.resource(name="House")
    room.parent = above
    hidden = factories.work_order(now=NOW, title="Tap in the bathroom drips", resource=above)
    order = factories.work_order(now=NOW, title="Tap in the bathroom drips", resource=room)
    desk = signed_in(venue)
    page = desk.get("/admin/triage/").content.decode()
    assert order.title in page
    assert f"#{hidden.number}" not in page
    answer = desk.post(f"/admin/triage/{order.pk}/duplicate/", {"number": elsewhere.number})
    assert answer.status_code == 422


def test_the_workload_tells_hours_of_orders_elsewhere_and_no_titles(
    venue: User, user_with: Callable[[Role], User], room: Resource
) -> None:
    hands = user_with(Role.TECHNICIAN)
    factories.work_order_in("assigned", assigned_to=hands, title="Secret boiler")
    factories.work_order_in("assigned", assigned_to=hands, title="Open tap", resource=room)
    page = signed_in(venue).get("/admin/workload/").content.decode()
    assert hands.name in page
    assert "Open tap" in page
    assert "Secret boiler" not in page


# -- time and money ----------------------------------------------------------------------------------------------------


def test_what_an_hour_costs_is_told_to_those_it_concerns(
    room: Resource, admin: User, user_with: Callable[[Role], User]
) -> None:
    LaborRate.objects.create(hourly_rate=48, valid_from=NOW.date())
    owner, hands, other = (
        user_with(role) for role in (Role.REQUESTER, Role.TECHNICIAN, Role.TECHNICIAN)
    )
    room.owner = owner
    room.save()
    order = factories.work_order_in("in_progress", assigned_to=hands, resource=room, now=NOW)
    entry = LaborEntry.objects.create(
        work_order=order, person=hands, started_at=NOW, ended_at=NOW + HOUR, hourly_rate=48, cost=48
    )
    for person, rate in ((hands, "48.00"), (admin, "48.00"), (other, None)):
        row = Client(person).get(f"labor-entries/{entry.pk}").json()
        assert row["hourly_rate"] == rate
        assert [one["hourly_rate"] for one in listed(Client(person), "labor-entries")] == [rate]
        assert ("48.00 an hour" in time_tab(person, order)) == (rate is not None)
    page = time_tab(owner, order)
    assert order.title in page
    assert "Time and cost" not in page


def time_tab(person: User, order: WorkOrder) -> str:
    page = signed_in(person).get(f"/admin/worklogs/workorder/{order.pk}/?tab=time")
    return str(page.content.decode())


def listed(api: Client, path: str, **asked: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = api.get(path, asked).json()["results"]
    return rows


@pytest.mark.parametrize("name", ["hold", "cancel"])
def test_the_timer_stands_still_with_the_work(
    room: Resource, admin: User, user_with: Callable[[Role], User], name: str
) -> None:
    hands = user_with(Role.TECHNICIAN)
    order = factories.work_order_in("in_progress", assigned_to=hands, resource=room, now=NOW)
    assert Client(hands).post("labor-entries", {"work_order": str(order.pk)}).status_code == 201
    answer = Client(admin).post(f"work-orders/{order.pk}/{name}", {"reason": "No part"})
    assert answer.status_code == 200
    assert not LaborEntry.objects.running().exists()


def test_time_of_verified_work_stays(room: Resource, user_with: Callable[[Role], User]) -> None:
    hands = user_with(Role.TECHNICIAN)
    order = factories.work_order_in("verified", assigned_to=hands, resource=room, now=NOW)
    entry = LaborEntry.objects.create(
        work_order=order, person=hands, started_at=NOW - HOUR, ended_at=NOW
    )
    assert Client(hands).delete(f"labor-entries/{entry.pk}").status_code == 409


# -- what people look for ----------------------------------------------------------------------------------------------


def test_days_until_due_and_what_is_upcoming(room: Resource, admin: User) -> None:
    now = datetime.now(UTC)
    due = {name: now + days * DAY for name, days in (("late", -2), ("soon", 3), ("far", 30))}
    made = {
        name: factories.work_order(now=now, resource=room, due_at=moment)
        for name, moment in due.items()
    }
    free = factories.work_order(now=now, resource=room)
    api = Client(admin)
    rows = {row["id"]: row["days_until_due"] for row in listed(api, "work-orders")}
    assert rows == {
        **{str(made[name].pk): days for name, days in (("late", -2), ("soon", 3), ("far", 30))},
        str(free.pk): None,
    }
    assert api.get(f"work-orders/{made['late'].pk}").json()["days_until_due"] == -2
    found = [row["id"] for row in listed(api, "work-orders", upcoming=7)]
    assert found == [str(made["soon"].pk)]


def test_the_trail_of_a_resource_tells_of_reports_that_came_to_nothing(
    room: Resource, admin: User, user_with: Callable[[Role], User]
) -> None:
    order = factories.work_order(now=NOW, resource=room, title="Tap drips")
    orders.give(order, "reject", {"reason": "It is a fountain"}, by=admin, now=NOW + HOUR)
    address = f"resources/{room.pk}/history"

    def told(person: User) -> list[str]:
        return [row["text"] for row in Client(person).get(address).json() if row["kind"] == "order"]

    assert told(admin) == [f"{order} rejected: It is a fountain", f"{order} reported"]
    page = signed_in(admin).get(f"/admin/scheduling/resource/{room.pk}/?tab=history")
    assert "It is a fountain" in page.content.decode()


def test_the_form_offers_only_people_who_may_work(
    room: Resource, admin: User, user_with: Callable[[Role], User]
) -> None:
    guest, hands = user_with(Role.REQUESTER), user_with(Role.TECHNICIAN)
    page = signed_in(admin).get("/admin/worklogs/workorder/add/").content.decode()
    assert f'value="{hands.pk}"' in page
    assert f'value="{guest.pk}"' not in page


def test_pages_link_only_what_the_person_may_open(
    room: Resource, user_with: Callable[[Role], User]
) -> None:
    guest, hands = user_with(Role.REQUESTER), user_with(Role.TECHNICIAN)
    schedule = factories.schedule(resource=room, title="Filters")
    generation.generate_now(schedule, [room.pk], by=None, now=NOW)
    order = WorkOrder.objects.get()
    WorkOrder.objects.filter(pk=order.pk).update(reported_by=guest)
    place = f"/admin/scheduling/resource/{room.pk}/"
    plan_of_others = f"/admin/scheduling/schedule/{schedule.pk}/"

    listed = signed_in(guest).get("/admin/worklogs/workorder/?standing=all").content.decode()
    read = signed_in(guest).get(f"/admin/worklogs/workorder/{order.pk}/").content.decode()
    worked = signed_in(hands).get(f"/admin/worklogs/workorder/{order.pk}/").content.decode()

    assert "Room 101" in listed
    assert "Room 101" in read
    assert place not in listed
    assert place not in read
    assert "Filters" in worked
    assert place in worked
    assert plan_of_others not in worked
