"""Days, times and distances in words."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from core.rules import moments

NOW = datetime(
    2026, 3, 4, 22, 30, tzinfo=UTC
)  # half past seven in the morning of the fifth in Tokyo


def test_a_moment_is_shown_on_the_readers_clock() -> None:
    assert moments.day_and_time(NOW, "UTC") == "Wed 4 Mar 2026, 22:30"
    assert moments.day_and_time(NOW, ZoneInfo("Asia/Tokyo")) == "Thu 5 Mar 2026, 07:30"
    assert moments.day_and_time(None, "UTC") == "–"


@pytest.mark.parametrize(
    ("hours", "zone", "days", "exact", "late"),
    [
        (0, "UTC", "today", "just now", "overdue"),
        (1, "UTC", "today", "in 1 hour", "overdue"),
        (-2, "UTC", "today", "2 hours ago", "overdue"),
        (2, "UTC", "tomorrow", "tomorrow", "overdue"),
        (2, "Asia/Tokyo", "today", "in 2 hours", "overdue"),
        (-24, "UTC", "yesterday", "yesterday", "1 day overdue"),
        (72, "UTC", "in 3 days", "in 3 days", "overdue"),
        (-120, "UTC", "5 days ago", "5 days ago", "5 days overdue"),
    ],
)
def test_distances_are_days_of_the_readers_calendar(
    hours: int, zone: str, days: str, exact: str, late: str
) -> None:
    moment = NOW + timedelta(hours=hours)
    assert moments.away(moment, now=NOW, zone=zone) == days
    assert moments.relative(moment, now=NOW, zone=zone) == exact
    assert moments.overdue_by(moment, now=NOW, zone=zone) == late
