"""The API of schedules, as API.md promises it."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from accounts.models import Organization, User
from accounts.rights import Role
from core import outbox
from core.models import OutboxEvent
from core.tenancy import all_tenants, tenant_scope
from scheduling.models import Occurrence, Resource, ResourceEntrustment, Schedule
from tests import factories
from tests.api import Client

BASE = "/api/v1/schedules"
UserWith = Callable[[Role], User]
#: Asked once: no minute begins between a request and what is expected of it.
NOW = timezone.now().replace(second=0, microsecond=0)


@pytest.fixture
def api(admin: User) -> Client:
    return Client(admin)


@pytest.fixture
def lift(organization: Organization) -> Iterator[Resource]:
    with tenant_scope(organization.pk):
        yield factories.resource(code="L1", name="Lift")


def tomorrow(days: int = 1) -> datetime:
    return NOW + timedelta(days=days)


def create(api: Client, resource: Resource, **values: Any) -> dict[str, Any]:
    body = {
        "title": "Inspect",
        "resource": str(resource.pk),
        "frequency": "monthly",
        "start_at": tomorrow().isoformat(),
        **values,
    }
    response = api.post(BASE, body)
    assert response.status_code == 201, response.data
    found: dict[str, Any] = response.json()
    return found


def test_create_shows_what_is_computed(api: Client, lift: Resource) -> None:
    made = create(api, lift)
    assert made["resource"] == str(lift.pk)
    assert made["next_due_at"] == tomorrow().strftime("%Y-%m-%dT%H:%M:00Z")
    assert made["is_overdue"] is False
    assert made["days_until_due"] in (0, 1, 2)  # the day where the lift is
    assert made["rule_text"].startswith("Every month on the ")
    assert (made["is_active"], made["resource_name"]) == (True, "Lift")


def test_list_and_row_give_the_same_json(api: Client, lift: Resource) -> None:
    made = create(api, lift, estimated_cost="12.50", exdates=["2030-12-24"])
    (listed,) = api.get(BASE).json()["results"]
    one = api.get(f"{BASE}/{made['id']}")
    assert listed == one.json() == made
    assert listed["estimated_cost"] == "12.50"
    assert one["ETag"]


def test_change_with_an_old_version_is_refused(api: Client, lift: Resource) -> None:
    made = create(api, lift)
    address = f"{BASE}/{made['id']}"
    tag = api.get(address)["ETag"]
    first = api.patch(address, {"title": "New"}, headers={"If-Match": tag})
    assert (first.status_code, first.json()["title"]) == (200, "New")
    again = api.patch(address, {"title": "Newer"}, headers={"If-Match": tag})
    assert again.status_code == 412


def test_life(api: Client, lift: Resource) -> None:
    made = create(api, lift)
    address = f"{BASE}/{made['id']}"
    assert api.post(f"{address}/pause", {"reason": ""}).status_code == 400
    paused = api.post(f"{address}/pause", {"reason": "Works"})
    assert (paused.json()["is_active"], paused.json()["next_due_at"]) == (False, None)
    refused = api.post(f"{address}/skip", {"reason": "x"})
    assert (refused.status_code, refused.json()["code"]) == (409, "paused")
    assert api.post(f"{address}/activate").json()["next_due_at"] == made["next_due_at"]
    assert api.post(f"{address}/activate").status_code == 409
    skipped = api.post(f"{address}/skip", {"reason": "Closed"})
    assert skipped.status_code == 200
    assert skipped.json()["next_due_at"] > made["next_due_at"]
    assert api.delete(address).status_code == 204
    assert api.get(BASE).json()["results"] == []
    assert [row["id"] for row in api.get(f"{BASE}?deleted=true").json()["results"]] == [made["id"]]
    assert api.patch(address, {"title": "x"}).status_code == 409
    assert api.post(f"{address}/restore").json()["deleted_at"] is None


def test_move_and_occurrences_and_explain(api: Client, lift: Resource) -> None:
    made = create(api, lift, frequency="weekly")
    address = f"{BASE}/{made['id']}"
    dates = api.get(f"{address}/occurrences?limit=3").json()
    assert [row["status"] for row in dates] == ["scheduled"] * 3
    moved = api.post(
        f"{address}/move", {"occurrence_key": dates[1]["key"], "due_at": tomorrow(9).isoformat()}
    )
    assert moved.status_code == 200
    again = api.get(f"{address}/occurrences?limit=3").json()
    assert [row["id"] is None for row in again] == [True, False, True]
    assert again[1]["due_at"] == tomorrow(9).strftime("%Y-%m-%dT%H:%M:00Z")
    (why,) = api.get(f"{address}/explain").json()
    assert why["resource"] == "Lift (L1)"
    assert {"rule", "anchor", "baseline"} <= {reason["kind"] for reason in why["reasons"]}
    assert Occurrence.objects.count() == 1


def test_overdue_upcoming_and_statistics(api: Client, lift: Resource) -> None:
    late = create(api, lift, title="Late", start_at=tomorrow(-10).isoformat())
    soon = create(api, lift, title="Soon", start_at=tomorrow(3).isoformat())
    create(api, lift, title="Far", start_at=tomorrow(30).isoformat())
    assert [row["id"] for row in api.get(f"{BASE}/overdue").json()["results"]] == [late["id"]]
    assert [row["id"] for row in api.get(f"{BASE}/upcoming").json()["results"]] == [soon["id"]]
    assert len(api.get(f"{BASE}/upcoming?days=60").json()["results"]) == 2
    assert late["is_overdue"] is True
    assert late["days_until_due"] < 0
    figures = api.get(f"{BASE}/statistics").json()
    assert (figures["total"], figures["overdue"], figures["next_7_days"]) == (3, 1, 1)
    assert figures["by_frequency"] == {"monthly": 3}


def test_preview_writes_nothing(api: Client, lift: Resource) -> None:
    body = {"frequency": "custom", "rrule": "FREQ=MONTHLY;BYDAY=1MO", "resource": str(lift.pk)}
    answer = api.post(f"{BASE}/preview", {**body, "start_at": "2026-01-05T07:00Z"})
    assert answer.status_code == 200, answer.data
    assert answer.json()["rule_text"].startswith("Every month on the first Monday")
    assert answer.json()["dates"][:2] == ["2026-01-05T07:00:00Z", "2026-02-02T07:00:00Z"]
    assert (len(answer.json()["dates"]), answer.json()["time_zone"]) == (5, "Europe/Berlin")
    assert not Schedule.objects.exists()


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"trigger": "meter"}, "trigger"),
        ({"frequency": "custom", "rrule": "FREQ=SECONDLY"}, "rrule"),
        ({"exdates": ["soon"]}, "exdates"),
        ({"exdates": "soon"}, "exdates"),
        ({"start_at": "tomorrow"}, "start_at"),
        ({"start_at": "0001-01-01T00:00Z"}, "start_at"),
        ({"start_at": "9999-12-31T23:59Z"}, "start_at"),
        ({"interval": 0}, "interval"),
        ({"interval": 10**12}, "interval"),
        ({"title": ""}, "title"),
        ({"resource": None}, "resource"),
        ({"resource": "nonsense"}, "resource"),
        ({"lead_days": 40}, "lead_days"),
        ({"estimated_cost": "-1"}, "estimated_cost"),
    ],
)
def test_wrong_input_names_the_field(
    api: Client, lift: Resource, values: dict[str, Any], field: str
) -> None:
    body = {
        "title": "x",
        "resource": str(lift.pk),
        "frequency": "monthly",
        "start_at": tomorrow().isoformat(),
        **values,
    }
    answer = api.post(BASE, body)
    assert (answer.status_code, list(answer.json())) == (400, [field])
    if field != "title" and values != {"resource": None}:
        assert api.post(f"{BASE}/preview", body).status_code == 400


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=x", "start=x", "start=2026-02-01&end=2026-01-01"]
)
def test_wrong_parameters_are_refused(api: Client, lift: Resource, query: str) -> None:
    made = create(api, lift)
    assert api.get(f"{BASE}/{made['id']}/occurrences?{query}").status_code == 400


def test_a_schedule_for_a_type_with_exceptions(
    api: Client, organization: Organization, lift: Resource
) -> None:
    kind = factories.resource_type()
    first, second = (factories.resource(type=kind) for _ in range(2))
    answer = api.post(
        BASE,
        {
            "title": "All",
            "resource_type": str(kind.pk),
            "start_at": tomorrow().isoformat(),
            "exceptions": [str(second.pk)],
        },
    )
    address = f"{BASE}/{answer.json()['id']}"
    assert Schedule.objects.get().due_states.count() == 1
    skip = {"reason": "x"}
    assert list(api.post(f"{address}/skip", skip).json()) == ["resource"]
    named = {**skip, "resource": str(first.pk)}
    assert api.post(f"{address}/skip", named).status_code == 200
    not_covered = {**skip, "resource": str(second.pk)}
    assert api.post(f"{address}/skip", not_covered).status_code == 409


def test_venue_admins_act_inside_their_venues(
    organization: Organization, user_with: UserWith, lift: Resource
) -> None:
    venue = factories.resource(code="V")
    room = factories.resource(code="V1", parent=venue)
    kind = factories.resource_type()
    person = user_with(Role.VENUE_ADMIN)
    ResourceEntrustment.objects.create(user=person, resource=venue)
    api = Client(person)
    made = create(api, room)
    assert api.delete(f"{BASE}/{made['id']}").status_code == 204
    body = {"title": "x", "start_at": tomorrow().isoformat()}
    outside = api.post(BASE, {**body, "resource": str(lift.pk)})
    whole_type = api.post(BASE, {**body, "resource_type": str(kind.pk)})
    assert (outside.status_code, whole_type.status_code) == (404, 403)
    wide = factories.schedule(resource_type=factories.resource_type())
    assert api.get(f"{BASE}/{wide.pk}").status_code == 404
    top = api.post("/api/v1/resources", {"code": "X", "name": "X"})
    assert top.status_code == 403


def test_people_see_what_concerns_them(user_with: UserWith, lift: Resource) -> None:
    technician, requester = user_with(Role.TECHNICIAN), user_with(Role.REQUESTER)
    mine = factories.schedule(resource=lift, assigned_to=technician)
    factories.schedule()
    assert [row["id"] for row in Client(technician).get(BASE).json()["results"]] == [str(mine.pk)]
    assert Client(requester).get(BASE).json()["results"] == []
    refused = Client(technician).post(f"{BASE}/{mine.pk}/pause", {"reason": "x"})
    assert refused.status_code == 403


def test_another_organisation_answers_404(
    api: Client, stranger: Organization, lift: Resource
) -> None:
    with tenant_scope(stranger.pk):
        theirs = factories.schedule()
        resource = theirs.resource
    assert resource is not None
    for path in ("", "/explain", "/occurrences"):
        assert api.get(f"{BASE}/{theirs.pk}{path}").status_code == 404
    assert api.get(f"{BASE}?resource={resource.pk}").status_code == 404
    body = {"title": "x", "resource": str(resource.pk), "start_at": tomorrow().isoformat()}
    assert api.post(BASE, body).status_code == 404
    assert api.get("/api/v1/schedules/nonsense").status_code == 404


def test_switched_off_answers_404(api: Client, organization: Organization) -> None:
    Organization.objects.filter(pk=organization.pk).update(maintenance_scheduling_enabled=False)
    answer = api.get(BASE)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_enabled")


def test_the_list_costs_the_same_for_any_number_of_rows(
    api: Client, lift: Resource, django_assert_max_num_queries: Any
) -> None:
    for number in range(30):
        factories.schedule(resource=lift, title=f"S{number}")
    api.get(BASE)
    with django_assert_max_num_queries(5):
        assert len(api.get(BASE).json()["results"]) == 30


def test_resources_left_out_are_read_back(
    api: Client, organization: Organization, lift: Resource
) -> None:
    kind = factories.resource_type()
    out = factories.resource(type=kind)
    factories.resource(type=kind)
    plain = create(api, lift)
    body = {"title": "All", "resource_type": str(kind.pk), "exceptions": [str(out.pk)]}
    made = api.post(BASE, {**body, "start_at": tomorrow().isoformat()}).json()
    assert (plain["exceptions"], made["exceptions"]) == ([], [str(out.pk)])
    listed = {row["id"]: row["exceptions"] for row in api.get(BASE).json()["results"]}
    assert listed == {plain["id"]: [], made["id"]: [str(out.pk)]}
    back = api.patch(f"{BASE}/{made['id']}", {"exceptions": []})
    assert back.json()["exceptions"] == []


@pytest.mark.parametrize("due_at", ["2999-01-01T08:00:00Z", "9999-12-31T23:59:59Z"])
def test_a_date_cannot_be_moved_out_of_sight(api: Client, lift: Resource, due_at: str) -> None:
    made = create(api, lift)
    (first, *_) = api.get(f"{BASE}/{made['id']}/occurrences").json()
    body = {"occurrence_key": first["key"], "due_at": due_at}
    answer = api.post(f"{BASE}/{made['id']}/move", body)
    assert answer.status_code == 400
    assert answer.json() == {"due_at": ["Choose a moment within the next 50 years."]}


def test_a_conflict_always_names_its_conflicts(api: Client, lift: Resource) -> None:
    create(api, lift, external_id="E1")
    resource_type = factories.resource_type()
    factories.resource(type=resource_type)
    answer = api.delete(f"/api/v1/resource-types/{resource_type.pk}")
    assert (answer.status_code, answer.json()["conflicts"]) == (409, [])
    assert answer.json()["detail"]


@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "once"}])
def test_a_check_on_request_hands_on_only_the_own_events(
    api: Client, admin: User, lift: Resource, stranger: Organization, headers: Any
) -> None:
    factories.schedule(resource=lift, assigned_to=admin, start_at=timezone.now())
    with tenant_scope(stranger.pk), transaction.atomic():
        outbox.publish("kernel.thing.happened", {}, organization_id=stranger.pk, now=timezone.now())
    addresses = ["/api/v1/alerts/generate"] * 2
    first, second = [api.post(path, headers=headers) for path in addresses]
    assert first.status_code == second.status_code == 200, first.json()
    assert (first.json()["checked"], first.json()["sent"] > 0) == (1, True)
    assert (second.json()["run"] == first.json()["run"]) is bool(headers)
    with all_tenants(reason="test"):
        waiting = OutboxEvent.objects.filter(finished_at=None, organization=stranger.pk)
        assert waiting.filter(name="kernel.thing.happened", attempts=0).exists()
        assert not OutboxEvent.objects.filter(
            finished_at=None, organization=admin.organization_id
        ).exists()
