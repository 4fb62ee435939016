"""The API of resources, their types, and the due check."""

from typing import Any

import pytest
from django.core.cache import cache

from accounts.models import Organization, User
from accounts.rights import Role
from core.tenancy import tenant_scope
from scheduling.models import Resource
from scheduling.services import windows
from tests import factories
from tests.api import Client
from tests.scheduling.conftest import utc
from tests.scheduling.test_api_schedules import UserWith

RESOURCES, TYPES = "/api/v1/resources", "/api/v1/resource-types"


@pytest.fixture
def api(admin: User, scope: Organization) -> Client:
    cache.clear()
    return Client(admin)


def test_types_declare_attributes_that_resources_are_checked_against(api: Client) -> None:
    fields = [{"label": "Load", "type": "number", "required": True, "unit": "kg"}]
    kind = api.post(TYPES, {"code": "lift", "name": "Lift", "attribute_fields": fields})
    assert kind.status_code == 201, kind.data
    assert kind.json()["attribute_fields"][0]["key"] == "load"
    body: dict[str, Any] = {"code": "L1", "name": "Lift 1", "type": kind.json()["id"]}
    refused = api.post(RESOURCES, body)
    assert refused.json() == {"attributes": ["“Load” is required."]}
    made = api.post(RESOURCES, {**body, "attributes": {"load": "630"}})
    assert (made.status_code, made.json()["attributes"]) == (201, {"load": 630})
    assert made.json()["effective_time_zone"] == "Europe/Berlin"
    (listed,) = api.get(f"{RESOURCES}?type={kind.json()['id']}").json()["results"]
    assert listed == made.json() == api.get(f"{RESOURCES}/{made.json()['id']}").json()
    again = api.post(RESOURCES, {**body, "attributes": {"load": 1}})
    assert (again.status_code, Resource.objects.count()) == (400, 1)
    in_use = api.delete(f"{TYPES}/{kind.json()['id']}")
    assert (in_use.status_code, in_use.json()["code"]) == (409, "still_used")


@pytest.mark.parametrize(
    "fields",
    [
        "x",
        ["x"],
        [{"type": "text"}],
        [{"label": "A", "type": "colour"}],
        [{"label": "A", "type": ["x"]}],
        [{"label": "A", "type": "choice"}],
        [{"label": "A"}, {"label": "A"}],
        [{"label": "A", "key": "Ä"}],
    ],
)
def test_wrong_declarations_are_refused(api: Client, fields: Any) -> None:
    answer = api.post(TYPES, {"code": "t", "name": "T", "attribute_fields": fields})
    assert (answer.status_code, list(answer.json())) == (400, ["attribute_fields"])


def test_the_tree(api: Client) -> None:
    top = factories.resource(code="A")
    below = factories.resource(code="B", parent=top)
    factories.resource(code="C77")
    found = api.get(f"{RESOURCES}?below={top.pk}").json()["results"]
    assert {row["code"] for row in found} == {"A", "B"}
    circle = api.patch(f"{RESOURCES}/{top.pk}", {"parent": str(below.pk)})
    assert (circle.status_code, list(circle.json())) == (400, ["parent"])
    kept = api.delete(f"{RESOURCES}/{top.pk}")
    assert kept.status_code == 409
    assert api.delete(f"{RESOURCES}/{below.pk}").status_code == 204
    assert [row["code"] for row in api.get(f"{RESOURCES}?search=c77").json()["results"]] == ["C77"]


def test_history_and_schedules_of_a_resource(api: Client, admin: User) -> None:
    kind = factories.resource_type()
    lift = factories.resource(type=kind)
    factories.schedule(resource=lift, title="Own")
    factories.schedule(resource_type=kind, title="Of the type")
    factories.schedule(title="Another")
    rows = api.get(f"{RESOURCES}/{lift.pk}/schedules").json()["results"]
    assert {row["title"] for row in rows} == {"Own", "Of the type"}
    api.patch(f"{RESOURCES}/{lift.pk}", {"status": "degraded"})
    first, second = api.get(f"{RESOURCES}/{lift.pk}/history").json()
    assert first["text"] == "Changed status from “Operational” to “Degraded”"
    assert (first["by"], second["text"]) == (admin.name, "Created")
    assert len(api.get(f"{RESOURCES}/{lift.pk}/history?limit=1").json()) == 1


def test_the_history_tells_of_the_windows_that_took_the_resource(api: Client, admin: User) -> None:
    floor = factories.resource(name="Floor")
    room = factories.resource(name="Room", parent=floor)
    done = factories.window(utc(2026, 4, 1, 8), utc(2026, 4, 1, 9), resource=room, title="Paint")
    windows.start_window(done, by=admin, now=utc(2026, 4, 1, 8))
    windows.complete_window(done, by=admin, now=utc(2026, 4, 1, 10))
    off = factories.window(utc(2026, 4, 3, 8), utc(2026, 4, 3, 9), resource=floor, title="Carpet")
    windows.cancel_window(off, reason="No carpet", by=admin, now=utc(2026, 4, 2, 8))
    factories.window(utc(2026, 4, 4, 8), utc(2026, 4, 4, 9), resource=room)
    found = api.get(f"{RESOURCES}/{room.pk}/history").json()
    assert [(row["text"], row["by"]) for row in found if row["kind"] == "window"] == [
        ("Maintenance of what it is part of cancelled", ""),
        ("Maintenance window “Paint” completed", admin.name),
        ("Maintenance window “Paint” began", ""),
    ]


def test_requesters_see_what_they_own(user_with: UserWith, scope: Organization) -> None:
    person = user_with(Role.REQUESTER)
    factories.resource(code="MINE", owner=person)
    factories.resource()
    found = Client(person).get(RESOURCES).json()["results"]
    assert [row["code"] for row in found] == ["MINE"]


def test_generate_alerts_runs_the_check(api: Client, scope: Organization) -> None:
    factories.schedule(start_at=utc(2026, 1, 5))
    first = api.post("/api/v1/alerts/generate")
    assert first.status_code == 200, first.data
    assert (first.json()["checked"], first.json()["overdue"]) == (1, 1)
    assert {"sent", "failed", "seconds", "due_today", "due_tomorrow"} <= set(first.json())
    assert api.post("/api/v1/alerts/generate").json()["checked"] == 0
    runs = api.get("/api/v1/due-checks").json()["results"]
    assert [run["trigger"] for run in runs] == ["manual", "manual"]
    assert api.get(f"/api/v1/due-checks/{runs[0]['id']}").json() == runs[0]


def test_generate_alerts_is_limited(api: Client, scope: Organization) -> None:
    codes = [api.post("/api/v1/alerts/generate").status_code for _ in range(11)]
    assert codes == [200] * 10 + [429]


def test_only_administrators_start_the_check(user_with: UserWith, scope: Organization) -> None:
    cache.clear()
    answer = Client(user_with(Role.TECHNICIAN)).post("/api/v1/alerts/generate")
    assert answer.status_code == 403


def test_another_organisation_answers_404(api: Client, stranger: Organization) -> None:
    with tenant_scope(stranger.pk):
        theirs: Resource = factories.resource()
    for path in ("", "/history", "/schedules"):
        assert api.get(f"{RESOURCES}/{theirs.pk}{path}").status_code == 404
    assert api.get(f"{RESOURCES}?below={theirs.pk}").status_code == 404
    body = {"code": "x", "name": "x", "parent": str(theirs.pk)}
    assert api.post(RESOURCES, body).status_code == 404
