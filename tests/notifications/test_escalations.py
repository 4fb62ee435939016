"""Whoever takes up the message of a missed deadline takes up its escalation, by whichever door."""

from collections.abc import Callable, Iterator
from datetime import datetime

import pytest
import time_machine
from django.test import Client as Browser

from accounts.models import Organization, User, WorkingCalendar
from accounts.rights import Role
from accounts.services import calendars
from core.models import AuditEntry
from core.tenancy import tenant_scope
from notifications.models import Notification
from notifications.services import following_up, message_links
from tests import factories
from tests.api import Client
from tests.console import signed_in
from tests.events import relay_all
from tests.worklogs.service_levels import MINUTE, NOW, at_work, policy
from worklogs.models import SlaEscalation
from worklogs.services import sla_sweep

pytestmark = pytest.mark.django_db
MISSED, RAISED = NOW + 101 * MINUTE, NOW + 131 * MINUTE


@pytest.fixture
def coordinator(organization: Organization) -> User:
    return factories.user(organization, role=Role.MAINTENANCE_COORDINATOR)


@pytest.fixture
def executive(organization: Organization) -> User:
    return factories.user(organization, role=Role.EXECUTIVE_ADMIN)


@pytest.fixture
def missed(
    organization: Organization, technician: User, coordinator: User, executive: User
) -> Iterator[None]:
    """A deadline was missed, and who plans was told; half an hour later who leads the organisation would be."""
    with tenant_scope(organization.pk):
        always = WorkingCalendar(name="Always", is_round_the_clock=True)
        calendars.create_calendar(always, [], by=None, now=NOW)
        policy(resolution_minutes=100, calendar=always, escalate_after_minutes=30)
        at_work(technician)
    sweep(MISSED)
    with time_machine.travel(RAISED, tick=False):
        yield


def sweep(now: datetime) -> None:
    sla_sweep.sweep(now=now)
    relay_all(now)


def told(user: User) -> Notification:
    """The person's message about the missed deadline."""
    with tenant_scope(user.organization_id):
        rows = Notification.objects.filter(recipient=user)
        found: Notification = rows.get(kind__in=["sla_breach", "sla_escalation"])
    return found


def waiting(organization: Organization) -> int:
    with tenant_scope(organization.pk):
        return SlaEscalation.objects.waiting().count()


def by_page(user: User, message: Notification) -> None:
    signed_in(user).post(f"/admin/messages/{message.pk}/acknowledge/")


def by_api(user: User, message: Notification) -> None:
    assert Client(user).post(f"notifications/{message.pk}/acknowledge").status_code == 200


def by_link(user: User, message: Notification) -> None:
    address = message_links.address(message.pk).removeprefix("http://localhost:8000")
    assert Browser().post(address, {"acknowledge": "1"}).status_code == 200


Door = Callable[[User, Notification], None]
doors = pytest.mark.parametrize("take_up", [by_page, by_api, by_link])


@doors
def test_whoever_leads_takes_it_up(
    organization: Organization, executive: User, missed: None, take_up: Door
) -> None:
    sweep(RAISED)
    assert waiting(organization) == 2
    take_up(executive, told(executive))
    assert waiting(organization) == 0
    with tenant_scope(organization.pk):
        for row in SlaEscalation.objects.all():
            assert (row.acknowledged_by_id, row.acknowledged_at) == (executive.pk, RAISED)
            assert row.next_at is None
            assert AuditEntry.objects.filter(object_id=row.pk, action="acknowledge").exists()


@doors
def test_whoever_plans_takes_it_up_before_those_further_up_are_told(
    organization: Organization, coordinator: User, executive: User, missed: None, take_up: Door
) -> None:
    take_up(coordinator, told(coordinator))
    assert waiting(organization) == 0
    sweep(RAISED)
    with tenant_scope(organization.pk):
        assert not Notification.objects.filter(recipient=executive).exists()


def test_who_may_not_take_up_escalations_answers_for_themselves_only(
    organization: Organization, technician: User, coordinator: User, missed: None
) -> None:
    by_page(technician, told(technician))
    assert told(technician).acknowledged_by_id == technician.pk
    assert waiting(organization) == 1
    by_api(coordinator, told(coordinator))
    assert waiting(organization) == 0


def page_of_service_levels(user: User, escalation: SlaEscalation) -> None:
    signed_in(user).post(f"/admin/sla/escalations/{escalation.pk}/acknowledge/")


def api_of_escalations(user: User, escalation: SlaEscalation) -> None:
    address = f"sla/escalations/{escalation.pk}/acknowledge"
    assert Client(user).post(address).status_code == 200


@pytest.mark.parametrize("level", [1, 2])
@pytest.mark.parametrize("take_up", [page_of_service_levels, api_of_escalations])
def test_what_is_taken_up_where_service_levels_are_looked_at_is_told_nobody_again(
    organization: Organization,
    coordinator: User,
    executive: User,
    missed: None,
    take_up: Callable[[User, SlaEscalation], None],
    level: int,
) -> None:
    sweep(RAISED)
    assert told(executive).follow_up_at is not None
    with tenant_scope(organization.pk):
        escalation = SlaEscalation.objects.get(level=level)
    take_up(coordinator, escalation)
    relay_all(RAISED)
    message = told(executive)
    assert (message.acknowledged_by_id, message.acknowledged_at) == (coordinator.pk, RAISED)
    assert waiting(organization) == 0
    assert following_up.follow_up(RAISED + 16 * MINUTE) == 0


def test_what_nobody_takes_up_is_followed_up(executive: User, missed: None) -> None:
    """So that the silence above says something."""
    sweep(RAISED)
    assert following_up.follow_up(RAISED + 16 * MINUTE) > 0


def test_what_somebody_took_up_on_the_page_of_service_levels_stays_theirs(
    organization: Organization, coordinator: User, executive: User, missed: None
) -> None:
    sweep(RAISED)
    with tenant_scope(organization.pk):
        for row in SlaEscalation.objects.all():
            signed_in(coordinator).post(f"/admin/sla/escalations/{row.pk}/acknowledge/")
    by_page(executive, told(executive))
    with tenant_scope(organization.pk):
        assert {row.acknowledged_by_id for row in SlaEscalation.objects.all()} == {coordinator.pk}
