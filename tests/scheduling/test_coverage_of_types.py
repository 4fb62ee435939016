"""Schedules for every resource of a type, the tree and its zones, retirement."""

import pytest

from accounts.models import Organization
from core.errors import Conflict, Invalid
from scheduling.models import DueState, Occurrence, Resource, Schedule
from scheduling.services import occurrences, resources, schedules
from tests import factories
from tests.scheduling.conftest import Check, assert_rebuilt, next_due, utc

pytestmark = pytest.mark.usefixtures("scope")
NOW = utc(2026, 1, 2)


def codes(schedule: Schedule) -> set[str]:
    """The resources that a schedule covers."""
    return set(schedule.due_states.values_list("resource__code", flat=True))


def test_a_schedule_for_a_type_covers_its_resources_without_the_exceptions(check: Check) -> None:
    lifts = factories.resource_type()
    first, second, third = (factories.resource(type=lifts, code=code) for code in "ABC")
    factories.resource(code="D")
    retired = factories.resource(type=lifts, code="E")
    resources.update_resource(retired, {"status": "retired"}, by=None, now=NOW)
    schedule = Schedule(title="Check", resource_type=lifts, start_at=utc(2026, 1, 5))
    schedules.create_schedule(schedule, by=None, now=NOW, exceptions=[third])
    assert codes(schedule) == {"A", "B"}
    run = check(utc(2026, 1, 5))
    assert (run.checked, run.due_today) == (2, 2)
    occurrences.complete(
        schedule_id=schedule.pk,
        resource_id=first.pk,
        performed_at=utc(2026, 1, 5),
        by=None,
        now=utc(2026, 1, 5),
    )
    assert next_due(schedule) == utc(2026, 1, 5)  # the second is still open
    with pytest.raises(Conflict, match="does not cover"):
        occurrences.skip(
            schedule_id=schedule.pk, resource_id=third.pk, reason="x", by=None, now=NOW
        )
    schedules.update_schedule(schedule, {}, by=None, now=NOW, exceptions=[second])
    assert codes(schedule) == {"A", "C"}
    assert_rebuilt(NOW)


def test_an_exception_closes_what_was_open_and_coming_back_goes_on(check: Check) -> None:
    lifts = factories.resource_type()
    lift = factories.resource(type=lifts)
    schedule = factories.schedule(resource_type=lifts, frequency="weekly", start_at=utc(2026, 1, 5))
    check(utc(2026, 1, 5))
    schedules.update_schedule(schedule, {}, by=None, now=utc(2026, 1, 6), exceptions=[lift])
    row = Occurrence.objects.get(schedule=schedule)
    assert (row.status, row.reason) == ("skipped", "The schedule no longer covers this resource.")
    schedules.update_schedule(schedule, {}, by=None, now=utc(2026, 1, 7), exceptions=[])
    assert next_due(schedule) == utc(2026, 1, 12)
    assert_rebuilt(utc(2026, 1, 7))


def test_only_schedules_for_a_type_have_exceptions() -> None:
    schedule = factories.schedule()
    with pytest.raises(Invalid, match="resource type"):
        schedules.update_schedule(schedule, {}, by=None, now=NOW, exceptions=[factories.resource()])


def test_a_new_resource_of_the_type_is_covered_and_one_that_leaves_is_not() -> None:
    lifts, doors = factories.resource_type(), factories.resource_type()
    schedule = factories.schedule(resource_type=lifts, start_at=utc(2026, 1, 5))
    assert (codes(schedule), next_due(schedule)) == (set(), None)
    lift = factories.resource(type=lifts, code="A", now=NOW)
    assert (codes(schedule), next_due(schedule)) == ({"A"}, utc(2026, 1, 5))
    resources.update_resource(lift, {"type": doors}, by=None, now=NOW)
    assert (codes(schedule), next_due(schedule)) == (set(), None)
    assert_rebuilt(NOW)


def test_retirement_ends_and_return_continues(check: Check) -> None:
    schedule = factories.schedule(frequency="weekly", start_at=utc(2026, 1, 5))
    assert schedule.resource is not None
    check(utc(2026, 1, 5))
    resources.update_resource(schedule.resource, {"status": "retired"}, by=None, now=NOW)
    assert next_due(schedule) is None
    assert check(utc(2026, 2, 1)).checked == 0
    assert Occurrence.objects.get(schedule=schedule).reason == "The resource was retired."
    resources.update_resource(schedule.resource, {"status": "operational"}, by=None, now=NOW)
    assert next_due(schedule) == utc(2026, 1, 12)
    assert_rebuilt(NOW)


