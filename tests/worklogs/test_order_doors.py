"""What happens to orders by API and console when others are at work, and what their lists leave out."""

import re
from collections.abc import Callable, Collection
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from accounts.models import Organization, User
from accounts.rights import Role
from scheduling.models import ResourceEntrustment
from tests import factories
from tests.api import Client
from tests.console import signed_in
from tests.worklogs.checklists import checklist
from worklogs.models import ChecklistUse, CostEntry, LaborEntry, WorkOrder
from worklogs.querysets import WorkOrderQuerySet
from worklogs.services import labor, orders, talk

pytestmark = pytest.mark.usefixtures("scope")
NOW = datetime(2026, 3, 4, 6, tzinfo=UTC)


def test_what_was_edited_meanwhile_counts(api: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between reading the order and moving it, somebody says that it is about safety."""
    order = factories.work_order(category="furniture", title="Loose shelf", now=NOW)
    hold = WorkOrderQuerySet.hold

    def after_an_edit(rows: Any, keys: Collection[UUID]) -> Any:
        monkeypatch.setattr(WorkOrderQuerySet, "hold", hold)
        said = {"category": "safety", "title": "Shelf over the bed comes down"}
        orders.change_order(WorkOrder.objects.get(pk=order.pk), said, by=None, now=NOW)
        return hold(rows, keys)

    monkeypatch.setattr(WorkOrderQuerySet, "hold", after_an_edit)
    answer = api.post(f"work-orders/{order.pk}/triage", {"due_at": "2027-03-05T12:00:00Z"}).json()
    assert (answer["title"], answer["category"]) == ("Shelf over the bed comes down", "safety")
    assert "it concerns safety (3 points)" in answer["priority_reasons"]
    order.refresh_from_db()
    assert (order.status, order.title) == ("triaged", "Shelf over the bed comes down")


def test_two_orders_never_repeat_each_other(api: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between choosing the original and saying so, that one is said to repeat the other way round."""
    first, second = factories.work_order(), factories.work_order()
    hold = WorkOrderQuerySet.hold

    def crosswise(rows: Any, keys: Collection[UUID]) -> Any:
        monkeypatch.setattr(WorkOrderQuerySet, "hold", hold)
        mine = WorkOrder.objects.get(pk=second.pk)
        orders.give(mine, "duplicate", {"duplicate_of": first}, by=None, now=NOW)
        return hold(rows, keys)

    monkeypatch.setattr(WorkOrderQuerySet, "hold", crosswise)
    answer = api.post(f"work-orders/{first.pk}/duplicate", {"duplicate_of": str(second.pk)})
    assert answer.status_code == 400
    assert "a duplicate itself" in answer.json()["duplicate_of"][0]


def test_orders_of_a_house_by_api(api: Client, user_with: Callable[[Role], User]) -> None:
    house = factories.resource(name="House")
    room = factories.resource(name="Room", parent=house)
    inside = {factories.work_order(resource=one).number for one in (house, room)}
    elsewhere = factories.work_order()
    for path in ("work-orders", "requests"):
        found = api.get(path, {"under": str(house.pk)}).json()["results"]
        assert {row["number"] for row in found} == inside
    [alone] = api.get("work-orders", {"under": str(elsewhere.resource_id)}).json()["results"]
    assert alone["number"] == elsewhere.number
    keeper = user_with(Role.VENUE_ADMIN)
    keeper.entrustments.create(resource=room)
    assert Client(keeper).get("work-orders", {"under": str(house.pk)}).status_code == 404


def test_a_warranty_is_claimed_before_money_is_spent(
    admin: User, technician: User, time_machine: Any
) -> None:
    """Earlier work that is warranted, and the resource's own warranty; only for repairs, only while it holds."""
    time_machine.move_to(NOW, tick=False)
    api = Client(admin)
    field = {"key": "warranty_until", "label": "Warranty", "type": "date"}
    lift = factories.resource(
        type=factories.resource_type(attribute_fields=[field]),
        attributes={"warranty_until": "2026-12-31"},
    )
    brakes = factories.work_order_in(
        "completed",
        assigned_to=technician,
        resource=lift,
        title="New brakes",
        now=NOW - timedelta(days=90),
    )
    for until, code in (("2026-03-04", 200), ("2026-03-03", 200)):
        answer = api.patch(f"work-orders/{brakes.pk}", {"warranty_until": until})
        assert answer.status_code == code
        order = factories.work_order_in(
            "assigned", resource=lift, assigned_to=technician, title="Brakes squeal", now=NOW
        )
        found = api.get(f"work-orders/{order.pk}/warranties").json()
        assert found[0] == {
            **{"until": "2026-12-31", "distance": None, "up_to": None, "reading": None},
            **{"what": lift.name, "work_order": None},
        }
        of_work = [one["work_order"] for one in found[1:]]
        assert of_work == ([str(brakes.pk)] if until == "2026-03-04" else [])
    address = f"work-orders/{order.pk}/costs"
    bill = {"amount": "120.00", "description": "Pads"}
    refused = api.post(address, bill)
    assert (refused.status_code, refused.json()["code"]) == (409, "under_warranty")
    assert "Under warranty until Thu 31 Dec 2026" in refused.json()["detail"]
    assert api.post(address, {**bill, "despite_warranty": True}).status_code == 201
    order.refresh_from_db()
    assert str(order.other_cost) == "120.00"
    desk, hands = signed_in(admin), signed_in(technician)
    words = "Under warranty until Thu 31 Dec 2026"
    page = f"/admin/worklogs/workorder/{order.pk}/"
    assert words in desk.get(page).content.decode()
    assert "The warranty does not pay" in desk.get(page, {"tab": "time"}).content.decode()
    assert words in hands.get(f"/admin/my-work/{order.pk}/").content.decode()
    assert words in desk.post(f"{page}cost/", bill, follow=True).content.decode()
    desk.post(f"{page}cost/", {**bill, "despite_warranty": "1"})
    order.refresh_from_db()
    assert str(order.other_cost) == "240.00"
    report = factories.work_order(resource=lift, title="It rattles", now=NOW)
    assert words in desk.get("/admin/triage/", {"report": str(report.pk)}).content.decode()
    judged = desk.post("/admin/worklogs/workorder/judge/", {"resource": str(lift.pk)})
    assert words in judged.content.decode()
    cleaning = factories.work_order(resource=lift, kind="cleaning", now=NOW)
    assert api.get(f"work-orders/{cleaning.pk}/warranties").json() == []


def test_what_belongs_to_an_order_comes_in_pages(api: Client, admin: User) -> None:
    """However much is said, linked and spent: nothing is left out, and no answer grows without end."""
    order = factories.work_order(now=NOW)
    for number in range(55):
        moment = NOW + timedelta(minutes=number)
        talk.add_comment(order, f"Said {number:02}", by=None, now=moment)
        other = factories.work_order(title=f"Other {number:02}", now=NOW)
        talk.add_link(order, other, "related", by=None, now=moment)
        cost = CostEntry(work_order=order, amount="1", description=f"Bill {number:02}")
        labor.add_cost(cost, by=None, now=moment)
        begun = NOW - timedelta(hours=number + 1)
        spent = LaborEntry(
            **{"work_order": order, "person": admin, "note": f"Hour {number:02}"},
            **{"started_at": begun, "ended_at": begun + timedelta(minutes=30)},
        )
        labor.add_labor(spent, by=None, now=NOW)
    for part in ("comments", "links", "costs"):
        page = api.get(f"work-orders/{order.pk}/{part}").json()
        assert len(page["results"]) == 50
        rest = api.get(page["next"]).json()
        assert len(rest["results"]) == 5
        assert rest["next"] is None
    desk, address = signed_in(admin), f"/admin/worklogs/workorder/{order.pk}/"
    for tab, words, newest, oldest in (
        ("comments", "Said", "54", "00"),
        ("links", "Other", "54", "00"),
        ("time", "Bill", "54", "00"),
        ("time", "Hour", "00", "54"),
    ):
        shown = desk.get(address, {"tab": tab}).content.decode()
        assert f"{words} {newest}" in shown
        assert f"{words} {oldest}" not in shown
        older = [
            desk.get(link.replace("&amp;", "&")).content.decode()
            for link in re.findall(r'href="([^"]+\?tab=\w+&amp;before=[^"]+)"', shown)
        ]
        assert any(f"{words} {oldest}" in page for page in older)
    assert "27 h 30 min so far" in desk.get(address, {"tab": "time"}).content.decode()


def _plain(value: Any) -> Any:
    """As a browser sends it."""
    return "" if value is None else value


def test_a_schedule_chooses_its_checklist(api: Client, admin: User) -> None:
    """On its own form; what is generated takes the version that is published then."""
    kept = checklist([{"key": "a", "kind": "check", "text": "Look"}], name="Monthly look")
    plan, desk = factories.schedule(), signed_in(admin)
    address = f"/admin/scheduling/schedule/{plan.pk}/change/"
    form = desk.get(address).context["adminform"].form
    given = {name: _plain(form[name].value()) for name in form.fields}
    begins = str(given.pop("start_at"))
    given |= {"start_at_0": begins[:10], "start_at_1": begins[11:16]}
    for prefix in ("exceptions", "checklist_use"):
        given |= {f"{prefix}-TOTAL_FORMS": "0", f"{prefix}-INITIAL_FORMS": "0"}
    chosen = {"checklist_use-TOTAL_FORMS": "1", "checklist_use-0-checklist": str(kept.pk)}
    answer = desk.post(address, {**given, **chosen})
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    assert "Monthly look" in desk.get(address).content.decode()
    made = api.post(f"schedules/{plan.pk}/generate", {}).json()
    assert made[0]["checklist"] == str(kept.current_id)
    use = ChecklistUse.objects.get()
    emptied = {
        **{"checklist_use-TOTAL_FORMS": "1", "checklist_use-INITIAL_FORMS": "1"},
        **{"checklist_use-0-id": str(use.pk), "checklist_use-0-schedule": str(plan.pk)},
    }
    answer = desk.post(address, {**given, **emptied, "checklist_use-0-checklist": ""})
    assert answer.status_code == 302, answer.context["errors"]
    assert not ChecklistUse.objects.exists()


def test_what_has_to_be_done_before_is_said(admin: User, technician: User) -> None:
    """On the order's page and in the hands of whoever is to do it, until it is done."""
    first = factories.work_order_in("in_progress", assigned_to=admin, title="Dry out", now=NOW)
    order = factories.work_order_in("assigned", assigned_to=technician, title="Paint", now=NOW)
    talk.add_link(first, order, "blocks", by=None, now=NOW)
    desk, hands = signed_in(admin), signed_in(technician)
    pages = (
        lambda: desk.get(f"/admin/worklogs/workorder/{order.pk}/").content.decode(),
        lambda: hands.get(f"/admin/my-work/{order.pk}/").content.decode(),
    )
    assert all(f"#{first.number} Dry out" in page() for page in pages)
    orders.give(first, "complete", {}, by=None, now=NOW)
    assert not any("Dry out" in page() for page in pages)


def test_an_order_is_given_as_it_is_made_or_changed(
    api: Client, technician: User, user_with: Callable[[Role], User]
) -> None:
    """What names a person gives them the work, by the same commands and rights as by themselves."""
    room, other = factories.resource(), user_with(Role.MAINTENANCE_COORDINATOR)
    body = {"resource": str(room.pk), "title": "Paint", "assigned_to": str(technician.pk)}
    made = api.post("work-orders", body).json()
    assert (made["status"], made["assigned_to"]) == ("assigned", str(technician.pk))
    task = api.post("tasks", {**body, "task_type": "turndown"}).json()
    assert (task["task_state"], task["assigned_to"]) == ("assigned", str(technician.pk))
    address = f"work-orders/{made['id']}"
    handed = api.patch(address, {"assigned_to": str(other.pk), "title": "Paint twice"}).json()
    assert (handed["assigned_to"], handed["title"]) == (str(other.pk), "Paint twice")
    lines = api.get(f"{address}/history").json()
    assert [line["command"] for line in lines] == ["report", "assign", "reassign"]
    report = factories.work_order()
    early = api.patch(f"work-orders/{report.pk}", {"assigned_to": str(other.pk), "title": "X"})
    assert (early.status_code, early.json()["code"]) == (409, "transition_not_allowed")
    report.refresh_from_db()
    assert report.title == "Tap drips"
    requester = {**body, "assigned_to": str(user_with(Role.REQUESTER).pk)}
    assert "cannot be given work" in api.post("work-orders", requester).json()["assigned_to"][0]
    assert WorkOrder.objects.count() == 3


def test_what_blocks_an_order_is_named_only_to_who_sees_it(
    scope: Organization, user_with: Callable[[Role], User], admin: User
) -> None:
    """A venue admin learns nothing of orders outside of what is entrusted."""
    keeper = user_with(Role.VENUE_ADMIN)
    here, elsewhere = factories.resource(), factories.resource()
    ResourceEntrustment.objects.create(resource=here, user=keeper)
    order = factories.work_order(resource=here)
    for place, title in ((here, "Drain the pool"), (elsewhere, "Sack the cook")):
        first = factories.work_order(resource=place, title=title)
        talk.add_link(first, order, "blocks", by=admin, now=NOW)
    address = f"/admin/worklogs/workorder/{order.pk}/"
    for person, names in (
        (keeper, {"Drain the pool"}),
        (admin, {"Drain the pool", "Sack the cook"}),
    ):
        page = signed_in(person).get(address).content.decode()
        assert {title for title in ("Drain the pool", "Sack the cook") if title in page} == names
