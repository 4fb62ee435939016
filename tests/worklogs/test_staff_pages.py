"""The week of shifts, the workload and the choice of people in the console; what is told of certificates."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.messages import get_messages
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Certificate, Organization, Shift, ShiftException, Skill, Team, User
from accounts.rights import Role
from accounts.services import certificates
from notifications.models import Notification
from tests import factories
from tests.api import Client
from tests.console import signed_in
from tests.events import relay_all
from tests.worklogs.conftest import waiting
from worklogs.models import WorkOrder
from worklogs.services import assigning

UserWith = Callable[[Role], User]
pytestmark = pytest.mark.usefixtures("morning")


@pytest.fixture
def anna(scope: Organization) -> User:
    return factories.shift(factories.user(scope, name="Anna"), 0, 23)


def page(user: User, address: str) -> str:
    answer = signed_in(user).get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_week(planner: User, anna: User, scope: Organization) -> None:
    factories.shift(factories.user(scope, name="Ben"))
    now = timezone.now()
    away = {"starts_at": now - timedelta(days=1), "ends_at": now + timedelta(days=20)}
    ShiftException.objects.create(user=anna, reason="Parental leave", **away)
    shown = page(planner, "/admin/shifts/")
    assert "Ben" in shown
    assert "06:00–14:00" in shown
    assert "Parental leave" in shown
    assert "Absent" in page(planner, f"/admin/shifts/?week={now + timedelta(days=7):%Y-%m-%d}")
    own = page(anna, "/admin/shifts/?week=nonsense")
    assert "Ben" not in own
    assert "New shift" not in own
    assert "9999" not in page(planner, "/admin/shifts/?week=9999-12-31")


def test_who_only_reads_finds_no_link_that_leads_nowhere(
    planner: User, anna: User, scope: Organization
) -> None:
    team = Team.objects.create(name="Rooms", lead=planner)
    team.memberships.create(user=anna)
    skill = Skill.objects.create(name="Plumbing")
    skill.holders.create(user=anna)
    night = factories.shift(anna, 22, 23).shifts.latest("created_at")
    for row in (team, skill, night):
        address = f"/admin/accounts/{row._meta.model_name}/{row.pk}/change/"
        for person in (anna, planner):
            shown = page(person, address)
            assert "Anna" in shown
            for link in sorted(set(re.findall(r'href="(/admin/accounts/[^"#?]+)', shown))):
                assert signed_in(person).get(link).status_code == 200, (person.role, link)


def test_empty_pages_say_what_to_do(planner: User, scope: Organization) -> None:
    assert "No shifts yet" in page(planner, "/admin/shifts/")
    assert "As soon as" in page(factories.user(scope), "/admin/shifts/")


def test_a_full_day_names_some_of_its_work(planner: User, anna: User) -> None:
    now = timezone.now()
    for number in range(14):
        order = waiting(now, title=f"Job {number:02}", due_at=now - timedelta(days=1))
        assigning.give_to(order, anna, by=planner, now=now)
        WorkOrder.objects.filter(pk=order.pk).update(scheduled_start_at=now - timedelta(days=2))
    shown = page(planner, "/admin/workload/")
    assert shown.count("Job ") == 12
    assert "and 2 more" in shown


def test_many_people_are_shown_in_parts(
    planner: User, anna: User, scope: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("worklogs.pages.workload._PEOPLE_AT_A_TIME", 1)
    now = timezone.now()
    zoe = factories.user(scope, name="Zoe Zimmer")
    for person in (anna, zoe):
        assigning.give_to(waiting(now), person, by=planner, now=now)
    parts = [page(planner, f"/admin/workload/?page={number}") for number in (1, 2, 3)]
    for person in (anna, zoe):
        assert sum(person.name in part for part in parts) == 1
    assert ["to 1 of 3" in parts[0], "to 3 of 3" in parts[2]] == [True, True]


def test_the_workload_gives_what_waits(planner: User, anna: User) -> None:
    now = timezone.now()
    orders = [waiting(now, title=f"Job {number}") for number in range(2)]
    browser = signed_in(planner)
    assert "2 orders wait for somebody" in browser.get("/admin/workload/").content.decode()
    answer = browser.post("/admin/workload/assign/", follow=True)
    (said,) = map(str, get_messages(answer.wsgi_request))
    assert said.startswith("Given to people: 2 orders.")
    for order in orders:
        assert f"#{order.number} {order.title}</a> to <b>Anna</b>: on shift" in said
    shown = answer.content.decode()
    assert "Job 1" in shown
    assert "Every scheduled order has somebody" in shown
    assert WorkOrder.objects.filter(assigned_to=anna).count() == len(orders)
    assert signed_in(anna).post("/admin/workload/assign/").status_code == 403
    assert "Give them to people" not in page(anna, "/admin/workload/?days=7")


def test_who_does_it(planner: User, anna: User) -> None:
    order = waiting(timezone.now())
    address = f"/admin/worklogs/workorder/{order.pk}/who/"
    shown = page(planner, address)
    assert "Give it to Anna" in shown
    assert "Suggested" in shown
    assert "has no shift in the next two weeks" in shown
    assert signed_in(planner).post(address, {"person": str(anna.pk)}).status_code == 302
    order.refresh_from_db()
    assert order.assigned_to == anna
    for nobody in ("", "x", str(order.pk)):
        assert signed_in(planner).post(address, {"person": nobody}).status_code == 404
    assert signed_in(anna).get(address).status_code == 403


def test_whoever_is_chosen_by_hand_without_shift_or_skill_gets_it_with_a_warning(
    planner: User, anna: User, scope: Organization
) -> None:
    now = timezone.now()
    away = factories.user(scope, name="Zoe")
    gas = Skill.objects.create(name="Gas")
    order = waiting(now)
    client = Client(planner)
    client.put(f"work-orders/{order.pk}/skills", {"skills": [str(gas.pk)]})
    given = client.post(f"work-orders/{order.pk}/assign", {"assigned_to": str(anna.pk)})
    assert given.status_code == 200
    assert given.json()["warnings"] == ["Anna has not the skill Gas."]
    gas.holders.create(user=away)
    gas.holders.create(user=anna)
    address = f"/admin/worklogs/workorder/{order.pk}/reassign/"
    answer = signed_in(planner).post(address, {"assigned_to": str(away.pk)}, follow=True)
    assert "Zoe has no shift in the next two weeks." in answer.content.decode()
    order.refresh_from_db()
    assert order.assigned_to == away
    given = client.post(f"work-orders/{order.pk}/reassign", {"assigned_to": str(anna.pk)})
    assert given.json()["warnings"] == []


def test_naming_somebody_by_api_tells_what_speaks_against_them(
    planner: User, anna: User, scope: Organization
) -> None:
    """On creating and changing an order or task, as on giving one; what names nobody warns of nothing."""
    away = factories.user(scope, name="Zoe")
    place, against = factories.resource(), ["Zoe has no shift in the next two weeks."]
    client, body = Client(planner), {"resource": str(place.pk), "title": "Lamp"}
    named = {"assigned_to": str(away.pk)}
    made = client.post("work-orders", body | named)
    assert (made.status_code, made.json()["warnings"]) == (201, against)
    assert client.post("work-orders", body).json()["warnings"] == []
    task = {"resource": str(place.pk), "title": "Towels", "task_type": "deep_cleaning"}
    assert client.post("tasks", task | named).json()["warnings"] == against
    address = f"work-orders/{made.json()['id']}"
    assert client.patch(address, {"title": "Two lamps"}).json()["warnings"] == []
    assert client.patch(address, {"assigned_to": str(anna.pk)}).json()["warnings"] == []
    assert client.patch(address, named).json()["warnings"] == against


def test_triage_suggests_somebody_and_why(planner: User, anna: User, scope: Organization) -> None:
    order = factories.work_order(now=timezone.now(), title="Lamp")
    browser = signed_in(planner)
    part = f"/admin/triage/{order.pk}/who/"
    assert part in browser.get("/admin/triage/").content.decode()
    shown = browser.get(part).content.decode()
    assert "Anna could do it" in shown
    assert "On shift" in shown
    names = re.findall(r'name="(assigned_to|due_at)" value="([^"]+)"', shown)
    browser.post(f"/admin/triage/{order.pk}/assign/", dict(names))
    order.refresh_from_db()
    assert (order.status, order.assigned_to) == ("assigned", anna)
    line = order.transitions.get(command="assign")
    assert line.reason.startswith("On shift")
    other = factories.work_order(now=timezone.now(), title="Tap")
    zoe = factories.user(scope, name="Zoe")
    data = {"assigned_to": str(zoe.pk), "due_at": dict(names)["due_at"]}
    answer = browser.post(f"/admin/triage/{other.pk}/assign/", data, follow=True)
    assert "Zoe has no shift in the next two weeks." in answer.content.decode()
    assert signed_in(anna).get(part).status_code == 403


def test_the_skills_of_an_order(planner: User, anna: User) -> None:
    gas = Skill.objects.create(name="Gas")
    order = waiting(timezone.now())
    browser = signed_in(planner)
    address = f"/admin/worklogs/workorder/{order.pk}/skills/"
    shown = browser.post(address, {"skill": [str(gas.pk), "x"]}, follow=True).content.decode()
    assert "Needs Gas" in shown
    assert "Nobody has the skill Gas." in shown
    shown = browser.post(address, {"follow": ""}, follow=True).content.decode()
    assert "Needs Gas" not in shown
    assert signed_in(anna).post(address).status_code == 403


def test_pages_ask_the_same_however_many_people(planner: User, scope: Organization) -> None:
    def asked(address: str) -> int:
        browser = signed_in(planner)
        with CaptureQueriesContext(connection) as queries:
            assert browser.get(address).status_code == 200
        return len(queries)

    def grow(count: int) -> None:
        for _ in range(count):
            factories.shift(factories.user(scope), 0, 23)
            waiting(timezone.now())
        assigning.auto_assign(None, by=None, now=timezone.now())

    grow(2)
    order = waiting(timezone.now())
    addresses = (
        "/admin/shifts/",
        "/admin/workload/",
        f"/admin/worklogs/workorder/{order.pk}/who/",
    )
    few = [asked(address) for address in addresses]
    grow(6)
    assert [asked(address) for address in addresses] == few
    assert few == [7, 17, 21]


def test_a_shift_and_an_absence_by_form(planner: User, anna: User) -> None:
    browser = signed_in(planner)
    shift = {"name": "Late", "user": str(anna.pk), "weekdays": ["5", "6"], "break_minutes": "0"}
    times = {"starts_at": "14:00", "ends_at": "22:00"}
    assert browser.post("/admin/accounts/shift/add/", {**shift, **times}).status_code == 302
    made = Shift.objects.get(name="Late")
    assert (made.days, made.in_words) == ([5, 6], "Sat, Sun 14:00–22:00")
    again = {**shift, **times, "weekdays": ["0"]}
    assert browser.post(f"/admin/accounts/shift/{made.pk}/change/", again).status_code == 302
    made.refresh_from_db()
    assert made.days == [0]
    away = {
        "user": str(anna.pk),
        "kind": "absence",
        "starts_at_0": "2026-07-01",
        "starts_at_1": "00:00",
    }
    away |= {"ends_at_0": "2026-07-02", "ends_at_1": "00:00"}
    assert browser.post("/admin/accounts/shiftexception/add/", away).status_code == 302
    row = ShiftException.objects.get(user=anna)
    assert f"{row.starts_at:%Y-%m-%d %H:%M}" == "2026-06-30 22:00"  # Berlin in summer
    shown = page(planner, f"/admin/accounts/shiftexception/{row.pk}/change/")
    assert 'value="2026-07-01"' in shown


def test_the_end_of_a_certificate_is_told(planner: User, anna: User, scope: Organization) -> None:
    now = timezone.now()
    gas = Skill.objects.create(name="Gas", needs_certificate=True)
    row = Certificate(
        user=anna, skill=gas, issued_on=now.date(), expires_on=(now + timedelta(days=9)).date()
    )
    certificates.add_certificate(row, by=planner, now=now)
    certificates.warn(zone=scope.time_zone, now=now)
    relay_all(now)
    told = {one.recipient: one for one in Notification.objects.filter(kind="certificate_expiring")}
    assert set(told) == {anna, planner}
    assert told[anna].title.startswith("Your certificate for Gas ends on")
    assert told[planner].title.startswith("Anna: certificate for Gas ends on")
    answer = signed_in(anna).get(told[anna].action_url, follow=True)
    assert answer.redirect_chain[-1][0] == f"/admin/accounts/certificate/{row.pk}/change/"
    assert answer.status_code == 200
