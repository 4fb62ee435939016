"""Who may approve windows is told that one waits."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from accounts.models import Organization, User
from accounts.rights import Role
from core.tenancy import tenant_scope
from notifications.models import Notification
from scheduling.models import Resource, ResourceEntrustment
from scheduling.services import window_series, windows
from tests import factories
from tests.notifications.window_mails import act, paint

pytestmark = pytest.mark.django_db


@pytest.fixture
def planner(organization: Organization, user_with: Callable[[Role], User]) -> User:
    """Plans where planning needs approval."""
    Organization.objects.filter(pk=organization.pk).update(windows_need_approval=True)
    person = user_with(Role.MAINTENANCE_COORDINATOR)
    person.organization.refresh_from_db()
    return person


def told(organization: Organization) -> dict[str, str]:
    """Title by the address of whoever was told."""
    with tenant_scope(organization.pk):
        rows = Notification.objects.filter(kind="window_answer")
        return dict(rows.values_list("recipient__email", "title"))


def test_whoever_may_approve_is_told_and_the_planner_is_not(
    organization: Organization, room: Resource, start: datetime, now: datetime, admin: User,
    owner: User, planner: User, user_with: Callable[[Role], User],
) -> None:  # fmt: skip
    elsewhere = user_with(Role.VENUE_ADMIN)
    with tenant_scope(organization.pk):
        ResourceEntrustment.objects.create(user=owner, resource=room)
        ResourceEntrustment.objects.create(user=elsewhere, resource=factories.resource())
    act(organization, lambda: windows.create_window(paint(room, start), by=planner, now=now), now)
    said = "Waits for approval: Paint – Room 12 (12)"
    assert told(organization) == {admin.email: said, owner.email: said}


def test_a_series_is_told_once_and_a_draft_that_is_kept_is_not(
    organization: Organization, room: Resource, start: datetime, now: datetime, admin: User,
    planner: User,
) -> None:  # fmt: skip
    kept = paint(room, start + timedelta(days=1), status="draft")
    act(organization, lambda: windows.create_window(kept, by=planner, now=now), now)
    assert told(organization) == {}
    rule = "FREQ=WEEKLY;COUNT=3"
    weekly = paint(room, start)
    act(organization, lambda: window_series.create_series(weekly, rule, by=planner, now=now), now)
    with tenant_scope(organization.pk):
        assert Notification.objects.filter(recipient=admin).count() == 1
