"""`GET calendar` as clients meet it."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine

from accounts.models import Organization, User
from accounts.rights import Role
from core.tenancy import tenant_scope
from scheduling.services import calendar
from tests import factories
from tests.api import Client

MARCH = "calendar?start=2026-03-01&end=2026-04-01"


@pytest.fixture
def march(organization: Organization, now: datetime) -> None:
    with tenant_scope(organization.pk):
        factories.schedule(
            title="Lift", frequency="weekly", start_at=datetime(2026, 3, 24, 7, tzinfo=UTC)
        )


def get(user: User, path: str, now: datetime, **headers: str) -> Any:
    with time_machine.travel(now, tick=False):
        return Client(user).get(path, headers=headers)


def test_it_answers_fullcalendar_events(march: None, admin: User, now: datetime) -> None:
    answer = get(admin, MARCH, now)

    assert answer.status_code == 200
    first, second = answer.json()
    assert first["title"] == "Lift"
    assert (first["start"], second["start"]) == (
        "2026-03-24T08:00:00+01:00",
        "2026-03-31T08:00:00+02:00",
    )
    assert first["className"] == "due-scheduled"
    assert first["extendedProps"]["occurrence"] == "2026-03-24T08:00"
    assert first["editable"] is True


def test_who_may_not_move_dates_gets_fixed_events(
    organization: Organization, user_with: Callable[[Role], User], now: datetime
) -> None:
    technician = user_with(Role.TECHNICIAN)
    with tenant_scope(organization.pk):
        factories.schedule(assigned_to=technician, start_at=datetime(2026, 3, 24, 7, tzinfo=UTC))

    (event,) = get(technician, MARCH, now).json()

    assert event["editable"] is False


def test_the_browser_keeps_it_five_minutes_and_then_asks_whether_it_changed(
    march: None, admin: User, organization: Organization, now: datetime
) -> None:
    first = get(admin, MARCH, now)
    assert "private" in first["Cache-Control"]
    assert "max-age=300" in first["Cache-Control"]

    same = get(admin, MARCH, now, if_none_match=first["ETag"])
    with tenant_scope(organization.pk):
        factories.schedule(start_at=datetime(2026, 3, 24, 7, tzinfo=UTC))
    other = get(admin, MARCH, now, if_none_match=first["ETag"])

    assert (same.status_code, same.content) == (304, b"")
    assert other.status_code == 200


def test_a_cut_answer_says_so(
    march: None, admin: User, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calendar, "MOST_EVENTS", 1)

    answer = get(admin, MARCH, now)

    assert len(answer.json()) == 1
    assert "shorter range" in answer["X-Calendar-Cut"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("start=2026-03-01", "end"),
        ("start=soon&end=2026-04-01", "start"),
        ("start=2026-13-01&end=2026-14-01", "start"),
        ("start=0001-01-01&end=0001-01-02", "start"),
        ("start=9999-12-31T23:00:00-14:00&end=9999-12-31T23:30:00-14:00", "start"),
        ("start=2026-04-01&end=2026-03-01", "end"),
        ("start=2026-01-01&end=2027-03-01", "end"),
        ("start=2026-03-01&end=2026-04-01&layers=due,moon", "layers"),
        ("start=2026-03-01&end=2026-04-01&type=moon", "type"),
        ("start=2026-03-01&end=2026-04-01&assignee=moon", "assignee"),
        ("start=2026-03-01&end=2026-04-01&resource=moon", "resource"),
    ],
)
def test_what_cannot_be_understood_is_named(
    admin: User, now: datetime, query: str, field: str
) -> None:
    answer = get(admin, f"calendar?{query}", now)

    assert answer.status_code == 400
    assert list(answer.json()) == [field]


def test_years_that_are_not_shown_are_named(admin: User, now: datetime) -> None:
    answer = get(admin, "calendar?start=1900-01-01&end=1900-02-01", now)

    assert answer.json() == {"start": ["The years from 1970 to 2200 can be shown."]}


def test_another_organisations_resource_is_not_found(
    admin: User, stranger: Organization, now: datetime
) -> None:
    with tenant_scope(stranger.pk):
        theirs = factories.resource()

    assert get(admin, f"{MARCH}&resource={theirs.pk}", now).status_code == 404


def test_switched_off_it_says_not_enabled(march: None, admin: User, now: datetime) -> None:
    Organization.objects.update(maintenance_scheduling_enabled=False)

    assert get(admin, MARCH, now).status_code in {403, 404}


def test_nobody_gets_nothing(db: None, now: datetime) -> None:
    assert Client().get(MARCH).status_code == 401
