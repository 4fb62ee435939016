"""The places of a round: ticked one by one, explained where nothing was done, and completed with the order."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from accounts.rights import Role
from core.models import AuditEntry
from scheduling.models import Resource
from tests import factories
from tests.api import Client
from worklogs.models import Log, StopMark, WorkOrder

NOW = datetime(2026, 3, 4, 6, tzinfo=UTC)


@pytest.fixture
def places(technician: User) -> list[Resource]:
    return [factories.resource(name=f"Extinguisher {number}") for number in range(4)]


@pytest.fixture
def order(places: list[Resource], technician: User) -> WorkOrder:
    return factories.work_order_in(
        "in_progress", assigned_to=technician, title="Yearly check",
        resource=places[0], stops=places[1:],
    )  # fmt: skip


@pytest.fixture
def hands(technician: User) -> Client:
    """The technician's program."""
    return Client(technician)


def address(order: WorkOrder, place: Resource | None = None) -> str:
    return f"work-orders/{order.pk}/stops" + (f"/{place.pk}" if place else "")


def said(order: WorkOrder, client: Client) -> list[str]:
    return [one["status"] for one in client.get(address(order)).json()]


def test_places_are_ticked_and_unticked(
    order: WorkOrder, places: list[Resource], hands: Client, technician: User
) -> None:
    way = hands.get(address(order)).json()
    assert [(one["position"], one["name"], one["status"]) for one in way] == [
        (number, f"Extinguisher {number}", "open") for number in range(4)
    ]
    ticked = hands.post(address(order, places[2]), {"status": "done"})
    assert ticked.status_code == 200, ticked.json()
    third = ticked.json()[2]
    assert (third["status"], third["by"], third["reason"]) == ("done", str(technician.pk), "")
    assert third["at"]
    assert said(order, hands) == ["open", "open", "done", "open"]
    again = hands.post(address(order, places[2]), {"status": "done"}).json()[2]
    assert again == third
    refused = hands.post(address(order, places[0]), {"status": "not_done", "reason": " "})
    assert (refused.status_code, refused.json()) == (400, {"reason": ["Say why it was not done."]})
    why = {"status": "not_done", "reason": "Could not get in"}
    assert hands.post(address(order, places[0]), why).json()[0]["reason"] == "Could not get in"
    hands.post(address(order, places[2]), {"status": "open"})
    assert said(order, hands) == ["not_done", "open", "open", "open"]
    hands.post(address(order, places[2]), {"status": "open"})
    trail = AuditEntry.objects.filter(object_type="worklogs.stopmark").order_by("at", "pk")
    assert [entry.action for entry in trail] == ["create", "create", "delete"]


def test_what_is_open_is_asked_about_once_a_place_is_ticked(
    order: WorkOrder, places: list[Resource], hands: Client
) -> None:
    for place, status in ((places[0], "done"), (places[1], "done")):
        hands.post(address(order, place), {"status": status})
    complete = f"work-orders/{order.pk}/complete"
    refused = hands.post(complete, {})
    assert refused.status_code == 409
    answer = refused.json()
    assert answer["code"] == "stops_open"
    assert [one["name"] for one in answer["conflicts"]] == ["Extinguisher 2", "Extinguisher 3"]
    assert "Extinguisher 2; Extinguisher 3" in answer["detail"]
    assert Log.objects.count() == 0
    assert hands.get(f"work-orders/{order.pk}").json()["status"] == "in_progress"
    hands.post(address(order, places[2]), {"status": "not_done", "reason": "Locked"})
    assert hands.post(complete, {"all_done": True}).status_code == 200
    assert said(order, hands) == ["done", "done", "not_done", "done"]
    assert {log.resource for log in Log.objects.all()} == {places[0], places[1], places[3]}


def test_an_untouched_round_is_done_as_a_whole(
    order: WorkOrder, places: list[Resource], hands: Client, technician: User
) -> None:
    assert hands.post(f"work-orders/{order.pk}/complete", {"notes": "Full"}).status_code == 200
    assert said(order, hands) == ["done"] * 4
    assert {one["by"] for one in hands.get(address(order)).json()} == {str(technician.pk)}
    assert [log.resource for log in Log.objects.order_by("sequence")] == places


def test_a_round_on_which_nothing_was_done_is_not_completed(
    order: WorkOrder, places: list[Resource], hands: Client
) -> None:
    for place in places:
        hands.post(address(order, place), {"status": "not_done", "reason": "Closed"})
    refused = hands.post(f"work-orders/{order.pk}/complete", {})
    assert (refused.status_code, refused.json()["code"]) == (409, "nothing_done")
    assert Log.objects.count() == 0


