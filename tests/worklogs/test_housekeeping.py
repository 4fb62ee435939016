"""Cleaning that follows bookings: made once, moved, withdrawn, due before the next guests."""

from datetime import datetime, time, timedelta
from typing import Any

from accounts.models import Organization, User
from core import outbox
from core.models import OutboxEvent
from scheduling.models import Booking, Resource
from scheduling.services import bookings, resources
from tests import factories
from tests.events import relay_all
from tests.worklogs.housekeeping import DAY, HOUR, NOW, change, follow, only, open_types, plan, stay
from worklogs.models import BookingTask, CleaningPlan, WorkOrder
from worklogs.services import cleaning_plans, housekeeping, orders


def test_a_departure_makes_one_task_however_often_it_is_told(room: Resource) -> None:
    made = plan(resource=room, is_planned_ahead=False, estimated_duration_minutes=35)
    booking = stay(room, NOW - DAY, NOW + 2 * HOUR, reference="B-1", guest_id="G-1")
    assert follow(booking) == 0
    later = NOW + 3 * HOUR
    bookings.update_booking(booking, {"status": "completed"}, by=None, now=later)
    assert follow(booking, later) == 1
    assert follow(booking, later) == 0
    order = only()
    assert (order.task_type, order.kind, order.status) == (
        "checkout_cleaning",
        "cleaning",
        "scheduled",
    )
    assert (order.booking_reference, order.guest_id, order.resource) == ("B-1", "G-1", room)
    assert order.estimated_duration_minutes == 35
    assert order.due_at == later + HOUR
    assert order.booking_task.plan == made


def test_events_arrive_through_the_outbox(room: Resource, time_machine: Any) -> None:
    time_machine.move_to(NOW)
    plan(resource=room)
    booking = stay(room, NOW - DAY, NOW + timedelta(minutes=1))
    bookings.update_booking(booking, {"status": "completed"}, by=None, now=NOW)
    relay_all(NOW + HOUR)
    names = ["scheduling.booking.created", "scheduling.booking.changed"]
    for event in OutboxEvent.objects.filter(name__in=names).order_by("-occurred_at"):
        for handler in outbox.handlers_of(event.name).values():
            handler(event)  # again, and in the wrong order
    assert WorkOrder.objects.tasks().count() == 1


def test_an_older_event_of_the_booking_system_changes_nothing(room: Resource) -> None:
    plan(resource=room)

    def tell(status: str, at: datetime) -> Booking:
        told = Booking(
            **{"resource": room, "source": "pms", "reference": "7", "status": status},
            starts_at=NOW - DAY,
            ends_at=NOW + HOUR,
        )
        row, _ = bookings.upsert_booking(told, source_at=at, by=None, now=NOW + HOUR)
        follow(row, NOW + HOUR)
        return row

    tell("completed", NOW)
    tell("checked_in", NOW - 2 * HOUR)
    assert only().due_at == NOW + HOUR
    assert open_types() == ["checkout_cleaning"]


def test_history_makes_none(room: Resource) -> None:
    plan(resource=room)
    for days in (400, 30, 2):
        old = stay(room, NOW - (days + 1) * DAY, NOW - days * DAY, status="completed")
        follow(old)
    assert not WorkOrder.objects.exists()


def test_the_day_of_departure_is_planned_in_the_morning(room: Resource) -> None:
    plan(resource=room)
    today = stay(room, NOW - DAY, NOW + 3 * HOUR)
    stay(room, NOW + 4 * HOUR, NOW + 2 * DAY, status="confirmed")
    assert housekeeping.settle_organizations(now=NOW) == 1
    order = only()
    assert order.booking_task.booking == today
    assert order.due_at == today.ends_at + HOUR
    assert housekeeping.settle_organizations(now=NOW + HOUR) == 0


def test_a_cancelled_booking_withdraws_what_nobody_began(room: Resource, technician: User) -> None:
    plan(resource=room)
    other = factories.resource(kind="room")
    plan(resource=other)
    booking, begun = (stay(one, NOW - DAY, NOW + HOUR) for one in (room, other))
    follow(booking)
    follow(begun)
    order = WorkOrder.objects.get(resource=other)
    orders.give(order, "assign", {"assigned_to": technician}, by=None, now=NOW)
    orders.give(order, "start", {}, by=None, now=NOW)
    change(booking, status="cancelled")
    change(begun, status="cancelled")
    first = WorkOrder.objects.get(resource=room)
    assert (first.status, first.close_reason) == ("cancelled", "The booking was cancelled.")
    order.refresh_from_db()
    assert order.status == "in_progress"


