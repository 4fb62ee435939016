"""Work that begins before or after its time takes the resource from now on, and passes the same check."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from accounts.models import Organization, User
from core.errors import Conflict
from core.tenancy import tenant_scope
from scheduling.models import Resource, Window, WindowBlock
from scheduling.services import windows
from tests import factories
from tests.api import Client
from tests.console import signed_in
from tests.scheduling.conftest import utc

SEVEN, EIGHT, NOON = (utc(2026, 4, 1, hour) for hour in (7, 8, 12))


@pytest.fixture
def room(organization: Organization) -> Resource:
    with tenant_scope(organization.pk):
        return factories.resource(name="Room")


def test_far_ahead_it_moves_to_now_and_frees_its_planned_time(room: Resource, admin: User) -> None:
    api, day = Client(admin), timezone.now() + timedelta(days=20)
    body = {"resource": str(room.pk), "starts_at": day, "ends_at": day + timedelta(hours=4)}
    window = api.post("windows", {**body, "title": "Paint", "setup_minutes": 60}).json()

    begun = api.post(f"windows/{window['id']}/start").json()

    assert begun["status"] == "in_progress"
    start, end = (datetime.fromisoformat(begun[name]) for name in ("starts_at", "ends_at"))
    assert end - start == timedelta(hours=4)
    assert abs(timezone.now() - start) < timedelta(minutes=5)
    assert begun["blocked_from"] == begun["starts_at"]
    assert api.post("bookings", body).status_code == 201
    soon = {"starts_at": end - timedelta(hours=1), "ends_at": end}
    assert api.post("bookings", {**body, **soon}).status_code == 409


def test_whoever_is_in_the_way_now_stays(room: Resource, admin: User) -> None:
    now = timezone.now()
    with tenant_scope(admin.organization_id):
        hour = timedelta(hours=1)
        factories.booking(now - hour, now + hour, resource=room, reference="B-7")
        window = factories.window(now + 5 * hour, now + 6 * hour, resource=room)

    refused = Client(admin).post(f"windows/{window.pk}/start")
    page = signed_in(admin).post(f"/admin/scheduling/window/{window.pk}/start/", follow=True)

    assert (refused.status_code, len(refused.json()["conflicts"])) == (409, 1)
    assert "This collides with B-7" in page.content.decode()
    with tenant_scope(admin.organization_id):
        assert Window.objects.get().status == "scheduled"
        assert Resource.objects.get().status == "operational"


@pytest.mark.usefixtures("scope")
def test_a_little_early_its_end_stays(room: Resource) -> None:
    window = factories.window(EIGHT, NOON, resource=room, setup_minutes=30)
    windows.start_window(window, by=None, now=SEVEN)
    stored, block = Window.objects.get(), WindowBlock.objects.get()
    assert (stored.starts_at, stored.ends_at, stored.sequence) == (SEVEN, NOON, 1)
    assert (block.blocked_from, block.blocked_to) == (SEVEN, NOON)


@pytest.mark.usefixtures("scope")
def test_while_it_is_set_up_nothing_moves(room: Resource) -> None:
    window = factories.window(EIGHT, NOON, resource=room, setup_minutes=60)
    windows.start_window(window, by=None, now=SEVEN)
    assert (window.starts_at, window.sequence) == (EIGHT, 0)


@pytest.mark.usefixtures("scope")
def test_after_its_time_it_takes_its_length_from_now_on(room: Resource) -> None:
    window = factories.window(EIGHT, NOON, resource=room)
    windows.start_window(window, by=None, now=NOON)
    block = WindowBlock.objects.get()
    assert (block.blocked_from, block.blocked_to) == (NOON, NOON + timedelta(hours=4))


@pytest.mark.usefixtures("scope")
def test_work_under_way_is_shortened_whatever_lies_over_it(room: Resource) -> None:
    window = factories.window(EIGHT, NOON, resource=room)
    windows.start_window(window, by=None, now=EIGHT)
    stay = (NOON - timedelta(hours=1), NOON + timedelta(hours=9))
    factories.booking(*stay, resource=room, source="pms", reference="1")
    windows.update_window(window, {"ends_at": NOON - timedelta(minutes=30)}, by=None, now=EIGHT)
    with pytest.raises(Conflict):
        windows.extend_window(window, ends_at=NOON + timedelta(hours=1), by=None, now=EIGHT)
