"""Only active people are told; what nobody hears of shows in the figures, and nobody who left is chosen."""

from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import Organization, User
from accounts.rights import Role
from core.errors import Invalid
from core.tenancy import tenant_scope
from reporting.services import dashboard
from scheduling.models import Schedule
from scheduling.services import resources, schedules
from tests import factories
from tests.api import Client as Api
from tests.scheduling.conftest import Check, utc

NOW = utc(2026, 3, 10)


@pytest.fixture
def left(scope: Organization) -> User:
    """Somebody whose access has ended."""
    return factories.user(scope, is_active=False)


def leaves(user: User) -> None:
    User.objects.filter(pk=user.pk).update(is_active=False)


@pytest.mark.parametrize("owned", [False, True])
def test_an_alert_that_reaches_nobody_is_counted(
    check: Check, admin: User, scope: Organization, owned: bool
) -> None:
    assignee, owner = factories.user(scope), factories.user(scope)
    lift = factories.resource(owner=owner if owned else None)
    factories.schedule(resource=lift, assigned_to=assignee, start_at=utc(2026, 3, 9))
    leaves(assignee)
    leaves(owner)
    run = check(NOW)
    assert (run.overdue, run.without_recipient) == (1, 1)
    assert len(dashboard.overview(admin, now=NOW).untold.items) == 1


@pytest.mark.parametrize("who", ["assignee", "owner"])
def test_one_of_the_two_is_enough(check: Check, admin: User, scope: Organization, who: str) -> None:
    assignee, owner = factories.user(scope), factories.user(scope)
    lift = factories.resource(owner=owner)
    factories.schedule(resource=lift, assigned_to=assignee, start_at=utc(2026, 3, 9))
    leaves(assignee if who == "owner" else owner)
    run = check(NOW)
    assert (run.overdue, run.without_recipient) == (1, 0)
    assert dashboard.overview(admin, now=NOW).untold.items == []


def test_nobody_who_left_is_chosen(left: User) -> None:
    with pytest.raises(Invalid, match="has ended") as refusal:
        factories.schedule(assigned_to=left)
    assert list(refusal.value.errors) == ["assigned_to"]
    with pytest.raises(Invalid, match="has ended") as refusal:
        factories.resource(owner=left)
    assert list(refusal.value.errors) == ["owner"]


def test_what_somebody_who_left_looked_after_can_still_be_edited(scope: Organization) -> None:
    person = factories.user(scope)
    lift = factories.resource(owner=person)
    schedule = factories.schedule(resource=lift, assigned_to=person)
    leaves(person)
    schedule, lift = Schedule.objects.get(pk=schedule.pk), type(lift).objects.get(pk=lift.pk)
    schedules.update_schedule(schedule, {"title": "New"}, by=None, now=NOW)
    resources.update_resource(lift, {"name": "New"}, by=None, now=NOW)
    assert (schedule.assigned_to_id, lift.owner_id) == (person.pk, person.pk)


def test_the_doors_refuse_with_the_field(admin: User, left: User) -> None:
    api = Api(admin)
    schedule, lift = factories.schedule(), factories.resource()
    for address, field in (
        (f"schedules/{schedule.pk}", "assigned_to"),
        (f"resources/{lift.pk}", "owner"),
    ):
        answer = api.patch(address, {field: str(left.pk)})
        assert (answer.status_code, list(answer.json())) == (400, [field])


@pytest.mark.parametrize(("model", "field"), [("schedule", "assigned_to"), ("resource", "owner")])
def test_the_console_offers_active_people_only(
    admin: User, left: User, user_with: Callable[[Role], User], model: str, field: str
) -> None:
    there = user_with(Role.TECHNICIAN)
    console = Client()
    with tenant_scope(admin.organization_id):
        console.force_login(admin)
    asked = {"app_label": "scheduling", "model_name": model, "field_name": field}
    offered = {row["id"] for row in console.get("/admin/autocomplete/", asked).json()["results"]}
    assert str(there.pk) in offered
    assert str(left.pk) not in offered
