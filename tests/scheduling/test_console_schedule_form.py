"""The form of a schedule in the console: times, preview, exceptions, and what it refuses."""

from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from django.test import Client

from accounts.models import Organization, User
from accounts.rights import Role
from scheduling.models import Resource, ResourceEntrustment, Schedule
from tests import factories
from tests.console import signed_in
from tests.scheduling.conftest import utc

LIST = "/admin/scheduling/schedule/"


def form_data(**values: Any) -> dict[str, Any]:
    """What the browser sends for the form as it opens."""
    return {
        "title": "Inspect",
        "maintenance_type": "preventive",
        "priority": "medium",
        "frequency": "monthly",
        "basis": "fixed",
        "interval": "1",
        "interval_unit": "day",
        "start_at_0": "2027-01-31",
        "start_at_1": "08:00",
        "tolerance_days": "0",
        "advance_notice_days": "1",
        "lead_days": "0",
        "backlog": "one_open",
        "overflow": "clamp",
        "exceptions-TOTAL_FORMS": "0",
        "exceptions-INITIAL_FORMS": "0",
        "checklist_use-TOTAL_FORMS": "0",
        "checklist_use-INITIAL_FORMS": "0",
        **values,
    }


def test_create_by_the_form(console: Client, lift: Resource) -> None:
    answer = console.post(f"{LIST}add/", form_data(resource=str(lift.pk)))
    schedule = Schedule.objects.get()
    assert answer.status_code == 302, answer.context["errors"]
    assert answer["Location"] == f"/admin/scheduling/schedule/{schedule.pk}/"
    assert schedule.start_at == utc(2027, 1, 31, 7)  # 08:00 in Berlin
    assert schedule.next_due_at == schedule.start_at


def test_times_are_those_of_the_resource(console: Client, scope: Organization) -> None:
    tokyo = factories.resource(time_zone="Asia/Tokyo")
    console.post(f"{LIST}add/", form_data(resource=str(tokyo.pk)))
    schedule = Schedule.objects.get()
    assert schedule.start_at == utc(2027, 1, 30, 23)
    page = console.get(f"{LIST}{schedule.pk}/change/").content.decode()
    assert 'value="08:00"' in page
    data = form_data(resource=str(tokyo.pk), title="New")
    assert console.post(f"{LIST}{schedule.pk}/change/", data).status_code == 302
    schedule.refresh_from_db()
    assert (schedule.title, schedule.start_at) == ("New", utc(2027, 1, 30, 23))


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"title": ""}, "This field is required"),
        ({"resource": ""}, "Choose either one resource or a resource type"),
        ({"frequency": "custom", "rrule": "FREQ=SECONDLY"}, "too frequent"),
        ({"start_at_0": "31.02.2027"}, "Enter a valid date"),
        ({"start_at_1": ""}, "Enter a date and a time"),
        ({"exdates": "Christmas"}, "is not a date"),
        ({"lead_days": "31"}, "shorter than the interval"),
        ({"until_0": "2026-01-01", "until_1": "08:00"}, "end lies before the start"),
        ({"start_at_0": "0001-01-01"}, "Choose a year"),
    ],
)
def test_wrong_input_is_explained_and_nothing_is_lost(
    console: Client, lift: Resource, values: dict[str, str], words: str
) -> None:
    data = form_data(**{"resource": str(lift.pk), "description": "Keep me", **values})
    answer = console.post(f"{LIST}add/", data)
    page = answer.content.decode()
    assert answer.status_code == 200
    assert words in page
    assert "Keep me" in page
    assert not Schedule.objects.exists()


@time_machine.travel(utc(2026, 12, 1), tick=False)
def test_preview_while_typing(console: Client, lift: Resource) -> None:
    data = form_data(resource=str(lift.pk), title="")
    page = console.post("/admin/scheduling/schedule/preview/", data).content.decode()
    assert "Every month on the 31st" in page
    assert "Sun 31 Jan 2027, 08:00" in page
    assert page.count("<li>") == 5
    assert "Europe/Berlin" in page
    wrong = form_data(frequency="custom", rrule="FREQ=DAILY;COUNT=x")
    page = console.post("/admin/scheduling/schedule/preview/", wrong).content.decode()
    assert "This does not work yet" in page
    assert "COUNT takes whole numbers" in page
    assert not Schedule.objects.exists()


def test_leaving_resources_of_a_type_out(console: Client, scope: Organization) -> None:
    kind = factories.resource_type()
    first, second = (factories.resource(type=kind) for _ in range(2))
    data = form_data(
        resource_type=str(kind.pk),
        **{
            "exceptions-TOTAL_FORMS": "1",
            "exceptions-0-resource": str(second.pk),
            "exceptions-0-reason": "Sealed",
        },
    )
    assert console.post(f"{LIST}add/", data).status_code == 302
    schedule = Schedule.objects.get()
    assert [state.resource for state in schedule.due_states.all()] == [first]
    assert schedule.exceptions.get().reason == "Sealed"
    page = console.get(f"/admin/scheduling/schedule/{schedule.pk}/").content.decode()
    assert first.name in page


def test_venue_admins_change_only_what_stays_in_their_venues(
    user_with: Callable[[Role], User], scope: Organization
) -> None:
    person, venue = user_with(Role.VENUE_ADMIN), factories.resource()
    ResourceEntrustment.objects.create(user=person, resource=venue)
    inside, outside = factories.schedule(resource=venue), factories.schedule()
    console = signed_in(person)
    assert console.get(f"/admin/scheduling/schedule/{inside.pk}/").status_code == 200
    assert console.get(f"/admin/scheduling/schedule/{outside.pk}/").status_code == 404
    wide = form_data(resource_type=str(factories.resource_type().pk))
    answer = console.post(f"{LIST}add/", wide)
    assert "reaches beyond your venues" in answer.content.decode()


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"assigned_to": "left"}, "has ended"),
        ({"tolerance_days": "2", "tolerance_percent": "10"}, "Choose one tolerance"),
        ({"exdates": "2027-02-28T09:00"}, "The series has no date on"),
        ({"resource_type": "type"}, "Choose either one resource or a resource type"),
    ],
)
def test_the_form_says_what_cannot_hold(
    console: Client, scope: Organization, lift: Resource, wrong: dict[str, str], words: str
) -> None:
    made = {
        "left": str(factories.user(scope, is_active=False).pk),
        "type": str(factories.resource_type().pk),
    }
    given = {name: made.get(value, value) for name, value in wrong.items()}
    answer = console.post(f"{LIST}add/", form_data(resource=str(lift.pk), **given))
    assert answer.status_code == 200
    assert words in answer.content.decode()
    assert not Schedule.objects.exists()


def test_the_form_leaves_out_no_resource_of_another_type(
    console: Client, scope: Organization, lift: Resource
) -> None:
    given = {
        "resource_type": str(factories.resource_type().pk),
        "exceptions-TOTAL_FORMS": "1",
        "exceptions-0-resource": str(lift.pk),
    }
    answer = console.post(f"{LIST}add/", form_data(**given))
    assert answer.status_code == 200
    assert "not of the type" in answer.content.decode()
    assert not Schedule.objects.exists()
