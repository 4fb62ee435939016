"""Who may not see a window or booking learns that it is there and when, by every door, and nothing else of it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from accounts.models import Organization, User
from accounts.rights import Role
from core.tenancy import tenant_scope
from integrations.models import CalendarFeed
from integrations.services import calendar_feeds
from scheduling.models import Booking, Resource, ResourceEntrustment
from tests import factories
from tests.api import Client
from tests.console import signed_in
from tests.scheduling.test_console_windows import CHECK, HOUR, form, text_of

UserWith = Callable[[Role], User]
SECRETS = ("Asbestos", "poison", "Great House", "VIP-1", "Ada", "Beside")
READERS = pytest.mark.parametrize("role", [Role.VENUE_ADMIN, Role.REQUESTER])


@pytest.fixture
def house(organization: Organization) -> dict[str, Resource]:
    """A house and two of its rooms."""
    with tenant_scope(organization.pk):
        top = factories.resource(name="Great House", code="GH")
        rooms = [factories.resource(name=f"Room {n}", code=f"R{n}", parent=top) for n in (1, 2)]
        return {"house": top, "room": rooms[0], "other": rooms[1]}


def keeper(role: Role, house: dict[str, Resource], user_with: UserWith) -> User:
    """Somebody who sees the first room and nothing above it."""
    user = user_with(role)
    with tenant_scope(user.organization_id):
        if role == Role.VENUE_ADMIN:
            ResourceEntrustment.objects.create(user=user, resource=house["room"])
        else:
            Resource.objects.filter(pk=house["room"].pk).update(owner=user)
    return user


@READERS
def test_maintenance_above_shows_as_such_in_calendar_timeline_feed_and_page(
    role: Role, house: dict[str, Resource], user_with: UserWith, noon: datetime
) -> None:
    user = keeper(role, house, user_with)
    with tenant_scope(user.organization_id):
        above = factories.window(
            noon, noon + HOUR, resource=house["house"], title="Asbestos", description="poison"
        )
        factories.window(noon, noon + HOUR, resource=house["house"], title="Plan", status="draft")
        factories.window(noon + 2 * HOUR, noon + 3 * HOUR, resource=house["other"], title="Beside")
        factories.window(noon + 4 * HOUR, noon + 5 * HOUR, resource=house["room"], title="Own")
        wanted = CalendarFeed(name="Mine", kind="organization")
        feed, _ = calendar_feeds.create_feed(wanted, by=user, now=noon)
        entries = calendar_feeds.content(feed, now=noon).decode()
    api = Client(user)
    period = {"start": (noon - HOUR).isoformat(), "end": (noon + 9 * HOUR).isoformat()}

    events = api.get("calendar", {**period, "layers": "windows"}).json()
    bars = [row["windows"] for row in api.get("timeline", period).json()["resources"]]
    page = text_of(signed_in(user).get(f"/admin/scheduling/resource/{house['room'].pk}/?tab=use"))

    [masked, own] = sorted(events, key=lambda event: event["start"])
    assert (masked["id"], masked["title"], own["title"]) == (None, "Maintenance", "Own")
    assert datetime.fromisoformat(masked["start"]) == above.starts_at
    facts = masked["extendedProps"]
    assert (facts["resource"], facts["resource_name"]) == (None, "Room 1")
    assert {masked[name] for name in ("startEditable", "durationEditable")} == {False}
    assert sorted(bar["title"] for row in bars for bar in row) == ["Maintenance", "Own"]
    assert "SUMMARY:Maintenance: Room 1" in entries
    assert "Maintenance of what it is part of" in page
    for told in (str(events), str(bars), entries, page.replace("Great House", "")):
        assert not [secret for secret in SECRETS if secret in told]


def test_filters_do_not_find_out_more(
    house: dict[str, Resource], user_with: UserWith, noon: datetime
) -> None:
    user = keeper(Role.VENUE_ADMIN, house, user_with)
    with tenant_scope(user.organization_id):
        factories.window(noon, noon + HOUR, resource=house["house"], assigned_to=user)
    period = {"start": (noon - HOUR).isoformat(), "end": (noon + HOUR).isoformat()}
    query = {**period, "layers": "windows"}
    assert len(Client(user).get("calendar", query).json()) == 1
    assert Client(user).get("calendar", {**query, "assignee": "none"}).json() == []


def in_the_way(house: dict[str, Resource], noon: datetime) -> Booking:
    """A booking of the house and one of the room."""
    told = {"source": "pms", "reference": "VIP-1", "contact_name": "Ada"}
    factories.booking(noon, noon + HOUR, resource=house["house"], **told)
    return factories.booking(noon, noon + HOUR, resource=house["room"], reference="B-2", people=3)


def test_without_the_right_bookings_have_a_time_and_no_name(
    house: dict[str, Resource], user_with: UserWith, noon: datetime
) -> None:
    user = keeper(Role.REQUESTER, house, user_with)
    with tenant_scope(user.organization_id):
        window = factories.window(
            noon - HOUR, noon + HOUR, resource=house["room"], status="draft", title="Paint"
        )
        in_the_way(house, noon)
    api = Client(user)
    body = {
        "resource": str(house["room"].pk),
        "starts_at": noon.isoformat(),
        "ends_at": (noon + HOUR).isoformat(),
    }
    address = f"windows/{window.pk}"
    query = {"start": body["starts_at"], "end": body["ends_at"]}
    found: list[Any] = [
        api.post("windows/validate", body).json()["conflicts"],
        api.get(f"{address}/conflicts").json(),
        api.get(f"resources/{house['room'].pk}/availability", query).json()["conflicts"],
    ]
    for rows in found:
        assert [(row["type"], row["id"], row["title"]) for row in rows] == [
            ("booking", None, "A booking")
        ] * 2
        assert {row["resource"] for row in rows} == {None, str(house["room"].pk)}
        assert {datetime.fromisoformat(row["starts_at"]) for row in rows} == {noon}
    impact = api.get(f"{address}/impact").json()
    assert impact["hard"]["people"] == 4
    assert {row["reference"] for row in impact["bookings"]} == {""}
    pages = [
        text_of(signed_in(user).get(f"/admin/scheduling/window/{window.pk}/?tab=affected")),
        text_of(signed_in(user).get(f"/admin/plan/window/{window.pk}/")),
    ]
    assert "A booking" in pages[0]
    assert "A booking" in pages[1]
    for told in (*map(str, [*found, impact]), *pages):
        assert not [name for name in ("VIP-1", "B-2", "Ada") if name in told]


def test_other_places_for_a_booking_are_shown_to_who_may_see_bookings(
    house: dict[str, Resource], user_with: UserWith, noon: datetime
) -> None:
    owner = keeper(Role.REQUESTER, house, user_with)
    with tenant_scope(owner.organization_id):
        window = factories.window(
            noon, noon + HOUR, resource=house["room"], effect="out_of_service"
        )
        booking = factories.booking(noon, noon + HOUR, resource=house["room"])
    page = f"/admin/scheduling/window/{window.pk}/alternatives/{booking.pk}/"
    for user, code in ((owner, 403), (user_with(Role.TECHNICIAN), 200)):
        asked = Client(user).get(f"windows/{window.pk}/alternatives", {"booking": str(booking.pk)})
        assert (asked.status_code, signed_in(user).get(page).status_code) == (code, code)


def test_refusals_and_the_form_tell_no_more_than_the_planner_may_see(
    house: dict[str, Resource], user_with: UserWith, noon: datetime
) -> None:
    user = keeper(Role.VENUE_ADMIN, house, user_with)
    with tenant_scope(user.organization_id):
        in_the_way(house, noon)
        later = noon + timedelta(days=1)
        factories.window(later, later + HOUR, resource=house["house"], title="Asbestos")
    api = Client(user)

    def wanted(start: datetime, **values: str) -> dict[str, str]:
        times = {"starts_at": start.isoformat(), "ends_at": (start + HOUR).isoformat()}
        return {"resource": str(house["room"].pk), **times, **values}

    refused = api.post("windows", wanted(noon, title="Paint"))
    assert refused.status_code == 409
    assert [(row["title"], row["resource_name"]) for row in refused.json()["conflicts"]] == [
        ("A booking", "above or below it"),
        ("B-2", "Room 1"),
    ]
    maintained = api.post("bookings", wanted(later))
    assert maintained.json()["conflicts"][0]["title"] == "Maintenance"
    form_says = text_of(signed_in(user).post(CHECK, form(house["room"], noon, noon + HOUR)))
    assert "2 bookings with 4 people" in form_says
    for told in (refused.content.decode(), maintained.content.decode(), form_says):
        assert not [secret for secret in SECRETS if secret in told]
