"""Refusals name what is really the matter, and histories read like the rest of the product."""

from typing import Any

import pytest

from accounts.models import Organization, User
from core.errors import Conflict
from scheduling.models import Occurrence, Schedule
from scheduling.services import occurrences, schedules
from scheduling.services.calendar import DUE, Range, feed
from scheduling.services.explain import explain
from scheduling.services.history import history_of
from tests import factories
from tests.api import Client as Api
from tests.scheduling.conftest import utc

NOW = utc(2026, 3, 4)


@pytest.fixture
def schedule(scope: Organization) -> Schedule:
    return factories.schedule()


def skip(schedule: Schedule, *, reason: str) -> None:
    assert schedule.resource_id is not None
    occurrences.skip(
        schedule_id=schedule.pk,
        resource_id=schedule.resource_id,
        reason=reason,
        by=None,
        now=NOW,
    )


@pytest.mark.parametrize("key", ["2026-03-01T08:00", "2030-01-31T08:00", "nonsense"])
def test_a_date_that_the_schedule_does_not_have(admin: User, schedule: Schedule, key: str) -> None:
    answer = Api(admin).post("logs", {"schedule": str(schedule.pk), "occurrence": key})
    assert answer.status_code == 400
    assert "no such date" in answer.json()["occurrence"][0]


def test_a_date_that_somebody_closed(admin: User, schedule: Schedule) -> None:
    skip(schedule, reason="x")
    key = Occurrence.objects.get(status="skipped").occurrence_key
    answer = Api(admin).post("logs", {"schedule": str(schedule.pk), "occurrence": key})
    assert (answer.status_code, answer.json()["code"]) == (409, "occurrence_closed")


def test_a_deleted_schedule_is_deleted_and_not_paused(admin: User, schedule: Schedule) -> None:
    schedules.delete_schedule(schedule, by=admin, now=NOW)
    with pytest.raises(Conflict, match="is deleted"):
        schedules.pause_schedule(schedule, reason="x", by=admin, now=NOW)
    with pytest.raises(Conflict, match="is deleted"):
        schedules.resume_schedule(schedule, by=admin, now=NOW)


@pytest.mark.parametrize("address", ["schedules", "schedules/preview"])
def test_a_preview_refuses_what_saving_refuses(
    admin: User, schedule: Schedule, address: str
) -> None:
    body: dict[str, Any] = {"title": "x", "frequency": "monthly", "start_at": NOW.isoformat()}
    both = {
        "resource": str(schedule.resource_id),
        "resource_type": str(factories.resource_type().pk),
    }
    tolerances = {
        "resource": str(schedule.resource_id),
        "tolerance_days": 1,
        "tolerance_percent": 5,
    }
    for wrong, field in ((both, "resource"), (tolerances, "tolerance_percent")):
        answer = Api(admin).post(address, {**body, **wrong})
        assert (answer.status_code, list(answer.json())) == (400, [field])


def test_the_history_speaks_in_words_and_on_the_right_clock(
    admin: User, scope: Organization
) -> None:
    """00:30 in Berlin is still the day before in UTC."""
    schedule = factories.schedule(start_at=utc(2026, 1, 31, 23, 30))
    skip(schedule, reason="Ice")
    for changes in ({"assigned_to": admin}, {"until": utc(2026, 12, 31, 23, 30)}):
        schedules.update_schedule(schedule, changes, by=None, now=NOW)
    texts = [entry["text"] for entry in history_of(schedule, zone="Europe/Berlin")]
    assert "Inspection due Sun 1 Feb 2026 skipped: Ice" in texts
    assert f"Changed assigned to from “–” to “{admin}”" in texts
    assert "Changed until from “–” to “Fri 1 Jan 2027, 00:30”" in texts


def test_the_calendar_and_the_reasons_know_when_a_resource_joined(
    admin: User, scope: Organization
) -> None:
    lifts = factories.resource_type()
    schedule = factories.schedule(
        resource_type=lifts, start_at=utc(2026, 1, 5, 7), frequency="weekly"
    )
    factories.resource(type=lifts, now=utc(2026, 1, 20))
    wanted = Range(utc(2026, 1, 1), utc(2026, 2, 5), frozenset({DUE}))
    shown = feed(admin, wanted, now=NOW, may_move=False).events
    days = [event["extendedProps"]["occurrence"][:10] for event in shown]
    assert days == ["2026-01-26", "2026-02-02"]
    reasons = {reason["kind"]: reason["text"] for reason in explain(schedule)[0].reasons}
    assert "Tue 20 Jan 2026" in reasons["joined"]
    assert reasons["baseline"] == "It is the first date from that day on."
