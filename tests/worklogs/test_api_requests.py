"""`requests` by API: what is known is shown first, photos come along, “me too” follows, and strangers see nothing."""

from collections.abc import Callable
from datetime import datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import Organization, User
from accounts.rights import Role
from core.models import Attachment
from core.tenancy import tenant_scope
from scheduling.models import Resource
from tests import factories
from tests.api import Client
from tests.console import signed_in
from tests.worklogs.conftest import photo
from worklogs.models import WorkOrder
from worklogs.services import orders, portal, reports

pytestmark = pytest.mark.django_db


@pytest.fixture
def requester(user_with: Callable[[Role], User]) -> User:
    return user_with(Role.REQUESTER)


@pytest.fixture
def room(scope: Organization, requester: User) -> Resource:
    return factories.resource(name="Room 104", owner=requester)


def uploaded(client: Client) -> str:
    file = SimpleUploadedFile("IMG_1.jpg", photo())
    answer = client.post(
        "attachments", {"file": file, "target_type": "work_order"}, format="multipart"
    )
    assert answer.status_code == 201, answer.content
    return str(answer.data["id"])


def test_a_request_with_photos_and_a_safety_concern(room: Resource, requester: User) -> None:
    client = Client(requester)
    key = uploaded(client)
    data = {"resource": str(room.pk), "title": "Bare wire", "category": "electrical"}
    answer = client.post("requests", {**data, "safety_concern": True, "attachments": [key]})
    assert answer.status_code == 201, answer.content
    assert answer.data["status"] == "reported"
    assert answer.data["priority"] == "critical"
    assert answer.data["priority_reasons"][0].startswith("somebody's safety is at risk")
    assert Attachment.objects.get(pk=key).target_id == WorkOrder.objects.get().pk
    files = client.get("attachments", {"target_type": "work_order", "target_id": answer.data["id"]})
    assert [row["id"] for row in files.data["results"]] == [key]
    again = client.post("requests", {**data, "attachments": [key]})
    assert again.status_code == 400
    assert WorkOrder.objects.count() == 1


def test_photos_of_others_are_not_taken(room: Resource, requester: User, admin: User) -> None:
    key = uploaded(Client(admin))
    data = {"resource": str(room.pk), "title": "Tap", "attachments": [key]}
    assert Client(requester).post("requests", data).status_code == 400
    assert not WorkOrder.objects.exists()


def test_what_is_known_comes_before_reporting_it_again(
    room: Resource, requester: User, now: datetime
) -> None:
    client = Client(requester)
    told = WorkOrder(resource=room, title="Tap drips, tell jo@example.org", category="plumbing")
    reports.submit(told, by=None, now=now, contact_email="guest@example.org")
    factories.work_order(resource=room, title="Of the planners", kind="inspection")
    [known] = client.get("requests/known", {"resource": str(room.pk)}).data
    assert known["title"] == "Tap drips, tell …"
    assert (known["category"], known["standing"], known["voices"]) == ("Plumbing", "Received", 1)
    assert set(known) == {"id", "title", "category", "standing", "reported_at", "voices"}
    for _ in range(2):
        answer = client.post(f"requests/{known['id']}/follow")
        assert answer.data == {"standing": "Received", "voices": 2}
    orders.give(told, "reject", {"reason": "No"}, by=None, now=now)
    assert client.get("requests/known", {"resource": str(room.pk)}).data == []
    other = factories.user(requester.organization, role=Role.ADMIN)
    assert Client(other).post(f"requests/{known['id']}/follow").status_code == 409


@pytest.mark.parametrize("door", ["api", "console"])
def test_what_the_desk_entered_is_known_too(
    room: Resource, requester: User, admin: User, now: datetime, door: str
) -> None:
    """Whoever sees the order reads its title; who stands before the label reads the trade."""
    made = {"title": "Tap of Mr Smith drips", "category": "plumbing", "kind": "corrective"}
    data = {**made, "resource": str(room.pk), "status": "scheduled"}
    key = Client(admin).post("work-orders", data).json()["id"]
    factories.work_order(resource=room, title="Clean the filter", task_type="deep_cleaning")
    room.owner = None
    room.save()
    told = []
    for person in (admin, requester):
        if door == "api":
            answer = Client(person).get("requests/known", {"resource": str(room.pk)})
            told += [row["title"] for row in answer.data] if answer.status_code == 200 else [""]
        else:
            code = portal.new_code(room, by=None, now=now).code
            told.append(signed_in(person).get("/admin/report/", {"code": code}).content.decode())
    assert "Tap of Mr Smith drips" in told[0]
    assert "Smith" not in told[1]
    assert ("Already reported: Plumbing" in told[1]) == (door == "console")
    assert "filter" not in "".join(told)
    follower = reports.follow(WorkOrder.objects.get(pk=key), by=requester, now=now)
    assert reports.words_of(follower) == "Already reported: Plumbing"


@pytest.mark.parametrize(("query", "status"), [({}, 400), ({"resource": "x"}, 400)])
def test_what_is_asked_wrongly(requester: User, query: dict[str, str], status: int) -> None:
    assert Client(requester).get("requests/known", query).status_code == status


def test_nobody_learns_of_places_they_do_not_see(
    room: Resource, user_with: Callable[[Role], User], stranger: Organization, now: datetime
) -> None:
    told = WorkOrder(resource=room, title="Tap drips")
    reports.submit(told, by=None, now=now)
    with tenant_scope(stranger.pk):
        foreign = factories.user(stranger, role=Role.ADMIN)
    for person in (user_with(Role.REQUESTER), foreign):
        client = Client(person)
        assert client.get("requests/known", {"resource": str(room.pk)}).status_code == 404
        assert client.post(f"requests/{told.pk}/follow").status_code == 404
        assert client.post("requests/x/follow").status_code == 404
        data = {"resource": str(room.pk), "title": "Tap"}
        assert client.post("requests", data).status_code in {403, 404}
