"""Logging a completion in the console: filled in, asked about, explained when refused."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import Organization, User
from accounts.rights import Role
from core.models import Attachment
from scheduling.models import Schedule
from tests import factories
from tests.worklogs.conftest import COMPLETE, LIST, NOW, next_due, photo, sign_in, text
from worklogs.models import Log

pytestmark = pytest.mark.usefixtures("today")


def complete(client: Client, schedule: Schedule, query: str = "", **values: Any) -> Any:
    data = {"performed_at": "2026-03-04T07:00", "issues_found": "none", "next": "/admin/", **values}
    return client.post(f"{COMPLETE}?schedule={schedule.pk}{query}", data)


def test_three_clicks(page: Client, schedule: Schedule, admin: User) -> None:
    """Open, Done, saved: the form comes filled in, nothing has to be typed."""
    form = text(page.get(COMPLETE, {"schedule": str(schedule.pk)}))
    assert 'value="2026-03-04T07:00"' in form
    assert "Overdue, was due Sat 31 Jan 2026, 08:00" in form
    response = complete(page, schedule, performed_by=admin.pk)
    assert (response.status_code, response["Location"]) == (302, "/admin/")
    log = Log.objects.get()
    assert (log.performed_by, log.performed_at, log.effect) == (admin, NOW, "satisfied")
    told = [str(message) for message in page.get(LIST).context["messages"]]
    assert told == ["Logged. Next due: Tue 31 Mar 2026, 08:00 (in 27 days)."]


def test_dialog_gets_the_inner_part(page: Client, schedule: Schedule) -> None:
    form = text(page.get(COMPLETE, {"schedule": str(schedule.pk)}, headers={"X-Dialog": "1"}))
    assert "<html" not in form
    assert "data-close" in form
    response = page.post(
        f"{COMPLETE}?schedule={schedule.pk}",
        {"performed_at": "2026-03-04T07:00", "issues_found": "none"},
        headers={"X-Dialog": "1"},
    )
    assert response.status_code == 204


def test_technician_logs_as_themselves(
    client: Client, schedule: Schedule, user_with: Callable[[Role], User], admin: User
) -> None:
    technician = user_with(Role.TECHNICIAN)
    Schedule.objects.filter(pk=schedule.pk).update(assigned_to=technician)
    sign_in(client, technician)
    assert "performed_by" not in text(client.get(COMPLETE, {"schedule": str(schedule.pk)}))
    assert complete(client, schedule, performed_by=admin.pk).status_code == 302
    assert Log.objects.get().performed_by == technician


def test_early_work_is_asked_about(page: Client, scope: Organization) -> None:
    schedule = factories.schedule(start_at=NOW + timedelta(days=10))
    asked = "This is early. Count it for the date due Sat 14 Mar 2026, 07:00?"
    assert asked in text(page.get(COMPLETE, {"schedule": str(schedule.pk)}))
    question = page.get(
        f"{COMPLETE}question/", {"schedule": str(schedule.pk), "performed_at": "2026-03-03T07:00"}
    )
    assert asked in text(question)
    complete(page, schedule, counts="no")
    assert Log.objects.get().effect == "extra"
    complete(page, schedule, counts="yes")
    assert Log.objects.filter(effect="satisfied").count() == 1


def test_picked_date(page: Client, scope: Organization) -> None:
    schedule = factories.schedule(start_at=NOW + timedelta(days=10))
    key = "&occurrence=2026-03-14T07:00"
    assert complete(page, schedule, key, counts="yes").status_code == 302
    assert next_due(schedule) == datetime(2026, 4, 14, 7, tzinfo=ZoneInfo("Europe/Berlin"))
    again = complete(page, schedule, key, counts="yes")
    assert again.status_code == 422
    assert "no longer open" in again.content.decode()


def test_refused_form_keeps_the_photos(page: Client, schedule: Schedule, admin: User) -> None:
    file = SimpleUploadedFile("IMG.jpg", photo(), "image/jpeg")
    response = complete(page, schedule, performed_at="2026-03-05T07:00", files=file)
    assert response.status_code == 422
    assert "future" in response.content.decode()
    kept = Attachment.objects.get()
    assert str(kept.pk) in response.content.decode()
    complete(page, schedule, attachment=str(kept.pk), performed_by=admin.pk)
    kept.refresh_from_db()
    assert kept.target_id == Log.objects.get().pk


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"performed_at": ""}, "required"),
        ({"performed_at": "soon"}, "such as"),
        ({"performed_at": "0001-01-01T00:00"}, ""),
        ({"issues_found": "x"}, "valid choice"),
        ({"duration_minutes": "-5"}, "greater than"),
        ({"notes": "a\x00b"}, "Null"),
        ({"files": SimpleUploadedFile("a.exe", b"MZ\x00\x01")}, "not accepted"),
    ],
)
def test_wrong_input_is_explained(
    page: Client, schedule: Schedule, values: dict[str, Any], message: str
) -> None:
    response = complete(page, schedule, **values)
    assert response.status_code == 422
    assert message in response.content.decode()
    assert not Log.objects.exists()


def test_choice_of_what_was_done(page: Client, schedule: Schedule) -> None:
    shown = text(page.get(COMPLETE))
    assert "What is due" in shown
    assert f"schedule={schedule.pk}" in shown
    found = text(page.get(COMPLETE, {"q": "resource"}))
    assert "Work outside any schedule on" in found
    assert "Nothing fits" in text(page.get(COMPLETE, {"q": "zebra"}))
    assert "unplanned=1" in text(page.get(COMPLETE, {"resource": str(schedule.resource_id)}))
    response = page.post(
        f"{COMPLETE}?resource={schedule.resource_id}&unplanned=1",
        {"performed_at": "2026-03-04T07:00", "issues_found": "minor"},
    )
    assert response["Location"] == f"{LIST}?resource={schedule.resource_id}"
    assert Log.objects.get().schedule is None


@pytest.mark.parametrize(
    "next_", ["https://evil.example/", "//evil.example", "javascript:x", COMPLETE]
)
def test_the_way_back_stays_on_this_site(page: Client, schedule: Schedule, next_: str) -> None:
    assert complete(page, schedule, next=next_)["Location"].startswith(LIST)


def test_switched_off(page: Client, organization: Organization) -> None:
    Organization.objects.filter(pk=organization.pk).update(maintenance_scheduling_enabled=False)
    assert page.get(COMPLETE).status_code == 404
    assert page.get(LIST).status_code == 200


def test_moments_of_the_form_are_local(page: Client, schedule: Schedule, admin: User) -> None:
    """02:30 on 29 March 2026 does not exist in Berlin: it is read as 03:30."""
    with time_machine.travel(datetime(2026, 3, 29, 12, tzinfo=UTC), tick=False):
        sign_in(page, admin)
        complete(page, schedule, performed_at="2026-03-29T02:30", performed_by=admin.pk)
    assert Log.objects.get().performed_at == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
