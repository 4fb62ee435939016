"""`fields=`: every list gives the same values whether all of a row is asked for or one field of it."""

from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings as site_settings

from accounts.models import Organization, User
from accounts.rights import Role
from core.api.viewsets import list_columns
from tests import factories, world
from tests.api import Client
from tests.routes import routes

LISTS = [route for route in routes() if route.method == "GET"]


@pytest.fixture(autouse=True)
def _site(settings: Any) -> None:
    settings.REST_FRAMEWORK = {
        **site_settings.REST_FRAMEWORK,
        "DEFAULT_THROTTLE_RATES": dict.fromkeys(("user", "tenant", "alerts", "anon"), None),
    }


@pytest.mark.thorough
@pytest.mark.parametrize("role", [Role.ADMIN, Role.TECHNICIAN])
def test_each_field_alone_is_what_the_whole_row_says(
    role: Role, organization: Organization, user_with: Callable[[Role], User]
) -> None:
    world.populate(organization)
    client, seen, wrong = Client(user_with(role)), 0, []
    for route in LISTS:
        keys = world.ids_of(route.model, organization) if route.is_detail else []
        if route.is_detail and not keys:
            continue
        address = route.address(pk=keys[0]) if keys else route.path
        answer = client.get(address)
        body = answer.json() if answer["Content-Type"] == "application/json" else None
        if not isinstance(body, dict) or not body.get("results") or "next" not in body:
            continue
        seen += 1
        for name in body["results"][0]:
            found = client.get(address, {"fields": name}).json().get("results")
            expected = [
                {one: row[one] for one in ("id", name) if one in row} for row in body["results"]
            ]
            if found != expected:
                wrong.append(f"{route} {name}: {found}")
    assert not wrong, "\n".join(wrong[:8])
    assert seen > 3


def test_a_row_has_what_was_asked_for_and_its_id(inside: Organization, admin: User) -> None:
    factories.schedule(resource=factories.resource())
    schedule = factories.schedule(resource=factories.resource(name="Pump 3"), title="Grease")
    client = Client(admin)
    page = client.get(
        "schedules", {"fields": " title,resource_name", "page_size": "1", "ordering": "-created_at"}
    ).json()
    assert page["results"] == [
        {"id": str(schedule.pk), "title": "Grease", "resource_name": "Pump 3"}
    ]
    (following,) = client.get(page["next"]).json()["results"]
    assert following.keys() == {"id", "title", "resource_name"}


@pytest.mark.parametrize("order", ["-created_at", "next_due_at", "-title"])
def test_rows_stand_in_order_by_what_they_do_not_show(
    order: str, inside: Organization, admin: User
) -> None:
    for title in ("Check", "Adjust", "Drain"):
        factories.schedule(resource=factories.resource(), title=title)
    client = Client(admin)
    whole = client.get("schedules", {"ordering": order}).json()["results"]
    found, address = [], f"/api/v1/schedules?ordering={order}&fields=priority&page_size=1"
    while address:
        page = client.get(address).json()
        found += page["results"]
        address = page["next"]
    assert found == [{"id": row["id"], "priority": row["priority"]} for row in whole]


def test_a_field_that_is_not_there_is_refused_with_those_that_are(admin: User) -> None:
    answer = Client(admin).get("work-orders", {"fields": "title,secret"})
    assert answer.status_code == 400
    (why,) = answer.json()["fields"]
    assert why.startswith("There is no secret here. Choose from: id, number,")


def test_only_so_many_choices_are_remembered(admin: User) -> None:
    for name in ("title", "status", "number"):
        assert Client(admin).get("work-orders", {"fields": name}).status_code == 200
    assert 3 <= list_columns.cache_info().currsize <= 512
