"""Two people edit one row: what the first one changed stays when the second one, who saw it before, saves."""

from datetime import datetime

from accounts.models import Organization
from scheduling.models import DueState, Resource, Schedule
from scheduling.services import resources, schedules
from tests import factories


def test_renaming_a_resource_that_was_moved_meanwhile(scope: Organization, now: datetime) -> None:
    old, new = factories.resource(), factories.resource()
    lift = factories.resource(parent=old)
    door = factories.resource(parent=lift)
    seen_before = Resource.objects.select_related("parent").get(pk=lift.pk)
    resources.update_resource(Resource.objects.get(pk=lift.pk), {"parent": new}, by=None, now=now)
    resources.update_resource(seen_before, {"name": "Goods lift"}, by=None, now=now)
    lift.refresh_from_db()
    assert (lift.name, lift.parent) == ("Goods lift", new)
    assert lift.path == f"{new.path}{lift.pk.hex}/"
    assert Resource.objects.get(pk=door.pk).path.startswith(lift.path)


def test_renaming_a_schedule_that_got_another_resource_meanwhile(
    scope: Organization, now: datetime
) -> None:
    other = factories.resource()
    schedule = factories.schedule()
    seen_before = Schedule.objects.select_related("resource").get(pk=schedule.pk)
    schedules.update_schedule(
        Schedule.objects.get(pk=schedule.pk), {"resource": other}, by=None, now=now
    )
    schedules.update_schedule(seen_before, {"title": "Check"}, by=None, now=now)
    schedule.refresh_from_db()
    assert (schedule.title, schedule.resource) == ("Check", other)
    assert [state.resource for state in DueState.objects.filter(schedule=schedule)] == [other]
