"""What the form of a schedule shows while somebody types: the dates that are to come."""

from datetime import date, datetime
from typing import Any

import pytest
import time_machine
from django.test import Client

from accounts.models import Organization
from scheduling.models import Resource, Schedule
from scheduling.services.wording import preview
from tests import factories
from tests.scheduling.conftest import Check, utc
from tests.scheduling.test_console_schedule_form import LIST, form_data
from worklogs.services.logs import record_log

pytestmark = pytest.mark.usefixtures("scope")
NOW = utc(2026, 3, 10)


def days(schedule: Schedule, now: datetime = NOW) -> list[date]:
    return [moment.date() for moment in preview(schedule, now=now, count=3).dates]


def weekly(**values: Any) -> Schedule:
    """Every Monday since the first of 2026."""
    values = {"frequency": "weekly", "start_at": utc(2026, 1, 5, 7), **values}
    return factories.schedule(**values)


def test_a_whole_type_shows_what_comes_and_not_how_it_began(check: Check) -> None:
    lifts = factories.resource_type()
    factories.resource(type=lifts)
    schedule = weekly(resource_type=lifts)
    for day in range(1, 11):
        check(utc(2026, 3, day))
    factories.resource(type=lifts, now=NOW)

    assert days(schedule) == [date(2026, 3, 16), date(2026, 3, 23), date(2026, 3, 30)]


def test_the_date_of_today_is_still_to_come(lift: Resource) -> None:
    schedule = Schedule(resource=lift, frequency="daily", start_at=utc(2026, 1, 5, 5))
    found = preview(schedule, now=NOW, count=2)

    assert found.dates == [utc(2026, 3, 10, 5), utc(2026, 3, 11, 5)]
    assert found.past_start == utc(2026, 1, 5, 5)


def test_one_that_begins_later_begins_there(lift: Resource) -> None:
    schedule = Schedule(resource=lift, frequency="monthly", start_at=utc(2026, 5, 4))
    found = preview(schedule, now=NOW, count=2)

    assert found.dates == [utc(2026, 5, 4), utc(2026, 6, 4)]
    assert found.past_start is None


def test_dates_that_count_from_the_work_follow_the_last_completion(lift: Resource) -> None:
    schedule = weekly(resource=lift, basis="floating")
    done = utc(2026, 3, 5)
    record_log(
        resource=lift, schedule=schedule, performed_at=done, performed_by=None, by=None, now=done
    )

    assert days(schedule) == [date(2026, 3, 12), date(2026, 3, 19), date(2026, 3, 26)]
    late = utc(2026, 4, 1)
    assert days(schedule, late) == [date(2026, 4, 8), date(2026, 4, 15), date(2026, 4, 22)]


@time_machine.travel(NOW, tick=False)
def test_the_form_says_what_a_start_in_the_past_means(
    console: Client, lift: Resource, scope: Organization
) -> None:
    def shown(**values: str) -> str:
        data = form_data(resource=str(lift.pk), start_at_0="2026-01-05", **values)
        return console.post(f"{LIST}preview/", data).content.decode()

    page = shown(frequency="weekly")
    assert "Mon 16 Mar 2026, 08:00" in page
    assert "It begins on Mon 5 Jan 2026, 08:00" in page
    over = shown(until_0="2026-02-01", until_1="08:00")
    assert "No date lies ahead" in over
    assert "<li>" not in over
