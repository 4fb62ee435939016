"""The page “Housekeeping”."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Organization, User
from accounts.rights import Role
from scheduling.models import Resource
from scheduling.services import due_check
from tests import factories
from tests.api import Client
from tests.console import signed_in
from worklogs.models import CleaningPlan, WorkOrder
from worklogs.services import cleaning_plans, housekeeping, orders

pytestmark = pytest.mark.usefixtures("morning")


PAGE = "/admin/housekeeping/"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def floor(scope: Organization) -> Resource:
    place = factories.resource(kind="venue", name="First floor")
    plan = CleaningPlan(
        title="Departure",
        task_type="checkout_cleaning",
        on_event="booking.completed",
        resource=place,
        with_below=True,
        needs_inspection=True,
        estimated_duration_minutes=45,
    )
    cleaning_plans.create_plan(plan, by=None, now=datetime.now(UTC))
    return place


def occupied(floor: Resource) -> WorkOrder:
    """A room whose guests have just left, and whose next guests come soon."""
    now = datetime.now(UTC)
    room = factories.resource(kind="room", parent=floor)
    gone = factories.booking(
        now - 2 * HOUR, now + timedelta(seconds=1), resource=room, status="completed"
    )
    factories.booking(now + timedelta(minutes=20), now + DAY, resource=room)
    housekeeping.follow(gone.pk, now=now + timedelta(seconds=2), seen_at=now)
    order: WorkOrder = WorkOrder.objects.get(resource=room)
    return order


def test_nothing_yet_leads_to_the_first_plan(scope: Organization, admin: User) -> None:
    text = signed_in(admin).get(PAGE).content.decode()
    assert "No room needs housekeeping today" in text
    assert "New cleaning plan" in text


def test_one_click_after_the_other(
    floor: Resource, admin: User, user_with: Callable[[Role], User]
) -> None:
    order = occupied(floor)
    technician = user_with(Role.TECHNICIAN)
    planner, hands = signed_in(admin), signed_in(technician)
    text = planner.get(PAGE).content.decode()
    for words in ("First floor", order.resource.name, "To be cleaned", "Tight:", "nobody yet"):
        assert words in text
    assert "Arrive" in text
    address = f"{PAGE}{order.pk}/"
    assert hands.post(f"{address}assign/").status_code == 302
    order.refresh_from_db()
    assert order.status == "scheduled"
    orders.give(order, "assign", {"assigned_to": technician}, by=None, now=datetime.now(UTC))
    seen = []
    for browser, what in ((hands, "start"), (hands, "complete"), (planner, "verify")):
        answer = browser.post(f"{address}{what}/", {"state": "ready"})
        assert answer["Location"] == f"{PAGE}?state=ready"
        order.refresh_from_db()
        seen.append(order.status)
    assert seen == ["in_progress", "completed", "verified"]
    assert "Ready" in planner.get(PAGE, {"state": "ready"}).content.decode()


def test_assigning_by_one_click_says_why(
    floor: Resource, admin: User, user_with: Callable[[Role], User]
) -> None:
    order = occupied(floor)
    user_with(Role.TECHNICIAN)
    browser = signed_in(admin)
    answer = browser.post(f"{PAGE}{order.pk}/assign/", follow=True)
    order.refresh_from_db()
    named = str(order.assigned_to) if order.assigned_to else "nobody can be found"
    assert named in answer.content.decode()


def test_generate_now(floor: Resource, admin: User, user_with: Callable[[Role], User]) -> None:
    now = datetime.now(UTC)
    room = factories.resource(kind="room", parent=floor)
    factories.booking(now - HOUR, now + timedelta(seconds=5), resource=room, status="checked_in")
    browser = signed_in(admin)
    words = ["1 task was made", "every task is there"]
    for expected in words:
        answer = browser.post(f"{PAGE}generate/", follow=True)
        assert expected in answer.content.decode()
    hands = signed_in(user_with(Role.TECHNICIAN))
    assert hands.post(f"{PAGE}generate/").status_code == 403


def test_generating_reaches_no_further_than_asked(
    floor: Resource, admin: User, user_with: Callable[[Role], User]
) -> None:
    """A venue admin's rooms, one plan's rooms, and never the dates of schedules that are no cleaning plans."""
    now = datetime.now(UTC)
    other = factories.resource(kind="venue", name="Second floor")
    plan = CleaningPlan(
        **{"title": "Upstairs", "task_type": "checkout_cleaning", "resource": other},
        **{"on_event": "booking.completed", "with_below": True},
    )
    cleaning_plans.create_plan(plan, by=None, now=now)
    rooms = [factories.resource(kind="room", parent=place) for place in (floor, other)]
    for room in rooms:
        factories.booking(now - HOUR, now + HOUR, resource=room, status="checked_in")
    factories.schedule(title="Lift", start_at=now - DAY)
    due_check.check_now(organization=admin.organization, by=None, now=now)

    def made() -> list[str]:
        return sorted(WorkOrder.objects.values_list("resource__name", flat=True))

    keeper = user_with(Role.VENUE_ADMIN)
    keeper.entrustments.create(resource=floor)
    assert signed_in(keeper).post(f"{PAGE}generate/", follow=True).status_code == 200
    assert made() == [rooms[0].name]
    client = Client(admin)
    answer = client.post(f"cleaning-plans/{plan.pk}/generate").json()
    assert (answer, made()) == ({"generated": 1}, sorted(room.name for room in rooms))
    keepers = Client(keeper).post(f"cleaning-plans/{plan.pk}/generate")
    assert keepers.status_code == 404
    weekly = {"title": "Weekly", "task_type": "deep_cleaning", "resource": str(rooms[0].pk)}
    started = {"frequency": "weekly", "start_at": (now - DAY).isoformat()}
    assert client.post("cleaning-plans", {**weekly, **started}).status_code == 201
    due_check.check_now(organization=admin.organization, by=None, now=now)
    text = signed_in(admin).post(f"{PAGE}generate/", follow=True).content.decode()
    assert "1 task was made" in text
    assert sorted(WorkOrder.objects.values_list("title", flat=True))[-1] == "Weekly"


def test_who_sees_it(floor: Resource, user_with: Callable[[Role], User]) -> None:
    occupied(floor)
    assert signed_in(user_with(Role.REQUESTER)).get(PAGE).status_code == 403
    keeper = signed_in(user_with(Role.VENUE_ADMIN))
    assert floor.name not in keeper.get(PAGE).content.decode()


def test_it_costs_the_same_however_many_rooms(floor: Resource, admin: User) -> None:
    occupied(floor)
    browser = signed_in(admin)

    def count() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert browser.get(PAGE).status_code == 200
        return len(seen)

    count()
    few = count()
    for _ in range(4):
        occupied(floor)
    assert count() == few
    assert few <= 14


def test_a_plan_by_the_form(scope: Organization, admin: User) -> None:
    room = factories.resource(kind="room")
    browser = signed_in(admin)
    form = {
        **{"title": "Weekly", "task_type": "deep_cleaning", "resource": str(room.pk)},
        **{"allowed_minutes": "60", "setup_minutes": "0", "due_time": "16:00", "rhythm": "once"},
    }
    address = "/admin/worklogs/cleaningplan/add/"
    assert browser.get(address).status_code == 200
    answer = browser.post(address, {**form, "frequency": "weekly"})
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    plan = CleaningPlan.objects.get()
    assert plan.schedule is not None
    assert plan.schedule.frequency == "weekly"
    refused = browser.post(address, {**form, "title": "Nothing"})
    assert refused.status_code == 200
    actions = {"_selected_action": [str(plan.pk)]}
    for action, is_active in (("pause", False), ("activate", True), ("generate", True)):
        browser.post("/admin/worklogs/cleaningplan/", {**actions, "action": action})
        plan.refresh_from_db()
        assert plan.is_active is is_active
