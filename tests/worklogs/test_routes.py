"""Orders that go to several resources: found at each stop, and changed while they are open."""

from collections.abc import Callable

import pytest
from django.test import Client as Browser

from accounts.models import User
from accounts.rights import Role
from core.models import AuditEntry
from scheduling.models import Resource
from tests import factories
from tests.api import Client
from worklogs.models import WorkOrder

LIST = "/admin/worklogs/workorder/"


@pytest.fixture
def stops(technician: User) -> list[Resource]:
    house = factories.resource(name="North wing")
    return [
        factories.resource(name=f"Extinguisher {number}", code=f"EX-{number}", parent=house)
        for number in (1, 2, 3)
    ]


@pytest.fixture
def round_(stops: list[Resource], technician: User) -> WorkOrder:
    factories.work_order(title="Elsewhere")
    return factories.work_order_in(
        "assigned", assigned_to=technician, title="Yearly check", stops=stops[:2]
    )


@pytest.mark.parametrize(("few_places", "few_orders"), [(1_000, 2_000), (0, 0)])
def test_a_round_is_found_at_its_stops(
    round_: WorkOrder,
    stops: list[Resource],
    api: Client,
    few_places: int,
    few_orders: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """However many resources and orders there are."""
    monkeypatch.setattr("worklogs.querysets.orders._FEW_PLACES", few_places)
    monkeypatch.setattr("worklogs.querysets.orders._FEW_ORDERS", few_orders)
    stop, house = stops[1], stops[1].parent
    assert house is not None
    for address, asked in (
        (f"resources/{stop.pk}/work-orders", {}),
        ("work-orders", {"resource": str(stop.pk)}),
        ("work-orders", {"resource": str(round_.resource_id)}),
        ("work-orders", {"under": str(stop.pk)}),
        ("work-orders", {"under": str(house.pk)}),
        ("work-orders", {"search": "ex-2"}),
        ("work-orders", {"search": '"Extinguisher 2" yearly'}),
    ):
        rows = api.get(address, asked).json()["results"]
        assert [row["title"] for row in rows] == ["Yearly check"], (address, asked)
    for asked in ({"resource": str(stops[2].pk)}, {"under": str(stops[2].pk)}, {"search": "ex-3"}):
        assert api.get("work-orders", asked).json()["results"] == []


def test_the_console_shows_a_round_at_its_stops(
    round_: WorkOrder, stops: list[Resource], desk: Browser
) -> None:
    tab = f"/admin/scheduling/resource/{stops[1].pk}/?tab=orders"
    assert "Yearly check" in desk.get(tab).content.decode()
    for address, asked in (
        (LIST, {"q": "ex-2"}),
        (LIST, {"below": str(stops[1].pk)}),
        (f"{LIST}board/", {"below": str(stops[1].pk)}),
    ):
        drawn = desk.get(address, asked).content.decode()
        assert "Yearly check" in drawn
        assert "Elsewhere" not in drawn


def way_of(order: WorkOrder, api: Client) -> list[str]:
    return [one["resource"] for one in api.get(f"work-orders/{order.pk}/resources").json()]


def test_the_route_is_changed_by_api_while_the_order_is_open(
    round_: WorkOrder, stops: list[Resource], api: Client, technician: User
) -> None:
    first, second, third = (str(stop.pk) for stop in stops)
    address = f"work-orders/{round_.pk}"
    assert api.patch(address, {"resources": [third, first]}).status_code == 200
    assert way_of(round_, api) == [third, first]
    entry = AuditEntry.objects.filter(object_id=str(round_.pk), action="update").latest("pk")
    assert entry.changes["resources"] == [
        "Extinguisher 1, Extinguisher 2",
        "Extinguisher 3, Extinguisher 1",
    ]
    assert api.patch(address, {"title": "Monthly check"}).status_code == 200
    wrong = {"resources": [str(round_.resource_id)], "title": "Not kept"}
    refused = api.patch(address, wrong)
    assert refused.status_code == 400
    assert "resources" in refused.json()
    assert api.patch(address, {"resource": first}).status_code == 400
    assert way_of(round_, api) == [third, first]
    round_.refresh_from_db()
    assert round_.title == "Monthly check"
    for command in ("start", "complete"):
        Client(technician).post(f"{address}/{command}", {})
    assert api.patch(address, {"resources": [second]}).status_code == 409
    assert way_of(round_, api) == [third, first]
    assert api.patch(address, {"resources": [third, first]}).status_code == 200


def test_a_route_goes_only_where_its_planner_sees(
    round_: WorkOrder, stops: list[Resource], user_with: Callable[[Role], User]
) -> None:
    venue, address = user_with(Role.VENUE_ADMIN), f"work-orders/{round_.pk}"
    for place in (round_.resource, stops[0]):
        venue.entrustments.create(resource=place)
    refused = Client(venue).patch(address, {"resources": [str(stops[2].pk)]})
    assert refused.status_code == 404
    assert Client(venue).patch(address, {"resources": [str(stops[0].pk)]}).status_code == 200
    assert [stop.resource for stop in round_.stops.all()] == stops[:1]


def test_the_route_is_changed_at_the_desk(
    round_: WorkOrder, stops: list[Resource], desk: Browser, api: Client
) -> None:
    first, second, third = (str(stop.pk) for stop in stops)
    page = f"{LIST}{round_.pk}/change/"
    assert 'name="route"' in desk.get(page).content.decode()
    form = {
        **{"title": "Yearly check", "resource": str(round_.resource_id), "priority": ""},
        **{"kind": "corrective", "category": "other"},
    }
    desk.post(page, {**form, "route": [third, second, first]})
    assert way_of(round_, api) == [first, second, third]
    desk.post(page, {**form, "route": [second, third]})
    assert way_of(round_, api) == [second, third]
    desk.post(page, form)
    assert way_of(round_, api) == []
