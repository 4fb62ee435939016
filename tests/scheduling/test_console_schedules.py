"""Schedules in the console: list and page with its buttons."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Organization, User
from accounts.rights import Role
from core.tenancy import tenant_scope
from scheduling.models import Occurrence, Resource, ResourceEntrustment, Schedule
from scheduling.services import occurrences
from tests import factories
from tests.console import signed_in

LIST = "/admin/scheduling/schedule/"


def test_empty_list_says_what_to_do_next(console: Client) -> None:
    page = console.get(LIST).content.decode()
    assert "No schedule yet" in page
    assert 'href="add/"' in page


def test_list_shows_rule_resource_and_distance(console: Client, lift: Resource) -> None:
    factories.schedule(resource=lift, title="Grease", start_at=timezone.now() - timedelta(days=6))
    factories.schedule(title="Gone", deleted_at=None)
    page = console.get(LIST).content.decode()
    for text in ("Grease", "Every month on the", "Lift", "6 days overdue", "Active"):
        assert text in page
    assert "Grease" in console.get(LIST, {"state": "overdue"}).content.decode()
    assert "Grease" not in console.get(LIST, {"state": "soon"}).content.decode()
    assert "Grease" in console.get(LIST, {"q": "lift"}).content.decode()


@pytest.mark.parametrize(
    "query", ["state=x", "assignee=x", "assignee=me", "type=x", "below=x", "o=99", "p=x", "q=%00"]
)
def test_lists_stand_any_filter(console: Client, lift: Resource, query: str) -> None:
    factories.schedule(resource=lift)
    for address in (LIST, "/admin/scheduling/resource/"):
        assert console.get(f"{address}?{query}").status_code in (200, 302)


def test_list_costs_the_same_for_any_number_of_rows(console: Client, lift: Resource) -> None:
    counts = []
    for _ in range(2):
        for _ in range(12):
            factories.schedule(assigned_to=User.objects.first())
        with CaptureQueriesContext(connection) as queries:
            assert console.get(LIST).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert counts[0] <= 14


def test_the_page_shows_the_buttons_its_state_allows(console: Client, lift: Resource) -> None:
    schedule = factories.schedule(resource=lift, start_at=timezone.now() + timedelta(days=3))
    address = f"/admin/scheduling/schedule/{schedule.pk}/"
    page = console.get(address).content.decode()
    for text in ("What happens next", "in 3 days", "Why this date?", "Log completion", "Skip"):
        assert text in page
    assert "Resume" not in page
    console.post(f"{address}pause/", {"reason": "Works"})
    page = console.get(address).content.decode()
    assert "Paused by" in page
    assert "Works" in page
    assert "pause-dialog" not in page
    console.post(f"{address}resume/")
    console.post(f"{address}skip/", {"reason": "Holiday"})
    assert Occurrence.objects.get().reason == "Holiday"
    console.post(f"{address}delete/")
    page = console.get(address).content.decode()
    assert "Restore" in page
    assert "delete-dialog" not in page
    console.post(f"{address}restore/")
    schedule.refresh_from_db()
    assert schedule.deleted_at is None
    again = console.post(f"{address}restore/", follow=True).content.decode()
    assert "This schedule is not deleted" in again


def test_each_tab_of_the_page_shows_its_part(console: Client, lift: Resource) -> None:
    schedule = factories.schedule(resource=lift, start_at=timezone.now() - timedelta(days=40))
    address = f"/admin/scheduling/schedule/{schedule.pk}/"
    console.post(f"{address}skip/", {"reason": "Holiday"})
    said = {
        "summary": ("What happens next", "Next dates", "Holiday"),
        "dates": ("Newest first", "Skipped", "Holiday"),
        "log": ("Open in logs", "No work has been logged"),
        "history": ("What was done, closed and changed", "Holiday"),
    }
    for tab, texts in said.items():
        page = console.get(f"{address}?tab={tab}").content.decode()
        assert all(text in page for text in (*texts, "Log completion", "Skip")), tab
        assert ("What happens next" in page) is (tab == "summary")
        assert "?tab=resources" not in page
    covering = factories.schedule(resource=None, resource_type=factories.resource_type())
    page = console.get(f"/admin/scheduling/schedule/{covering.pk}/?tab=resources").content.decode()
    assert "No resource has this type yet" in page


def test_bulk_assign_pause_delete_and_export(
    console: Client, user_with: Callable[[Role], User], scope: Organization
) -> None:
    person = user_with(Role.TECHNICIAN)
    chosen = [factories.schedule(title=f"S{number}") for number in range(3)]
    ids = [str(row.pk) for row in chosen]
    asked = console.post(LIST, {"action": "assign", "_selected_action": ids})
    assert asked.status_code == 302
    assert "3 chosen" in console.get(asked["Location"]).content.decode()
    console.post("/admin/scheduling/schedule/bulk/assign/", {"id": ids, "person": str(person.pk)})
    assert Schedule.objects.filter(assigned_to=person).count() == 3
    refused = console.post("/admin/scheduling/schedule/bulk/pause/", {"id": ids, "reason": " "})
    assert "Say why" in refused.content.decode()
    console.post("/admin/scheduling/schedule/bulk/pause/", {"id": ids[:1], "reason": "Works"})
    assert Schedule.objects.filter(is_active=False).count() == 1
    export = console.post(LIST, {"action": "export", "_selected_action": ids})
    lines = b"".join(export).decode("utf-8-sig").splitlines()
    assert lines[0].startswith("Title,Resource,Code")
    assert len(lines) == 4
    console.post(LIST, {"action": "put_away", "_selected_action": ids})
    assert Schedule.objects.deleted().count() == 3


def test_technicians_look_and_do_not_change(
    user_with: Callable[[Role], User], scope: Organization
) -> None:
    person = user_with(Role.TECHNICIAN)
    mine = factories.schedule(assigned_to=person)
    console = signed_in(person)
    page = console.get(f"/admin/scheduling/schedule/{mine.pk}/").content.decode()
    assert "Log completion" in page
    assert "pause-dialog" not in page
    assert console.get(f"{LIST}add/").status_code == 403
    assert (
        console.post(f"/admin/scheduling/schedule/{mine.pk}/pause/", {"reason": "x"}).status_code
        == 403
    )


def test_another_organisation_answers_404(console: Client, stranger: Organization) -> None:
    with tenant_scope(stranger.pk):
        theirs = factories.schedule()
    assert console.get(f"/admin/scheduling/schedule/{theirs.pk}/").status_code == 404
    assert console.post(f"/admin/scheduling/schedule/{theirs.pk}/delete/").status_code == 404
    assert (
        console.post(f"/admin/scheduling/schedule/preview/?schedule={theirs.pk}", {}).status_code
        == 404
    )


def test_a_resource_that_is_no_id_is_refused(console: Client, lift: Resource) -> None:
    schedule = factories.schedule(resource=lift)
    sent = {"resource": "nonsense", "reason": "Closed"}
    answer = console.post(f"{LIST}{schedule.pk}/skip/", sent, follow=True)
    assert "Choose the resource from the list." in answer.content.decode()


@pytest.mark.parametrize("moment", ["0001-01-01T00:00", "9999-12-31T23:59", "soon", ""])
def test_dates_are_not_moved_out_of_time(console: Client, lift: Resource, moment: str) -> None:
    schedule = factories.schedule(resource=lift, basis="floating")
    (state,) = schedule.due_states.all()
    sent = {"schedule": str(schedule.pk), "resource": str(lift.pk), "due_at": moment}
    answer = console.post(
        "/admin/calendar/move/",
        {**sent, "occurrence": state.next_due_key},
        content_type="application/json",
    )
    assert answer.status_code == 409
    assert "not a moment" in answer.json()["detail"]


@pytest.mark.parametrize("role", [Role.REQUESTER, Role.VENUE_ADMIN])
def test_a_schedule_for_a_type_shows_people_their_own_resources(
    user_with: Callable[[Role], User], scope: Organization, admin: User, role: Role
) -> None:
    person, kind = user_with(role), factories.resource_type()
    mine = factories.resource(type=kind, name="My lift", owner=person)
    others = factories.resource(type=kind, name="Their lift")
    ResourceEntrustment.objects.create(user=person, resource=mine)
    schedule = factories.schedule(resource_type=kind)
    for resource in (mine, others):
        occurrences.skip(
            schedule_id=schedule.pk,
            resource_id=resource.pk,
            reason=f"Closed: {resource}",
            by=admin,
            now=timezone.now(),
        )
    console = signed_in(person)
    for address in (
        f"{LIST}{schedule.pk}/",
        f"/api/v1/schedules/{schedule.pk}/explain",
        f"/api/v1/schedules/{schedule.pk}/occurrences?start=2026-01-01",
    ):
        shown = console.get(address).content.decode()
        assert "My lift" in shown
        assert "Their lift" not in shown


@pytest.mark.parametrize("key", ["9999-12-31T23:59", "0001-01-01T00:00", "nonsense"])
def test_a_date_that_is_none_is_not_found(console: Client, lift: Resource, key: str) -> None:
    schedule = factories.schedule(resource=lift)
    query = {"schedule": str(schedule.pk), "resource": str(lift.pk), "occurrence": key}
    assert console.get("/admin/calendar/date/", query).status_code == 404