def test_a_move_to_another_zone_moves_due_dates_below(check: Check) -> None:
    """The wall time stays: 08:00 in Berlin becomes 08:00 in New York."""
    tokyo = factories.resource(time_zone="Asia/Tokyo")
    york = factories.resource(time_zone="America/New_York")
    plant = factories.resource(parent=tokyo)
    pump = factories.resource(parent=plant)
    lifts = factories.resource_type()
    resources.update_resource(pump, {"type": lifts}, by=None, now=NOW)
    schedule = factories.schedule(resource_type=lifts, start_at=utc(2026, 1, 5, 7))
    assert next_due(schedule) == utc(2026, 1, 4, 23)
    resources.update_resource(plant, {"parent": york}, by=None, now=NOW)
    pump.refresh_from_db()
    assert (pump.effective_time_zone, pump.path.count("/")) == ("America/New_York", 3)
    assert next_due(schedule) == utc(2026, 1, 5, 13)
    assert_rebuilt(NOW)


def test_each_resource_has_its_own_wall_time() -> None:
    kind = factories.resource_type()
    factories.resource(type=kind, time_zone="Asia/Tokyo")
    factories.resource(type=kind)
    schedule = factories.schedule(resource_type=kind, start_at=utc(2026, 1, 5, 7))
    moments = DueState.objects.filter(schedule=schedule).values_list("next_due_at", flat=True)
    assert sorted(moments) == [utc(2026, 1, 4, 23), utc(2026, 1, 5, 7)]


def test_the_tree_has_no_circles_and_an_end() -> None:
    top = factories.resource()
    below = factories.resource(parent=top)
    with pytest.raises(Invalid, match="below itself"):
        resources.update_resource(top, {"parent": below}, by=None, now=NOW)
    deepest = below
    for _ in range(8):
        deepest = factories.resource(parent=deepest)
    with pytest.raises(Invalid, match="levels deep"):
        factories.resource(parent=deepest)


def test_a_branch_moves_only_where_it_fits() -> None:
    top = factories.resource()
    for _ in range(8):
        top = factories.resource(parent=top)
    branch = factories.resource()
    factories.resource(parent=branch)
    with pytest.raises(Invalid, match="levels deep"):
        resources.update_resource(branch, {"parent": top}, by=None, now=NOW)


def test_resources_with_a_history_are_kept(check: Check) -> None:
    schedule = factories.schedule(frequency="weekly", start_at=utc(2026, 1, 5))
    lift = schedule.resource
    assert lift is not None
    with pytest.raises(Conflict, match="schedules"):
        resources.delete_resource(lift, by=None, now=NOW)
    check(utc(2026, 1, 5))
    with pytest.raises(Conflict, match="retired"):
        resources.delete_resource(lift, by=None, now=NOW)
    unused = factories.resource()
    resources.delete_resource(unused, by=None, now=NOW)
    assert not Resource.objects.filter(pk=unused.pk).exists()


FIELDS = [
    {"key": "load", "label": "Load", "type": "number", "required": True, "unit": "kg"},
    {"key": "built", "label": "Built", "type": "date"},
    {"key": "outdoor", "label": "Outdoor", "type": "boolean"},
    {"key": "drive", "label": "Drive", "type": "choice", "choices": ["rope", "hydraulic"]},
    {"key": "maker", "label": "Maker", "type": "text"},
]


def test_attributes_are_kept_in_the_form_that_the_type_declares() -> None:
    kind = factories.resource_type(attribute_fields=FIELDS)
    given = {"load": "630", "built": "2019-05-01", "outdoor": "yes", "drive": "rope", "maker": ""}
    lift = factories.resource(type=kind, attributes=given)
    assert lift.attributes == {
        "load": 630,
        "built": "2019-05-01",
        "outdoor": True,
        "drive": "rope",
    }


@pytest.mark.parametrize(
    ("attributes", "words"),
    [
        ({}, "“Load” is required"),
        ({"load": "heavy"}, "is not a number"),
        ({"load": "Infinity"}, "is not a number"),
        ({"load": 1, "built": "May"}, "is not a date"),
        ({"load": 1, "outdoor": "perhaps"}, "is not a boolean"),
        ({"load": 1, "drive": "magic"}, "is not a choice"),
        ({"load": 1, "colour": "red"}, "is not an attribute"),
        ([], "pairs"),
    ],
)
def test_wrong_attributes_are_refused(attributes: object, words: str) -> None:
    kind = factories.resource_type(attribute_fields=FIELDS)
    with pytest.raises(Invalid, match=words):
        factories.resource(type=kind, attributes=attributes)


def test_the_organisation_is_in_berlin(scope: Organization) -> None:
    assert factories.resource().effective_time_zone == scope.time_zone == "Europe/Berlin"
