"""Windows that wait for approval, and the times that no door accepts."""

from datetime import timedelta

import pytest

from accounts.models import Organization
from accounts.rights import Role
from core.errors import Conflict, Invalid, NotAllowed
from scheduling import states
from scheduling.models import Resource, Window
from scheduling.services import windows
from tests import factories
from tests.console import signed_in
from tests.scheduling.conftest import utc
from tests.scheduling.test_api_schedules import UserWith

NOW = factories.START
EIGHT, NOON, FOUR = utc(2026, 4, 1, 8), utc(2026, 4, 1, 12), utc(2026, 4, 1, 16)


@pytest.fixture
def room(scope: Organization) -> Resource:
    return factories.resource(name="Room")


def _plan(room: Resource, by: object, **values: object) -> Window:
    window = Window(title="Paint", resource=room, starts_at=EIGHT, ends_at=NOON, **values)
    return windows.create_window(window, by=by, now=NOW)  # type: ignore[arg-type]


def test_where_approval_is_demanded_plans_wait(
    scope: Organization, room: Resource, user_with: UserWith
) -> None:
    Organization.objects.filter(pk=scope.pk).update(windows_need_approval=True)
    planner, chief = user_with(Role.MAINTENANCE_COORDINATOR), user_with(Role.VENUE_ADMIN)
    planner.organization.refresh_from_db()
    planned = _plan(room, planner)
    assert (planned.status, planned.blocks.count()) == (states.DRAFT, 0)
    with pytest.raises(NotAllowed):
        windows.approve_window(planned, by=planner, now=NOW)
    windows.approve_window(planned, by=chief, now=NOW)
    assert (planned.status, planned.approved_by) == (states.SCHEDULED, chief)
    with pytest.raises(NotAllowed, match="approved"):
        windows.update_window(planned, {"ends_at": FOUR}, by=planner, now=NOW)
    windows.update_window(planned, {"title": "Paint the door"}, by=planner, now=NOW)
    windows.start_window(planned, by=planner, now=EIGHT)
    windows.extend_window(planned, ends_at=FOUR, by=planner, now=NOON)


def test_emergencies_and_those_who_approve_do_not_wait(
    scope: Organization, room: Resource, user_with: UserWith
) -> None:
    Organization.objects.filter(pk=scope.pk).update(windows_need_approval=True)
    planner, chief = user_with(Role.MAINTENANCE_COORDINATOR), user_with(Role.VENUE_ADMIN)
    assert _plan(room, chief).status == states.SCHEDULED
    leak = _plan(room, planner, kind=Window.Kind.EMERGENCY, override_reason="Water")
    assert leak.status == states.SCHEDULED


def test_without_the_demand_a_planner_schedules_an_own_draft(
    room: Resource, user_with: UserWith
) -> None:
    planner = user_with(Role.MAINTENANCE_COORDINATOR)
    draft = _plan(room, planner, status=states.DRAFT)
    assert windows.approve_window(draft, by=planner, now=NOW).status == states.SCHEDULED


def test_a_draft_whose_start_has_passed_is_moved_first(room: Resource, user_with: UserWith) -> None:
    chief = user_with(Role.ADMIN)
    draft = _plan(room, chief, status=states.DRAFT)
    Window.objects.filter(pk=draft.pk).update(created_at=NOW)
    with pytest.raises(Invalid, match="passed"):
        windows.approve_window(draft, by=chief, now=NOON)


def test_drafts_are_deleted_and_what_was_scheduled_is_cancelled(room: Resource) -> None:
    windows.delete_draft(_plan(room, None, status=states.DRAFT), by=None, now=NOW)
    assert not Window.objects.exists()
    with pytest.raises(Conflict, match="Cancel"):
        windows.delete_draft(_plan(room, None), by=None, now=NOW)


def test_times_that_have_passed_are_refused_unless_meant(room: Resource) -> None:
    window = _plan(room, None)
    past = {"starts_at": NOW - timedelta(days=1)}
    with pytest.raises(Invalid, match="back-dated"):
        windows.update_window(window, past, by=None, now=NOW)
    windows.update_window(window, past, by=None, now=NOW, is_back_dated=True)
    windows.start_window(window, by=None, now=EIGHT)
    with pytest.raises(Invalid, match="Complete"):
        windows.update_window(window, {"ends_at": utc(2026, 4, 1, 9)}, by=None, now=FOUR)
    with pytest.raises(Invalid, match="still to come"):
        windows.extend_window(window, ends_at=utc(2026, 4, 1, 13), by=None, now=FOUR)


def test_an_extension_is_asked_for_the_added_time_only(room: Resource) -> None:
    window = _plan(room, None)
    windows.start_window(window, by=None, now=EIGHT)
    # The booking system says so: a fact that was there when the window was extended.
    factories.booking(utc(2026, 4, 1, 9), utc(2026, 4, 1, 10), resource=room, source="pms")
    windows.extend_window(window, ends_at=FOUR, by=None, now=NOON)
    factories.booking(utc(2026, 4, 1, 17), utc(2026, 4, 1, 18), resource=room, source="pms")
    with pytest.raises(Conflict):
        windows.extend_window(window, ends_at=utc(2026, 4, 1, 20), by=None, now=NOON)


def test_completing_writes_no_log_by_itself(room: Resource) -> None:
    window = _plan(room, None)
    windows.start_window(window, by=None, now=EIGHT)
    windows.complete_window(window, by=None, now=NOON)
    assert not room.logs.exists()


def test_the_page_says_to_whom_it_waits(
    scope: Organization, room: Resource, user_with: UserWith
) -> None:
    Organization.objects.filter(pk=scope.pk).update(windows_need_approval=True)
    planner, chief = user_with(Role.MAINTENANCE_COORDINATOR), user_with(Role.ADMIN)
    planner.organization.refresh_from_db()
    page = f"/admin/scheduling/window/{_plan(room, planner).pk}/"
    for person, said in ((planner, "somebody who approves windows"), (chief, "your approval")):
        assert f"It waits for {said}." in signed_in(person).get(page).content.decode()
