"""What the calendar's feed shows, whatever has happened to the dates."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Organization, User
from accounts.rights import Role
from scheduling.models import DueState, Resource, ResourceEntrustment, Schedule
from scheduling.services import calendar, due_check, explain, occurrences, schedules
from scheduling.services.calendar import Range
from tests import factories

Prepare = Callable[[Organization, datetime], Schedule]
MARCH = (datetime(2026, 2, 28, 23, tzinfo=UTC), datetime(2026, 4, 4, 22, tzinfo=UTC))


def wanted(start: datetime = MARCH[0], end: datetime = MARCH[1], **narrowed: Any) -> Range:
    narrowed.setdefault("layers", frozenset({calendar.DUE, calendar.COMPLETED}))
    return Range(start, end, **narrowed)


def events(user: User, now: datetime, range_: Range | None = None) -> list[dict[str, Any]]:
    feed = calendar.feed(user, range_ or wanted(), now=now, may_move=True)
    return sorted(feed.events, key=lambda event: (event["start"], event["title"]))


def days(found: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(f"{e['start']:%m-%d}", e["extendedProps"]["status"]) for e in found]


def _at(month: int, day: int, hour: int = 7) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=UTC)


def _checked(**values: Any) -> Prepare:
    """A schedule on which the check has run every day up to now."""

    def prepare(organization: Organization, now: datetime) -> Schedule:
        made = factories.schedule(now=_at(1, 1), **values)
        for ago in range(40, -1, -1):
            due_check.check_now(organization=organization, by=None, now=now - timedelta(days=ago))
        return made

    return prepare


def _then(first: Prepare, **more: Any) -> Prepare:
    """The same, and then its next date was completed at `done_at`, moved by `moved` or skipped."""

    def prepare(organization: Organization, now: datetime) -> Schedule:
        made = first(organization, now)
        state = DueState.objects.get(schedule=made)
        common: dict[str, Any] = {
            "schedule_id": made.pk,
            "resource_id": state.resource_id,
            "by": None,
            "now": now,
        }
        if "done_at" in more:
            occurrences.complete(performed_at=more["done_at"], **common)
        if "moved" in more:
            assert state.next_due_at is not None
            occurrences.move(
                occurrence_key=state.next_due_key,
                due_at=state.next_due_at + more["moved"],
                **common,
            )
        if "reason" in more:
            occurrences.skip(reason=more["reason"], **common)
        return made

    return prepare


MONTHLY = _checked(frequency="monthly", start_at=_at(1, 31))
WEEKLY = _checked(frequency="weekly", start_at=_at(2, 2))
COMING = _checked(frequency="monthly", start_at=_at(3, 20))
FLOATING = _checked(frequency="biweekly", basis="floating", start_at=_at(2, 20))
CASES: dict[str, Prepare] = {
    "overdue monthly on the 31st": MONTHLY,
    "weekly": WEEKLY,
    "every second day": _checked(
        frequency="custom", interval=2, interval_unit="day", start_at=_at(2, 27)
    ),
    "first Monday by rule": _checked(
        frequency="custom", rrule="FREQ=MONTHLY;BYDAY=1MO", start_at=_at(2, 2)
    ),
    "every 28 days by rule": _checked(
        frequency="custom", rrule="FREQ=DAILY;INTERVAL=28", start_at=_at(2, 2)
    ),
    "twice every fourth week by rule": _checked(
        frequency="custom", rrule="FREQ=WEEKLY;INTERVAL=4;BYDAY=MO,FR", start_at=_at(3, 2)
    ),
    "quarterly": _checked(frequency="quarterly", start_at=_at(3, 14)),
    "ended": _checked(frequency="weekly", start_at=_at(2, 2), until=_at(3, 12)),
    "left out": _checked(frequency="weekly", start_at=_at(2, 2), exdates=["2026-03-16"]),
    "stacked": _checked(frequency="weekly", backlog="stack", start_at=_at(2, 2)),
    "superseding": _checked(frequency="weekly", backlog="supersede", start_at=_at(2, 2)),
    "never checked": lambda organization, now: factories.schedule(start_at=_at(2, 10)),
    "monthly, done": _then(MONTHLY, done_at=_at(3, 3)),
    "weekly, skipped": _then(WEEKLY, reason="Closed"),
    "coming one moved inside the range": _then(COMING, moved=timedelta(days=3)),
    "open one moved": _then(MONTHLY, moved=timedelta(days=36)),
    "floating, open": FLOATING,
    "floating, done late": _then(FLOATING, done_at=_at(3, 3)),
    "floating, done early": _then(
        _checked(frequency="biweekly", basis="floating", start_at=_at(3, 20)), done_at=_at(3, 2)
    ),
}


@pytest.mark.parametrize("prepare", CASES.values(), ids=CASES.keys())
def test_the_feed_shows_exactly_the_dates_that_the_engine_answers(
    scope: Organization, admin: User, now: datetime, prepare: Prepare
) -> None:
    schedule = prepare(scope, now)
    start, end = MARCH

    found = [(e["extendedProps"]["occurrence"], e["start"]) for e in events(admin, now)]

    answered = explain.forecast(schedule, start=start, end=end, now=now, limit=500)
    assert found == [(date["key"], date["due_at"]) for date in answered]
    assert found, "the case must show something"


def test_a_date_moved_out_of_the_range_leaves_its_place_empty(
    scope: Organization, admin: User, now: datetime
) -> None:
    _then(COMING, moved=timedelta(days=20))(scope, now)

    assert events(admin, now) == []


def test_status_and_colour_follow_what_happened(
    scope: Organization, admin: User, now: datetime
) -> None:
    _then(WEEKLY, done_at=_at(3, 3))(scope, now)

    found = events(admin, now, wanted(start=_at(2, 1, 0)))

    assert days(found) == [
        ("02-02", "completed"),
        ("02-09", "missed"),
        ("02-16", "missed"),
        ("02-23", "missed"),
        ("03-02", "missed"),
        ("03-09", "scheduled"),
        ("03-16", "scheduled"),
        ("03-23", "scheduled"),
        ("03-30", "scheduled"),
    ]
    assert [event["className"] for event in found[:2]] == ["due-completed", "due-missed"]
    assert [event["editable"] for event in found] == [False] * 5 + [True] * 4


def test_an_open_date_past_its_tolerance_is_overdue(
    scope: Organization, admin: User, now: datetime
) -> None:
    MONTHLY(scope, now)

    found = events(admin, now, wanted(start=_at(1, 1), end=_at(2, 20)))

    assert days(found) == [("01-31", "overdue")]


def test_times_carry_the_offset_of_the_resource(
    scope: Organization, admin: User, now: datetime
) -> None:
    factories.schedule(frequency="weekly", start_at=_at(3, 24))

    found = events(admin, now, wanted(start=_at(3, 20), end=_at(4, 3)))

    # the clocks go forward on 29 March: the wall time stays
    assert [event["start"].isoformat() for event in found] == [
        "2026-03-24T08:00:00+01:00",
        "2026-03-31T08:00:00+02:00",
    ]


def test_an_estimate_gives_the_date_an_end(scope: Organization, admin: User, now: datetime) -> None:
    factories.schedule(start_at=_at(3, 10), estimated_duration_minutes=90)

    (event,) = events(admin, now)

    assert event["end"] - event["start"] == timedelta(minutes=90)


def test_paused_and_deleted_schedules_have_nothing_to_come(
    scope: Organization, admin: User, now: datetime
) -> None:
    paused, deleted = (factories.schedule(start_at=_at(3, 10)) for _ in range(2))
    schedules.pause_schedule(paused, reason="Season", by=admin, now=now)
    schedules.delete_schedule(deleted, by=admin, now=now)

    assert events(admin, now) == []


def test_layers_are_asked_for_singly(scope: Organization, admin: User, now: datetime) -> None:
    _then(WEEKLY, done_at=_at(3, 3))(scope, now)

    due = events(admin, now, wanted(layers=frozenset({calendar.DUE})))
    past = events(admin, now, wanted(layers=frozenset({calendar.COMPLETED})))

    assert {status for _, status in days(due)} == {"scheduled"}
    assert {status for _, status in days(past)} == {"missed"}
    assert len(due) + len(past) == len(events(admin, now))


def test_filters_narrow_by_subtree_type_and_assignee(
    scope: Organization, admin: User, now: datetime
) -> None:
    house = factories.resource()
    cellar = factories.resource(parent=house)
    factories.schedule(title="Below", resource=cellar, start_at=_at(3, 10), assigned_to=admin)
    factories.schedule(title="Beside", start_at=_at(3, 11), maintenance_type="inspection")

    def titles(**narrowed: Any) -> list[str]:
        return [event["title"] for event in events(admin, now, wanted(**narrowed))]

    assert titles() == ["Below", "Beside"]
    assert titles(path=house.path) == ["Below"]
    assert titles(maintenance_type="inspection") == ["Beside"]
    assert titles(assignee=admin.pk) == ["Below"]
    assert titles(assignee="none") == ["Beside"]


def test_everybody_sees_their_own_dates_only(
    scope: Organization, user_with: Callable[[Role], User], now: datetime
) -> None:
    owner, technician, venue = (
        user_with(role) for role in (Role.REQUESTER, Role.TECHNICIAN, Role.VENUE_ADMIN)
    )
    house = factories.resource(owner=owner)
    room = factories.resource(parent=house)
    ResourceEntrustment.objects.create(user=venue, resource=house)
    factories.schedule(title="Owned", resource=house, start_at=_at(3, 10))
    factories.schedule(title="Below", resource=room, start_at=_at(3, 11), assigned_to=technician)
    factories.schedule(title="Elsewhere", start_at=_at(3, 12))

    seen = {
        user.role: [e["title"] for e in events(user, now)] for user in (owner, technician, venue)
    }

    assert seen == {
        Role.REQUESTER: ["Owned"],
        Role.TECHNICIAN: ["Below"],
        Role.VENUE_ADMIN: ["Owned", "Below"],
    }


def test_the_number_of_queries_does_not_grow(
    scope: Organization, admin: User, now: datetime
) -> None:
    def add(number: int) -> None:
        for _ in range(number):
            factories.schedule(frequency="weekly", start_at=_at(3, 3))
            factories.schedule(frequency="monthly", start_at=_at(3, 9))

    counts = []
    for number in (1, 12):
        add(number)
        due_check.check_now(organization=scope, by=None, now=now)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            found = calendar.feed(admin, wanted(), now=now, may_move=True)
        counts.append((len(queries), len(found.events)))

    # rows with dates, due states, their schedules, their resources, dates moved by hand
    assert counts == [(5, 6), (5, 78)]


def test_too_many_dates_are_cut_to_the_earliest(
    scope: Organization, admin: User, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calendar, "MOST_EVENTS", 3)
    factories.schedule(frequency="daily", start_at=_at(3, 10))

    feed = calendar.feed(admin, wanted(), now=now, may_move=True)

    assert feed.cut
    assert days(feed.events) == [
        ("03-10", "scheduled"),
        ("03-11", "scheduled"),
        ("03-12", "scheduled"),
    ]


def test_a_layer_of_a_higher_app_joins_in(
    scope: Organization, admin: User, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calendar, "_layers", {})
    assert not calendar.has_anything(admin)
    factories.resource()
    calendar.register_layer("extra", lambda *_: [{"start": now, "title": "Extra"}], Resource)

    assert "extra" in calendar.layer_names()
    found = events(admin, now, wanted(layers=frozenset({"extra"})))
    assert [event["title"] for event in found] == ["Extra"]
    assert calendar.has_anything(admin)
