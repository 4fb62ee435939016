"""Recurring windows: local times over clock changes, edits of one, the following and all, conflicts."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from accounts.models import User
from core.errors import Conflict, Invalid
from scheduling.models import Resource, Window, WindowSeries
from scheduling.services import window_series, windows
from scheduling.services.window_series import Scope
from tests import factories

pytestmark = pytest.mark.usefixtures("scope")

BERLIN = ZoneInfo("Europe/Berlin")
NOW = factories.START


def berlin(month: int, day: int, hour: int, minute: int = 0, year: int = 2026) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=BERLIN).astimezone(UTC)


@pytest.fixture
def room() -> Resource:
    return factories.resource(name="Room")


@pytest.fixture
def _quarter(monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows are made for a quarter ahead: thirteen weeks show what a year of them would."""
    monkeypatch.setattr(window_series, "HORIZON", timedelta(days=91))


def series(
    room: Resource, rrule: str, start: datetime, end: datetime, **given: object
) -> list[Window]:
    template = Window(title="Deep clean", resource=room, starts_at=start, ends_at=end)
    return window_series.create_series(template, rrule, by=None, now=NOW, **given)  # type: ignore[arg-type]


def local_times(rows: list[Window]) -> set[tuple[str, str]]:
    return {
        (f"{row.starts_at.astimezone(BERLIN):%H:%M}", f"{row.ends_at.astimezone(BERLIN):%H:%M}")
        for row in rows
    }


@pytest.mark.parametrize(("month", "day"), [(3, 15), (10, 11)])
def test_local_times_stay_over_both_changes_of_the_clocks(
    room: Resource, month: int, day: int
) -> None:
    start = berlin(month, day, 1, 30)
    rows = series(room, "FREQ=WEEKLY;COUNT=5", start, berlin(month, day, 4, 30))
    assert local_times(rows) == {("01:30", "04:30")}
    lengths = {row.ends_at - row.starts_at for row in rows}
    assert lengths == {timedelta(hours=3), timedelta(hours=2 if month == 3 else 4)}


def test_where_the_clocks_jump_over_it_a_window_begins_after_the_jump(room: Resource) -> None:
    rows = series(room, "FREQ=DAILY;COUNT=4", berlin(3, 27, 2), berlin(3, 27, 3))
    assert local_times(rows) == {("02:00", "03:00"), ("03:00", "04:00")}
    assert {row.ends_at - row.starts_at for row in rows} == {timedelta(hours=1)}
    earlier = {"starts_at": berlin(3, 27, 1), "ends_at": berlin(3, 27, 2)}
    window_series.change_series(rows[0], earlier, Scope.ALL, by=None, now=NOW)
    # two o'clock is three o'clock on the day of the change
    assert local_times(list(Window.objects.all())) == {("01:00", "02:00"), ("01:00", "03:00")}
    back = {"starts_at": berlin(3, 27, 2), "ends_at": berlin(3, 27, 3)}
    first = Window.objects.earliest("starts_at")
    window_series.change_series(first, back, Scope.ALL, by=None, now=NOW)
    assert local_times(list(Window.objects.all())) == {("02:00", "03:00"), ("03:00", "04:00")}


def test_dates_are_made_up_to_the_horizon_and_then_as_time_goes_on(room: Resource) -> None:
    rows = series(room, "FREQ=MONTHLY", berlin(4, 1, 8), berlin(4, 1, 9))
    assert len(rows) == 12
    [made] = WindowSeries.objects.all()
    assert window_series.prolong(made, now=NOW) == []
    later = NOW + timedelta(days=62)
    assert len(window_series.prolong(made, now=later)) == 2
    assert window_series.prolong(made, now=later) == []
    assert Window.objects.count() == 14


def test_all_or_nothing_unless_the_colliding_are_left_out(room: Resource) -> None:
    factories.booking(berlin(4, 8, 8), berlin(4, 8, 12), resource=room)
    times = (berlin(4, 1, 8), berlin(4, 1, 9))
    with pytest.raises(Conflict) as refused:
        series(room, "FREQ=WEEKLY;COUNT=4", *times)
    assert len(refused.value.conflicts) == 1
    assert not Window.objects.exists()
    assert len(series(room, "FREQ=WEEKLY;COUNT=4", *times, leaves_out=True)) == 3


def test_a_series_that_overlaps_itself_is_refused(room: Resource) -> None:
    with pytest.raises(Conflict):
        series(room, "FREQ=DAILY;COUNT=3", berlin(4, 1, 8), berlin(4, 2, 9))