def test_a_reinstated_booking_asks_again(room: Resource) -> None:
    plan(resource=room)
    booking = stay(room, NOW - DAY, NOW + HOUR)
    follow(booking)
    change(booking, status="cancelled")
    change(booking, status="checked_in")
    assert open_types() == ["checkout_cleaning"]
    assert BookingTask.objects.count() == 1


def test_what_a_person_cancelled_stays_cancelled(room: Resource) -> None:
    plan(resource=room)
    booking = stay(room, NOW - DAY, NOW + HOUR)
    follow(booking)
    orders.give(only(), "cancel", {"reason": "Clean enough"}, by=None, now=NOW)
    follow(booking)
    assert open_types() == []


def test_a_moved_booking_moves_its_task(room: Resource) -> None:
    place = factories.resource(kind="venue")
    first = factories.resource(kind="room", parent=place)
    second = factories.resource(kind="room", parent=place)
    plan(resource=place, with_below=True)
    booking = stay(first, NOW - DAY, NOW + HOUR)
    follow(booking)
    change(booking, resource=second, ends_at=NOW + 2 * HOUR)
    order = only()
    assert (order.resource, order.due_at) == (second, NOW + 3 * HOUR)
    change(booking, resource=room)
    assert open_types() == []


def test_begun_work_stays_where_it_is(technician: User) -> None:
    """What changes about the booking is noted all the same."""
    place = factories.resource(kind="venue")
    first, second = (factories.resource(kind="room", parent=place) for _ in range(2))
    plan(resource=place, with_below=True)
    booking = stay(first, NOW - DAY, NOW + HOUR)
    follow(booking)
    order = only()
    orders.give(order, "assign", {"assigned_to": technician}, by=None, now=NOW)
    orders.give(order, "start", {}, by=None, now=NOW)
    change(booking, resource=second, ends_at=NOW + 2 * HOUR)
    assert (only().resource, only().due_at) == (first, NOW + 3 * HOUR)


def test_a_retired_room_is_not_cleaned(room: Resource) -> None:
    plan(resource=room)
    booking = stay(room, NOW - DAY, NOW + HOUR)
    resources.update_resource(room, {"status": "retired"}, by=None, now=NOW)
    assert follow(booking) == 0
    assert open_types() == []


def test_tasks_of_a_removed_plan_stay_while_the_booking_stands(room: Resource) -> None:
    plan(resource=room, on_event="booking.checked_in", task_type="restocking")
    made = plan(resource=room)
    booking = stay(room, NOW - 2 * DAY, NOW + HOUR)
    follow(booking)
    cleaning_plans.delete_plan(made, by=None, now=NOW)
    change(booking, ends_at=NOW + 2 * HOUR)
    assert open_types() == ["checkout_cleaning"]
    change(booking, status="cancelled")
    assert open_types() == []


def test_a_late_checkout_stays_in_todays_load(room: Resource) -> None:
    plan(resource=room)
    booking = stay(room, NOW - DAY, NOW + HOUR)
    follow(booking)
    housekeeping.settle_organizations(now=NOW + 4 * HOUR)
    assert open_types() == ["checkout_cleaning"]
    change(booking, NOW + 5 * HOUR, status="completed")
    assert only().due_at == NOW + 6 * HOUR


def test_each_day_of_a_stay(room: Resource) -> None:
    values = {"resource": room, "on_event": "booking.checked_in"}
    plan(**values, task_type="stay_over_cleaning", rhythm="each_day", due_time=time(14))
    plan(**values, task_type="turndown", rhythm="each_evening", due_time=time(19))
    plan(**values, task_type="restocking", title="Welcome basket")
    follow(stay(room, NOW, NOW + 3 * DAY))
    due = {
        kind: [
            moment.isoformat()
            for moment in WorkOrder.objects.filter(task_type=kind)
            .order_by("due_at")
            .values_list("due_at", flat=True)
        ]
        for kind in ("stay_over_cleaning", "turndown", "restocking")
    }
    assert due == {
        "stay_over_cleaning": ["2026-03-05T13:00:00+00:00", "2026-03-06T13:00:00+00:00"],
        "turndown": [f"2026-03-0{day}T18:00:00+00:00" for day in (4, 5, 6)],
        "restocking": ["2026-03-04T09:00:00+00:00"],
    }
    assert WorkOrder.objects.get(task_type="restocking").kind == "restocking"


