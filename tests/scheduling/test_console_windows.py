"""Windows in the console: list, form with its check, page with its buttons, rights."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Organization, User
from accounts.rights import Role
from core.tenancy import tenant_scope
from scheduling.models import Resource, ResourceEntrustment, Window
from tests import factories
from tests.console import signed_in

LIST, ADD = "/admin/scheduling/window/", "/admin/scheduling/window/add/"
CHECK = "/admin/scheduling/window/check/"
HOUR = timedelta(hours=1)


def form(resource: Resource, start: datetime, end: datetime, **values: str) -> dict[str, str]:
    return {
        "title": "Paint",
        "resource": str(resource.pk),
        "kind": "planned",
        "effect": "out_of_order",
        "starts_at_0": f"{start:%Y-%m-%d}",
        "starts_at_1": f"{start:%H:%M}",
        "ends_at_0": f"{end:%Y-%m-%d}",
        "ends_at_1": f"{end:%H:%M}",
        "setup_minutes": "0",
        "cleanup_minutes": "0",
        **values,
    }


def text_of(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def test_list_shows_state_time_and_the_bookings_met(
    console: Client, lift: Resource, noon: datetime
) -> None:
    factories.window(noon, noon + HOUR, resource=lift, title="Ropes")
    factories.booking(noon, noon + HOUR, resource=lift, source="pms", reference="B-7")
    page = text_of(console.get(LIST))
    for text in ("Ropes", "Scheduled", "Lift", f"{noon:%a} {noon.day} {noon:%b %Y}, 12:00"):
        assert text in page
    assert ">group</span>1</span>" in page
    for query, found in {
        "status__exact=draft": False,
        "status__exact=scheduled": True,
        "time=month": True,
        "time=today": False,
        "time=past": False,
        "time=late": False,
        "q=ropes": True,
        "q=brakes": False,
        f"below={lift.pk}": True,
        "kind__exact=emergency": False,
        "assignee=nobody": True,
    }.items():
        assert ("Ropes" in text_of(console.get(f"{LIST}?{query}"))) is found, query
    factories.window(
        noon - timedelta(days=20),
        noon - timedelta(days=19),
        resource=lift,
        title="Old",
        status="draft",
    )
    assert "Old" in text_of(console.get(f"{LIST}?time=past"))
    export = b"".join(console.get(f"{LIST}export/")).decode()
    assert "Ropes" in export
    assert ",1," in export


def test_lists_cost_the_same_for_any_number_of_rows(
    console: Client, lift: Resource, noon: datetime
) -> None:
    counts = []
    for part in range(2):
        for number in range(8):
            start = noon + (8 * part + number) * 2 * HOUR
            factories.window(start, start + HOUR, resource=lift)
            factories.booking(start + HOUR, start + 2 * HOUR, resource=lift)
        for address in (
            LIST,
            "/admin/scheduling/booking/",
            f"/admin/scheduling/resource/{lift.pk}/?tab=use",
        ):
            with CaptureQueriesContext(connection) as queries:
                assert console.get(address).status_code == 200
            counts.append(len(queries))
    assert counts[:3] == counts[3:]
    assert counts[0] <= 14
    assert counts[1] <= 12
    assert counts[2] <= 14


def test_the_check_names_what_is_in_the_way_and_offers_slots(
    console: Client, lift: Resource, noon: datetime
) -> None:
    factories.booking(noon, noon + 2 * HOUR, resource=lift, reference="B-7", people=4)
    factories.booking(
        noon - HOUR, noon, resource=lift, reference="B-8", people=2, status="tentative"
    )
    found = text_of(console.post(CHECK, form(lift, noon - HOUR, noon + HOUR)))
    for text in ("In the way: 1 booking with 4 people and 1 option", "B-7", "B-8", "Better slots"):
        assert text in found
    assert found.count("data-starts=") == 3
    assert "Nobody is affected" in found
    free = text_of(console.post(CHECK, form(lift, noon + 3 * HOUR, noon + 4 * HOUR)))
    assert "Free: nobody is affected" in free
    assert not Window.objects.exists()


def test_the_check_says_what_does_not_work_and_waits_for_the_rest(
    console: Client, lift: Resource, noon: datetime
) -> None:
    backwards = text_of(console.post(CHECK, form(lift, noon, noon - HOUR)))
    assert "The end must be after the start." in backwards
    assert "Choose the resource" in text_of(console.post(CHECK, {}))
    strange = form(lift, noon, noon + HOUR, repeat="custom", rrule="FREQ=WEEKLY;BYDAY=XX")
    assert "does not work yet" in text_of(console.post(CHECK, strange))
    repeated = text_of(console.post(CHECK, form(lift, noon, noon + HOUR, repeat="FREQ=WEEKLY")))
    assert "Every week on" in repeated


def test_what_is_typed_survives_a_refusal(console: Client, lift: Resource, noon: datetime) -> None:
    factories.booking(noon, noon + HOUR, resource=lift, reference="B-7")
    answer = console.post(ADD, form(lift, noon, noon + HOUR, description="Two coats"))
    page = text_of(answer)
    assert "This collides with B-7 (Lift)" in page
    assert "Two coats" in page
    saved = console.post(ADD, form(lift, noon + HOUR, noon + 2 * HOUR), follow=True)
    assert "is scheduled for" in text_of(saved)
    window = Window.objects.get()
    assert (window.starts_at, window.status) == (noon + HOUR, "scheduled")


def test_an_emergency_says_why_and_displaces(
    console: Client, lift: Resource, noon: datetime
) -> None:
    factories.booking(noon, noon + HOUR, resource=lift, reference="B-7")
    values = form(lift, noon, noon + HOUR, kind="emergency")
    assert "displaces 1 booking with 1 person" in text_of(console.post(CHECK, values))
    assert "Say why" in text_of(console.post(ADD, values))
    page = text_of(console.post(ADD, {**values, "override_reason": "Ropes torn"}, follow=True))
    assert "Displaced by this emergency" in page
    assert "Ropes torn" in page


def test_a_recurring_window_is_planned_and_edited_from_one_on(
    console: Client, lift: Resource, noon: datetime
) -> None:
    last = noon + timedelta(days=21)
    values = form(lift, noon, noon + HOUR, repeat="FREQ=WEEKLY", repeat_until=f"{last:%Y-%m-%d}")
    assert "4 windows are planned" in text_of(console.post(ADD, values, follow=True))
    second = Window.objects.order_by("starts_at")[1]
    start = second.starts_at.astimezone(noon.tzinfo) + timedelta(days=1)
    change = form(lift, start, start + HOUR, scope="following")
    console.post(f"{LIST}{second.pk}/change/", change)
    starts = Window.objects.order_by("starts_at").values_list("starts_at", flat=True)
    days = [start.astimezone(noon.tzinfo).date() - noon.date() for start in starts]
    assert [day.days for day in days] == [0, 8, 15, 22]


def test_the_page_offers_the_moves_of_its_state(
    console: Client, lift: Resource, noon: datetime
) -> None:
    console.post(ADD, form(lift, noon, noon + HOUR, as_draft="on"))
    window = Window.objects.get()
    page = f"{LIST}{window.pk}/"
    seen = text_of(console.get(page))
    assert "Delete draft" in seen
    assert "Start work" not in seen
    for move, status, offered in (
        ("approve", "scheduled", "Start work"),
        ("start", "in_progress", "Complete"),
        ("complete", "completed", "Plan again"),
    ):
        answer = text_of(console.post(f"{page}{move}/", follow=True))
        window.refresh_from_db()
        assert window.status == status
        assert offered in answer
    assert "Cancel window" not in text_of(console.get(page))
    refused = text_of(console.post(f"{page}start/", follow=True))
    assert "error" in refused
    for tab in ("affected", "taken", "history"):
        assert console.get(f"{page}?tab={tab}").status_code == 200


def test_cancel_needs_a_reason_and_extend_a_later_end(
    console: Client, lift: Resource, noon: datetime
) -> None:
    window = factories.window(noon, noon + HOUR, resource=lift)
    page = f"{LIST}{window.pk}/"
    assert "Say why" in text_of(console.post(f"{page}cancel/", {"reason": " "}, follow=True))
    earlier = {"ends_at": f"{noon:%Y-%m-%dT%H:%M}"}
    assert "ends later" in text_of(console.post(f"{page}extend/", earlier, follow=True))
    assert "Enter the new end" in text_of(
        console.post(f"{page}extend/", {"ends_at": "x"}, follow=True)
    )
    console.post(f"{page}extend/", {"ends_at": f"{noon + 3 * HOUR:%Y-%m-%dT%H:%M}"})
    console.post(f"{page}cancel/", {"reason": "Ropes are late"})
    window.refresh_from_db()
    assert (window.ends_at, window.cancel_reason) == (noon + 3 * HOUR, "Ropes are late")
    draft = factories.window(noon, noon + HOUR, resource=lift, status="draft")
    console.post(f"{LIST}{draft.pk}/delete/")
    assert not Window.objects.filter(pk=draft.pk).exists()


def test_the_harm_and_where_those_could_go(
    console: Client, organization: Organization, noon: datetime
) -> None:
    kind = factories.resource_type()
    floor = factories.resource(name="Floor")
    rooms = [factories.resource(name=f"Room {n}", parent=floor, type=kind) for n in (1, 2)]
    booked = factories.booking(
        noon - timedelta(days=1),
        noon + timedelta(days=2),
        resource=rooms[0],
        people=2,
        reference="B-7",
    )
    window = factories.window(noon, noon + timedelta(days=1), resource=rooms[0], status="draft")
    page = text_of(console.get(f"{LIST}{window.pk}/?tab=affected"))
    for text in ("B-7", "2 people · loses 1 night, 24 h"):
        assert text in page
    found = text_of(console.get(f"{LIST}{window.pk}/alternatives/{booked.pk}/"))
    assert "Room 2" in found
    assert "Other times here" in found


def test_a_window_for_what_is_due_fills_itself(console: Client, lift: Resource) -> None:
    start = timezone.now() + timedelta(days=3)
    schedule = factories.schedule(
        resource=lift,
        title="Grease",
        start_at=start,
        estimated_duration_minutes=90,
        tolerance_days=2,
    )
    page = text_of(console.get(f"{ADD}?resource={lift.pk}&schedule={schedule.pk}"))
    assert 'value="Grease"' in page
    assert "Plan a window" in text_of(console.get(f"/admin/scheduling/schedule/{schedule.pk}/"))


def test_venue_admins_plan_on_their_venues_only(
    organization: Organization, user_with: Callable[[Role], User], lift: Resource, noon: datetime
) -> None:
    keeper = user_with(Role.VENUE_ADMIN)
    with tenant_scope(organization.pk):
        own = factories.resource(name="Hall")
        ResourceEntrustment.objects.create(user=keeper, resource=own)
        theirs = factories.window(noon, noon + HOUR, resource=lift, title="Not mine")
        factories.window(noon, noon + HOUR, resource=own, title="My window")
    client = signed_in(keeper)
    seen = text_of(client.get(LIST))
    assert "My window" in seen
    assert "Not mine" not in seen
    assert client.get(f"{LIST}{theirs.pk}/").status_code == 404
    assert client.post(f"{LIST}{theirs.pk}/cancel/", {"reason": "x"}).status_code == 404
    refused = text_of(client.post(ADD, form(lift, noon + HOUR, noon + 2 * HOUR)))
    assert "Select a valid choice" in refused


@pytest.mark.parametrize(
    ("role", "sees", "plans"),
    [
        (Role.REQUESTER, True, False),
        (Role.TECHNICIAN, True, False),
        (Role.MAINTENANCE_COORDINATOR, True, True),
        (Role.EXECUTIVE_ADMIN, True, True),
    ],
)
def test_roles(user_with: Callable[[Role], User], role: Role, sees: bool, plans: bool) -> None:
    client = signed_in(user_with(role))
    assert client.get(LIST).status_code == (200 if sees else 403)
    assert client.get("/admin/windows/").status_code == 200
    assert client.get(ADD).status_code == (200 if plans else 403)
    assert client.post(CHECK, {}).status_code == (200 if plans else 403)
    bookings = 403 if role == Role.REQUESTER else 200
    assert client.get("/admin/scheduling/booking/").status_code == bookings
