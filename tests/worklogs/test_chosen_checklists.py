"""A checklist that somebody chooses for an order, at the desk and by API."""

from datetime import UTC, datetime

import pytest

from accounts.models import Organization, User
from scheduling.models import Resource
from tests import factories
from tests.api import Client
from tests.console import signed_in
from tests.worklogs.checklists import checklist
from worklogs.models import Checklist, WorkOrder
from worklogs.services import checklists

NOW = datetime(2026, 3, 4, 6, tzinfo=UTC)
STEPS = [{"key": "dry", "kind": "check", "text": "Is it dry?"}]


@pytest.fixture
def room(scope: Organization) -> Resource:
    return factories.resource()


@pytest.fixture
def api(admin: User) -> Client:
    return Client(admin)


@pytest.fixture
def leaks(scope: Organization) -> Checklist:
    return checklist(STEPS, name="Leaks")


def test_a_new_order_takes_the_version_of_now(
    room: Resource, api: Client, leaks: Checklist
) -> None:
    checklist(name="Every repair", kinds=["corrective"])
    told = {"resource": str(room.pk), "title": "Tap drips", "checklist": str(leaks.pk)}
    first = leaks.current

    made = api.post("work-orders", told)
    task = api.post("tasks", {**told, "task_type": "turndown"})
    checklists.save_draft(leaks, [*STEPS, {"kind": "check", "text": "And warm?"}], by=None, now=NOW)
    checklists.publish(leaks, by=None, now=NOW)

    assert first
    assert (made.status_code, made.json()["checklist"]) == (201, str(first.pk))
    assert task.json()["checklist"] == str(first.pk)
    sheet = api.get(f"work-orders/{made.json()['id']}/checklist").json()
    assert (sheet["name"], sheet["version"]) == ("Leaks", 1)
    same = api.patch(f"work-orders/{made.json()['id']}", {"checklist": made.json()["checklist"]})
    assert (same.status_code, same.json()["checklist"]) == (200, str(first.pk))


def test_what_cannot_be_chosen(room: Resource, api: Client, leaks: Checklist) -> None:
    told = {"resource": str(room.pk), "title": "Tap drips"}
    for wrong, code in ((str(room.pk), 404), ("soon", 400)):
        assert api.post("work-orders", {**told, "checklist": wrong}).status_code == code
    Checklist.objects.filter(pk=leaks.pk).update(is_active=False)
    refused = api.post("work-orders", {**told, "checklist": str(leaks.pk)})
    assert refused.json() == {"checklist": ["This checklist is not in use."]}
    assert not WorkOrder.objects.exists()


def test_another_one_until_something_is_answered(
    room: Resource, api: Client, leaks: Checklist, technician: User
) -> None:
    other = checklist(STEPS, name="Damp walls")
    order = factories.work_order_in("in_progress", assigned_to=technician, resource=room, now=NOW)
    address = f"work-orders/{order.pk}"
    for chosen in (leaks, other, None, leaks):
        answer = api.patch(address, {"checklist": str(chosen.pk) if chosen else None})
        assert answer.status_code == 200
        current = str(chosen.current_id) if chosen else None
        assert answer.json()["checklist"] == current
    assert api.post(f"{address}/checklist/dry", {"value": "yes"}).status_code == 200

    refused = api.patch(address, {"checklist": str(other.pk)})
    taken = api.patch(address, {"checklist": None})

    assert (refused.status_code, refused.json()["code"]) == (409, "answered")
    assert taken.status_code == 409
    assert api.patch(address, {"checklist": str(leaks.pk), "title": "Wet"}).status_code == 200


def test_the_desk_chooses_too(room: Resource, admin: User, leaks: Checklist) -> None:
    other = checklist(STEPS, name="Damp walls")
    desk = signed_in(admin)
    form = {
        **{"title": "Tap drips", "resource": str(room.pk), "kind": "corrective"},
        **{"category": "plumbing", "begins": "scheduled", "list_of_steps": str(leaks.pk)},
    }
    address = "/admin/worklogs/workorder/"
    assert "Leaks" in desk.get(f"{address}add/").content.decode()
    desk.post(f"{address}add/", form)
    order = WorkOrder.objects.get()
    assert order.checklist == leaks.current

    edit = f"{address}{order.pk}/change/"
    assert "Damp walls" in desk.get(edit).content.decode()
    desk.post(edit, {**form, "list_of_steps": str(other.pk)})
    order.refresh_from_db()
    assert order.checklist == other.current

    api = Client(admin)
    for name, given in (("assign", {"assigned_to": str(admin.pk)}), ("start", {})):
        assert api.post(f"work-orders/{order.pk}/{name}", given).status_code == 200
    assert api.post(f"work-orders/{order.pk}/checklist/dry", {"value": "yes"}).status_code == 200
    assert "Damp walls" not in desk.get(edit).content.decode()
    desk.post(edit, {**form, "title": "Tap leaks"})
    order.refresh_from_db()
    assert (order.title, order.checklist) == ("Tap leaks", other.current)