def test_an_early_departure_turns_the_stay_over_into_a_checkout(
    room: Resource, technician: User
) -> None:
    plan(resource=room)
    values = {"on_event": "booking.checked_in", "rhythm": "each_day", "title": "Stay-over"}
    plan(resource=room, task_type="stay_over_cleaning", **values)
    booking = stay(room, NOW - DAY, NOW + 2 * DAY)
    follow(booking)
    order = WorkOrder.objects.earliest("due_at")
    assert order.task_type == "stay_over_cleaning"
    orders.give(order, "assign", {"assigned_to": technician}, by=None, now=NOW)
    change(booking, NOW + HOUR, status="completed")
    assert open_types() == ["checkout_cleaning"]
    order.refresh_from_db()
    assert (order.task_type, order.title) == ("checkout_cleaning", "Checkout cleaning")
    assert (order.assigned_to, order.due_at) == (technician, NOW + 2 * HOUR)


def test_the_next_arrival_sets_the_due_time_and_changes_it(room: Resource) -> None:
    plan(resource=room, allowed_minutes=300, setup_minutes=30)
    follow(stay(room, NOW - DAY, NOW + HOUR))
    assert only().due_at == NOW + 6 * HOUR
    coming = stay(room, NOW + 4 * HOUR, NOW + DAY, status="confirmed")
    follow(coming)
    assert only().due_at == NOW + 3.5 * HOUR
    change(coming, starts_at=NOW + 2 * HOUR)
    assert only().due_at == NOW + 1.5 * HOUR
    change(coming, status="cancelled")
    assert only().due_at == NOW + 6 * HOUR


def test_a_due_date_set_by_a_person_stays(room: Resource) -> None:
    plan(resource=room, allowed_minutes=300)
    follow(stay(room, NOW - DAY, NOW + HOUR))
    orders.change_order(only(), {"due_at": NOW + 2 * HOUR}, by=None, now=NOW)
    follow(stay(room, NOW + 4 * HOUR, NOW + DAY, status="confirmed"))
    assert only().due_at == NOW + 2 * HOUR


def test_the_nearest_plan_counts(scope: Organization) -> None:
    kind = factories.resource_type()
    floor = factories.resource(kind="venue")
    suite = factories.resource(kind="room", parent=floor, type=kind)
    plan(resource_type=kind, title="Of the type")
    plan(resource=floor, with_below=True, title="Of the floor")
    follow(stay(suite, NOW - DAY, NOW + HOUR))
    assert only().title == "Of the floor"


def test_of_plans_equally_near_the_older_counts(scope: Organization) -> None:
    kind = factories.resource_type()
    for title in ("First", "Second"):
        plan(resource_type=kind, title=title)
    follow(stay(factories.resource(kind="room", type=kind), NOW - DAY, NOW + HOUR))
    assert only().title == "First"


def test_a_paused_plan_makes_nothing_new(room: Resource) -> None:
    made = plan(resource=room)
    cleaning_plans.pause(made, by=None, now=NOW)
    booking = stay(room, NOW - DAY, NOW + HOUR)
    assert follow(booking) == 0
    cleaning_plans.activate(made, by=None, now=NOW)
    assert cleaning_plans.generate(made, by=None, now=NOW) == 1


def test_by_time_through_a_schedule(room: Resource) -> None:
    made = CleaningPlan(title="Deep clean", task_type="deep_cleaning", resource=room)
    cleaning_plans.create_plan(made, by=None, now=NOW, frequency="weekly", start_at=NOW)
    assert made.schedule is not None
    from scheduling.services import due_check

    due_check.check_now(organization=room.organization, by=None, now=NOW + HOUR)
    assert cleaning_plans.generate(made, by=None, now=NOW + HOUR) == 1
    order = only()
    assert (order.task_type, order.kind, order.resource) == ("deep_cleaning", "cleaning", room)
    cleaning_plans.pause(made, by=None, now=NOW)
    made.schedule.refresh_from_db()
    assert not made.schedule.is_active


def test_every_task_type_can_be_planned(scope: Organization) -> None:
    for task_type in WorkOrder.TaskType.values:
        room = factories.resource(kind="room")
        plan(resource=room, task_type=task_type)
        follow(stay(room, NOW - DAY, NOW + HOUR))
    assert open_types() == sorted(WorkOrder.TaskType.values)