def test_each_place_is_logged_when_and_by_whom_it_was_done(
    order: WorkOrder, places: list[Resource], admin: User, technician: User, time_machine: Any
) -> None:
    moments = [NOW.replace(hour=hour) for hour in (8, 9, 10)]
    for person, place, moment in zip((technician, admin), places, moments, strict=False):
        time_machine.move_to(moment, tick=False)
        Client(person).post(address(order, place), {"status": "done"})
    time_machine.move_to(moments[2], tick=False)
    asked = {"all_done": True, "notes": "Full", "duration_minutes": 90}
    done = Client(technician).post(f"work-orders/{order.pk}/complete", asked)
    assert done.status_code == 200
    logs = Log.objects.order_by("sequence")
    assert [(log.performed_at, log.performed_by) for log in logs] == [
        (moments[0], technician),
        (moments[1], admin),
        (moments[2], technician),
        (moments[2], technician),
    ]
    assert [log.duration_minutes for log in logs] == [90, None, None, None]
    assert {log.notes for log in logs} == {"Full"}


def test_what_was_kept_without_connection_counts_from_when_it_was_said(
    order: WorkOrder, places: list[Resource], technician: User, time_machine: Any
) -> None:
    WorkOrder.objects.filter(pk=order.pk).update(created_at=NOW)
    time_machine.move_to(NOW.replace(hour=12), tick=False)
    hands = Client(technician)

    def at(place: Resource, moment: str, status: str = "done", reason: str = "") -> Any:
        sent = {"status": status, "reason": reason, "at": moment}
        return hands.post(address(order, place), sent)

    for place, moment, taken in (
        (places[0], "2026-03-04T08:00:00Z", "2026-03-04T08:00:00Z"),
        (places[1], "2026-03-05T08:00:00Z", "2026-03-04T12:00:00Z"),
        (places[2], "1970-01-01T00:00:00Z", "2026-03-04T06:00:00Z"),
    ):
        for _ in range(2):
            way = at(place, moment).json()
            assert way[places.index(place)]["at"] == taken
    for status, reason in (("open", ""), ("not_done", "Locked")):
        refused = at(places[0], "2026-03-04T07:59:00Z", status, reason)
        assert (refused.status_code, refused.json()["code"]) == (409, "said_later")
    assert at(places[0], "2026-03-04T08:01:00Z", "open").json()[0]["status"] == "open"
    assert at(places[3], "2026-03-04T08:00:00").status_code == 400
    assert StopMark.objects.count() == 2


@pytest.mark.parametrize("status", ["scheduled", "completed", "verified", "cancelled"])
def test_places_are_ticked_in_somebodys_hands_only(
    status: str, places: list[Resource], api: Client, technician: User
) -> None:
    order = factories.work_order_in(
        status, assigned_to=technician, resource=places[0], stops=places[1:]
    )
    for asked in ({"status": "done"}, {"status": "open"}):
        refused = api.post(address(order, places[1]), asked)
        assert (refused.status_code, refused.json()["code"]) == (409, "not_in_hand")


def test_who_may_tick(
    order: WorkOrder, places: list[Resource], user_with: Callable[[Role], User], planner: User
) -> None:
    tick = {"status": "done"}
    for role in (Role.TECHNICIAN, Role.REQUESTER):
        answer = Client(user_with(role)).post(address(order, places[1]), tick)
        assert answer.status_code in {403, 404}, role
    desk = Client(planner)
    assert desk.post(address(order, places[1]), tick).status_code == 200
    assert desk.post(address(order, factories.resource()), tick).status_code == 404
    plain = factories.work_order_in("in_progress", assigned_to=planner)
    assert desk.post(address(plain, plain.resource), tick).status_code == 404
    assert desk.get(address(plain)).json() == []


def test_what_was_said_goes_with_its_place(
    order: WorkOrder, places: list[Resource], hands: Client, api: Client
) -> None:
    for place in places[:2]:
        hands.post(address(order, place), {"status": "done"})
    way = [str(places[3].pk), str(places[2].pk)]
    assert api.patch(f"work-orders/{order.pk}", {"resources": way}).status_code == 200
    assert said(order, hands) == ["done", "open", "open"]
    assert api.patch(f"work-orders/{order.pk}", {"resources": []}).status_code == 200
    assert StopMark.objects.count() == 0
    assert hands.post(f"work-orders/{order.pk}/complete", {}).status_code == 200


def test_as_many_queries_however_long_the_way(technician: User, hands: Client) -> None:
    counts = []
    for length in (2, 12):
        way = [factories.resource() for _ in range(length)]
        order = factories.work_order_in("in_progress", assigned_to=technician, stops=way)
        found = []
        for ask in (
            lambda order=order: hands.get(address(order)),
            lambda order=order, way=way: hands.post(address(order, way[0]), {"status": "done"}),
        ):
            with CaptureQueriesContext(connection) as queries:
                assert ask().status_code == 200
            found.append(len(queries))
        counts.append(found)
    assert counts[0] == counts[1]
    assert counts[0][0] <= 6


# -- pages -------------------------------------------------------------------------------------------------------------


def page_of(order: WorkOrder) -> str:
    return f"/admin/my-work/{order.pk}/"


