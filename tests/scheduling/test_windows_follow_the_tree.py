"""A window takes everything below its resource, also what comes there later and what is moved there."""

from datetime import timedelta

import pytest

from accounts.models import Organization
from core.errors import Conflict
from scheduling.models import Booking, Resource, Window
from scheduling.services import resources
from tests import factories
from tests.scheduling.conftest import utc

NOW, NOON = factories.START, utc(2026, 4, 1, 12)
HOUR = timedelta(hours=1)


@pytest.fixture
def house(scope: Organization) -> Resource:
    """A house that is closed from noon to one."""
    house: Resource = factories.resource(code="HOUSE")
    factories.window(NOON, NOON + HOUR, resource=house)
    return house


def room(parent: Resource | None, code: str = "ROOM") -> Resource:
    made: Resource = factories.resource(code=code, parent=parent)
    return made


def move(resource: Resource, parent: Resource | None) -> None:
    fresh = Resource.objects.get(pk=resource.pk)
    resources.update_resource(fresh, {"parent": parent}, by=None, now=NOW)
    resource.refresh_from_db()


def assert_closed(resource: Resource) -> None:
    for use in (factories.booking, factories.window):
        with pytest.raises(Conflict):
            use(NOON, NOON + HOUR, resource=resource)
        use(NOON + HOUR, NOON + 2 * HOUR, resource=resource).delete()


def test_a_resource_added_below_is_taken(house: Resource) -> None:
    assert_closed(room(room(house), code="CUPBOARD"))


def test_a_resource_moved_below_is_taken_with_all_it_holds(house: Resource) -> None:
    moved = room(None)
    cupboard = room(moved, code="CUPBOARD")
    move(moved, house)
    for each in (moved, cupboard):
        assert_closed(Resource.objects.get(pk=each.pk))


def test_a_resource_that_leaves_is_free_but_for_its_own_windows(house: Resource) -> None:
    moved = room(house)
    cupboard = room(moved, code="CUPBOARD")
    own = factories.window(NOON + HOUR, NOON + 2 * HOUR, resource=moved)
    move(moved, None)
    assert own.blocks.count() == 2
    assert factories.booking(NOON, NOON + HOUR, resource=moved)
    assert factories.booking(NOON, NOON + HOUR, resource=Resource.objects.get(pk=cupboard.pk))
    assert Window.objects.get(resource=house).blocks.count() == 1


def test_windows_that_would_meet_keep_a_resource_where_it_is(house: Resource) -> None:
    moved = room(None)
    factories.window(NOON, NOON + HOUR, resource=moved)
    with pytest.raises(Conflict, match="Another window"):
        move(moved, house)


def test_bookings_go_along_and_are_shown_as_conflicts(house: Resource) -> None:
    moved = room(None)
    factories.booking(NOON, NOON + HOUR, resource=moved)
    move(moved, house)
    assert Booking.objects.get().resource.parent == house


def test_drafts_and_windows_that_are_over_take_nothing(scope: Organization) -> None:
    house = factories.resource(code="HOUSE")
    factories.window(NOON, NOON + HOUR, resource=house, status="draft")
    assert factories.booking(NOON, NOON + HOUR, resource=room(house))
