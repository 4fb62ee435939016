"""Definitions that cannot work are refused with the field to mend."""

import re
from datetime import date
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from core.errors import Invalid
from scheduling.models import Schedule
from scheduling.services import schedules
from scheduling.services.explain import rule_text
from scheduling.services.wording import preview
from tests import factories
from tests.scheduling.conftest import next_day, utc

pytestmark = pytest.mark.usefixtures("scope")


@pytest.mark.parametrize(
    ("values", "field", "words"),
    [
        ({"frequency": "custom", "rrule": "FREQ=MINUTELY"}, "rrule", "too frequent"),
        ({"frequency": "custom", "rrule": "nonsense"}, "rrule", "NAME=VALUE"),
        (
            {"frequency": "custom", "rrule": "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"},
            "rrule",
            "never",
        ),
        ({"frequency": "monthly", "rrule": "FREQ=DAILY"}, "frequency", "custom"),
        ({"frequency": "custom", "interval_unit": ""}, "rrule", "every 10 days"),
        ({"interval": 0}, "interval", "1"),
        ({"until": utc(2025, 1, 1)}, "until", "earlier|before"),
        ({"frequency": "weekly", "lead_days": 7}, "lead_days", "shorter than the interval"),
        ({"frequency": "daily", "tolerance_days": 1}, "tolerance_days", "shorter"),
        ({"exdates": ["24.12.2026"]}, "exdates", "is not a date"),
        ({"exdates": [20261224]}, "exdates", "is not a date"),
        ({"exdates": ["2026-12-24T08:00+01:00"]}, "exdates", "offset"),
        ({"exdates": "2026-12-24"}, "exdates", "list"),
        ({"frequency": "daily", "exdates": ["2026-12-30T09:00"]}, "exdates", "no date on Wed 30"),
        ({"basis": "floating", "exdates": ["2026-12-30T09:00"]}, "exdates", "whole day"),
        ({"tolerance_days": 2, "tolerance_percent": 10}, "tolerance_percent", "Choose one"),
        ({"estimated_duration_minutes": 10**9}, "estimated_duration_minutes", "366 days at most"),
        ({"resource": None}, "resource", "Choose either"),
        ({"title": ""}, "title", "blank"),
        ({"frequency": "hourly"}, "frequency", "choice"),
    ],
)
def test_refused_with_the_field(values: dict[str, Any], field: str, words: str) -> None:
    with pytest.raises(Invalid) as refusal:
        factories.schedule(**values)
    assert field in refusal.value.errors
    assert re.search(words, " ".join(refusal.value.errors[field])), refusal.value.errors


def test_an_hourly_rule_and_dates_left_out_work() -> None:
    schedule = factories.schedule(
        frequency="custom",
        rrule="FREQ=HOURLY;INTERVAL=6",
        exdates=["2026-01-31", "2026-02-01T02:00"],
        start_at=utc(2026, 1, 31, 7),
    )
    assert schedule.next_due_at == utc(2026, 2, 1, 7)


@pytest.mark.parametrize("text", ["2026-02-01", "20260201"])
def test_a_day_left_out_is_left_out_in_either_form(text: str) -> None:
    start = utc(2026, 2, 1, 6)
    schedule = factories.schedule(start_at=start, frequency="daily", exdates=[text])
    assert next_day(schedule) == date(2026, 2, 2)
    assert rule_text(schedule).endswith("except on 1 February 2026")


def test_the_words_tell_the_time_of_one_that_is_left_out() -> None:
    values: dict[str, Any] = {"frequency": "daily", "start_at": utc(2026, 2, 1, 6)}
    schedule = factories.schedule(exdates=["2026-02-01T07:00"], **values)
    assert next_day(schedule) == date(2026, 2, 2)
    assert rule_text(schedule).endswith("except on 1 February 2026 at 07:00")


def test_an_end_in_utc_is_read_where_the_schedule_is_at_home() -> None:
    """RFC 5545, UNTIL: 3 February 23:30 UTC is 4 February 00:30 in Berlin."""
    start = utc(2026, 2, 1, 23, 30)
    values: dict[str, Any] = {"frequency": "custom", "start_at": start}
    schedule = factories.schedule(rrule="FREQ=DAILY;UNTIL=20260203T233000Z", **values)
    dates = [moment.day for moment in preview(schedule, now=start).dates]
    assert dates == [1, 2, 3]
    assert rule_text(schedule).endswith("until 4 February 2026")


def test_the_database_holds_one_tolerance_only() -> None:
    schedule = factories.schedule(tolerance_days=2)
    with pytest.raises(IntegrityError), transaction.atomic():
        Schedule.objects.filter(pk=schedule.pk).update(tolerance_percent=10)
    with pytest.raises(Invalid, match="Choose one"):
        schedules.update_schedule(schedule, {"tolerance_percent": 10}, by=None, now=utc(2026, 2, 1))


def test_a_resource_of_another_type_cannot_be_left_out() -> None:
    schedule = factories.schedule(resource_type=factories.resource_type())
    other = factories.resource(type=factories.resource_type())
    with pytest.raises(Invalid, match="not of the type") as refusal:
        schedules.update_schedule(schedule, {}, by=None, now=utc(2026, 2, 1), exceptions=[other])
    assert list(refusal.value.errors) == ["exceptions"]