def text(browser: Browser, where: str) -> str:
    answer = browser.get(where)
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_a_technician_ticks_the_places_on_the_way(
    order: WorkOrder, places: list[Resource], phone: Browser
) -> None:
    job = page_of(order)
    drawn = text(phone, job)
    assert drawn.count('class="place-tick"') == 4
    assert "0 of 4 done" in drawn
    assert "Complete all 4" in drawn
    for place in places[:2]:
        ticked = phone.post(f"{job}stop/", {"resource": str(place.pk), "status": "done"})
        assert (ticked.status_code, ticked["Location"]) == (302, f"{job}#job-route")
    phone.post(f"{job}stop/", {"resource": str(places[1].pk), "status": "open"})
    phone.post(f"{job}stop/", {"resource": str(places[1].pk), "why": "Could not get in"})
    drawn = text(phone, job)
    assert "1 of 4 done" in drawn
    assert drawn.count('aria-pressed="true"') == 1
    assert "Not done: Could not get in" in drawn
    assert "Complete all" not in drawn
    asked = phone.post(f"{job}do/complete/", {"notes": "Two rusty"})
    assert asked.status_code == 422
    drawn = asked.content.decode()
    assert "Extinguisher 2; Extinguisher 3" in drawn
    assert 'name="all_done"' in drawn
    assert "Two rusty" in drawn
    phone.post(f"{job}do/complete/", {"notes": "Two rusty", "all_done": "1"})
    order.refresh_from_db()
    assert order.status == "completed"
    assert Log.objects.count() == 3
    drawn = text(phone, job)
    assert drawn.count("Done:</span>") == 3
    assert 'class="place-tick" id=' not in drawn


def test_the_script_of_the_phone_gets_the_job_and_learns_of_a_refusal(
    order: WorkOrder, places: list[Resource], phone: Browser
) -> None:
    where, script = f"{page_of(order)}stop/", {"X-Kept": "1"}
    asked = {"resource": str(places[1].pk), "status": "done", "answered_at": "yesterday"}
    taken = phone.post(where, asked, headers=script)
    assert taken.status_code == 200
    assert taken.content.decode().startswith('<div class="my-work job"')
    assert "1 of 4 done" in taken.content.decode()
    sooner = asked | {"status": "open", "answered_at": "2026-03-04T05:00:00Z"}
    WorkOrder.objects.update(created_at=NOW.replace(year=2025))
    refused = phone.post(where, sooner, headers=script)
    assert refused.status_code == 422
    assert "Somebody said something else of this place later." in refused.content.decode()
    assert StopMark.objects.get().resource == places[1]


def test_a_reason_is_asked_for_and_a_wrong_place_is_refused(
    order: WorkOrder, places: list[Resource], phone: Browser
) -> None:
    where = f"{page_of(order)}stop/"
    for asked, words in (
        ({"resource": str(places[1].pk), "status": "not_done", "reason": "\x00"}, "Say why"),
        ({"resource": str(factories.resource().pk), "status": "done"}, "no place of the round"),
        ({"resource": "nowhere", "status": "done"}, "Choose a place"),
        ({"resource": str(places[1].pk), "status": "half"}, "Choose a place"),
        ({"resource": str(places[1].pk), "why": "x" * 301}, "300"),
    ):
        refused = phone.post(where, asked)
        assert refused.status_code == 422
        assert words in refused.content.decode()
    assert StopMark.objects.count() == 0


def test_the_desk_ticks_and_completes_a_round(
    order: WorkOrder, places: list[Resource], desk: Browser
) -> None:
    page = f"/admin/worklogs/workorder/{order.pk}/"
    assert 'name="all_done"' not in text(desk, f"{page}complete/")
    for place in places[:2]:
        desk.post(f"{page}stop/", {"resource": str(place.pk), "status": "done"})
    assert "2 of 4 done" in text(desk, page)
    assert "Done, too: Extinguisher 2; Extinguisher 3" in text(desk, f"{page}complete/")
    done = {"issues_found": "none"}
    desk.post(f"{page}complete/", done)
    order.refresh_from_db()
    assert order.status == "in_progress"
    assert "still open: Extinguisher 2" in text(desk, page)
    desk.post(f"{page}complete/", {**done, "all_done": "on"})
    order.refresh_from_db()
    assert order.status == "completed"
    assert 'class="place-tick" id=' not in text(desk, page)


def test_the_page_asks_the_same_however_long_the_way(
    technician: User, phone: Browser, desk: Browser
) -> None:
    counts = []
    for length in (2, 2, 12):
        way = [factories.resource() for _ in range(length)]
        order = factories.work_order_in("in_progress", assigned_to=technician, stops=way)
        found = []
        for browser, where in (
            (phone, page_of(order)),
            (desk, f"/admin/worklogs/workorder/{order.pk}/"),
        ):
            with CaptureQueriesContext(connection) as queries:
                text(browser, where)
            found.append(len(queries))
        counts.append(found)
    assert counts[1] == counts[2]
    assert counts[2][0] <= 13