@pytest.mark.parametrize("rrule", ["FREQ=NEVER", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"])
def test_a_rule_that_cannot_be_is_refused(room: Resource, rrule: str) -> None:
    with pytest.raises(Invalid) as refused:
        series(room, rrule, berlin(4, 1, 8), berlin(4, 1, 9))
    assert "rrule" in refused.value.errors


def test_one_is_changed_apart_from_the_others(room: Resource) -> None:
    rows = series(room, "FREQ=WEEKLY;COUNT=4", berlin(4, 1, 8), berlin(4, 1, 9))
    later = {"starts_at": berlin(4, 8, 14), "ends_at": berlin(4, 8, 15)}
    window_series.change_series(rows[1], later, Scope.ONE, by=None, now=NOW)
    window_series.change_series(
        rows[0], {"starts_at": berlin(4, 1, 7)}, Scope.ALL, by=None, now=NOW
    )
    found = Window.objects.order_by("starts_at")
    starts = [f"{row.starts_at.astimezone(BERLIN):%H}" for row in found]
    assert starts == ["07", "14", "07", "07"]


@pytest.mark.usefixtures("_quarter")
def test_this_and_the_following_move_together_over_a_change_of_the_clocks(room: Resource) -> None:
    rows = series(room, "FREQ=WEEKLY", berlin(3, 4, 8), berlin(3, 4, 9))
    moved = {"starts_at": berlin(3, 19, 10), "ends_at": berlin(3, 19, 12)}  # from Wednesday on
    window_series.change_series(rows[2], moved, Scope.FOLLOWING, by=None, now=NOW)
    found = list(Window.objects.order_by("starts_at"))
    assert local_times(found[:2]) == {("08:00", "09:00")}
    assert local_times(found[2:]) == {("10:00", "12:00")}
    assert {row.starts_at.astimezone(BERLIN).weekday() for row in found[2:]} == {3}
    [made] = WindowSeries.objects.filter(ended_at=None)
    prolonged = window_series.prolong(made, now=NOW + timedelta(days=28))
    assert local_times(prolonged) == {("10:00", "12:00")}
    assert {row.starts_at.astimezone(BERLIN).weekday() for row in prolonged} == {3}


@pytest.mark.usefixtures("_quarter")
def test_cancelling_the_following_ends_the_series(room: Resource) -> None:
    rows = series(room, "FREQ=WEEKLY", berlin(4, 1, 8), berlin(4, 1, 9))
    windows.start_window(rows[0], by=None, now=NOW)
    window_series.cancel_series(rows[3], Scope.FOLLOWING, reason="Sold", by=None, now=NOW)
    assert Window.objects.standing().count() == 3
    [made] = WindowSeries.objects.all()
    assert window_series.prolong(made, now=NOW + timedelta(days=90)) == []


def test_a_shift_of_all_meets_no_window_of_its_own(room: Resource) -> None:
    """Each moves to where its neighbour stood."""
    rows = series(room, "FREQ=DAILY;COUNT=5", berlin(4, 1, 8), berlin(4, 1, 9))
    for day in (2, 1):
        shifted = {"starts_at": berlin(4, day, 8), "ends_at": berlin(4, day, 9)}
        row = Window.objects.get(pk=rows[0].pk)
        window_series.change_series(row, shifted, Scope.ALL, by=None, now=NOW)
    assert local_times(list(Window.objects.all())) == {("08:00", "09:00")}


@pytest.mark.usefixtures("_quarter")
def test_moving_a_series_to_another_weekday_moves_its_rule(room: Resource) -> None:
    rows = series(room, "FREQ=WEEKLY;BYDAY=MO", berlin(4, 6, 8), berlin(4, 6, 10))
    tuesday = {"starts_at": berlin(4, 14, 8), "ends_at": berlin(4, 14, 10)}
    window_series.change_series(rows[1], tuesday, Scope.FOLLOWING, by=None, now=NOW)
    [made] = WindowSeries.objects.all()
    assert made.rrule == "FREQ=WEEKLY;BYDAY=TU"
    later = window_series.prolong(made, now=NOW + timedelta(days=21))
    assert {row.starts_at.astimezone(BERLIN).weekday() for row in later} == {1}
    starts = list(Window.objects.order_by("starts_at").values_list("starts_at", flat=True))
    gaps = {(after - before).days for before, after in pairwise(starts[1:])}
    assert gaps <= {6, 7}
    assert len(starts) == len(set(starts))


def test_a_move_that_no_rule_can_say_is_refused_whole(room: Resource) -> None:
    rows = series(room, "FREQ=MONTHLY;BYDAY=1MO", berlin(4, 6, 8), berlin(4, 6, 10))
    tuesday = {"starts_at": berlin(4, 7, 8), "ends_at": berlin(4, 7, 10)}
    with pytest.raises(Invalid, match="Move only this window"):
        window_series.change_series(rows[0], tuesday, Scope.ALL, by=None, now=NOW)
    rows[0].refresh_from_db()
    assert rows[0].starts_at == berlin(4, 6, 8)


def test_a_series_of_drafts_is_scheduled_at_once(room: Resource, admin: User) -> None:
    start, end = berlin(4, 6, 8), berlin(4, 6, 10)
    template = Window(title="Clean", resource=room, starts_at=start, ends_at=end, status="draft")
    rows = window_series.create_series(template, "FREQ=WEEKLY;COUNT=3", by=None, now=NOW)
    done = window_series.approve_series(rows[1], Scope.FOLLOWING, by=admin, now=NOW)
    assert [row.status for row in done] == ["scheduled", "scheduled"]
    assert Window.objects.filter(status="draft").count() == 1
