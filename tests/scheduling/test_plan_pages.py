"""What a window or booking tells when it is opened in calendar or timeline."""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Organization, User
from accounts.rights import Role
from core.tenancy import tenant_scope
from scheduling.models import Booking, Window
from scheduling.services import windows
from tests import factories
from tests.console import signed_in

UserWith = Callable[[Role], User]


@pytest.fixture
def tomorrow() -> datetime:
    now = timezone.now().replace(hour=9, minute=0, second=0, microsecond=0)
    return now + timedelta(days=1)


@pytest.fixture
def window(organization: Organization, tomorrow: datetime) -> Window:
    with tenant_scope(organization.pk):
        return factories.window(
            tomorrow, tomorrow + timedelta(hours=2), title="Paint", setup_minutes=30
        )


def told(user: User, window: Window) -> str:
    answer = signed_in(user).get(f"/admin/plan/window/{window.pk}/")
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.parametrize(
    ("role", "offered", "hidden"),
    [
        (Role.ADMIN, {"Start work", "Cancel this window", "Change"}, {"Complete", "Schedule it"}),
        (Role.TECHNICIAN, {"Start work"}, {"Cancel this window", ">Change<"}),
        (Role.REQUESTER, set(), {"Start work", "Cancel this window"}),
    ],
)
def test_it_offers_what_state_and_rights_allow(
    window: Window,
    user_with: UserWith,
    organization: Organization,
    role: Role,
    offered: set[str],
    hidden: set[str],
) -> None:
    user = user_with(role)
    with tenant_scope(organization.pk):
        resource = window.resource
        resource.owner = user
        resource.save()

    text = told(user, window)

    assert all(word in text for word in {"Paint", *offered})
    assert not any(word in text for word in hidden)


def test_each_state_offers_its_own_next_step(
    window: Window, admin: User, organization: Organization, tomorrow: datetime
) -> None:
    with tenant_scope(organization.pk):
        draft = factories.window(
            tomorrow, tomorrow + timedelta(hours=2), title="Later", status="draft"
        )
        windows.start_window(window, by=admin, now=timezone.now())

    assert "Schedule it" in told(admin, draft)
    assert "Complete" in told(admin, window)
    with tenant_scope(organization.pk):
        windows.complete_window(window, by=admin, now=timezone.now())
    assert "Cancel this window" not in told(admin, window)


def test_it_names_what_is_in_the_way(
    admin: User, organization: Organization, tomorrow: datetime
) -> None:
    with tenant_scope(organization.pk):
        booking = factories.booking(tomorrow, tomorrow + timedelta(hours=2), reference="B-7")
        draft = factories.window(
            tomorrow, tomorrow + timedelta(hours=1), resource=booking.resource, status="draft"
        )

    assert "B-7" in told(admin, draft)


@pytest.mark.parametrize(
    ("role", "sees"),
    [(Role.ADMIN, True), (Role.MAINTENANCE_COORDINATOR, True), (Role.TECHNICIAN, False)],
)
def test_contacts_are_for_those_with_the_right(
    user_with: UserWith, organization: Organization, tomorrow: datetime, role: Role, sees: bool
) -> None:
    with tenant_scope(organization.pk):
        booking: Booking = factories.booking(
            tomorrow, tomorrow + timedelta(hours=2), contact_name="Ada Lovelace"
        )

    answer = signed_in(user_with(role)).get(f"/admin/plan/booking/{booking.pk}/")

    assert answer.status_code == 200
    assert ("Ada Lovelace" in answer.content.decode()) is sees


def test_without_the_right_to_see_bookings_there_is_none(
    user_with: UserWith, organization: Organization, tomorrow: datetime
) -> None:
    with tenant_scope(organization.pk):
        booking = factories.booking(tomorrow, tomorrow + timedelta(hours=2))
    client = signed_in(user_with(Role.REQUESTER))

    assert client.get(f"/admin/plan/booking/{booking.pk}/").status_code == 403
    assert 'value="bookings"' not in client.get("/admin/calendar/").content.decode()


def test_another_organisations_rows_are_not_found(
    admin: User, stranger: Organization, tomorrow: datetime
) -> None:
    with tenant_scope(stranger.pk):
        booking = factories.booking(tomorrow, tomorrow + timedelta(hours=2))
        window = factories.window(tomorrow, tomorrow + timedelta(hours=2))
    client = signed_in(admin)

    for address in (f"window/{window.pk}", f"booking/{booking.pk}", f"window/{uuid4()}"):
        assert client.get(f"/admin/plan/{address}/").status_code == 404


def test_the_questions_asked_do_not_depend_on_the_rows(
    admin: User, organization: Organization, tomorrow: datetime
) -> None:
    client = signed_in(admin)

    def questions(address: str) -> int:
        with CaptureQueriesContext(connection) as asked:
            assert client.get(f"/admin/{address}").status_code == 200
        return len(asked)

    with tenant_scope(organization.pk):
        hall = factories.resource()
        draft = factories.window(
            tomorrow, tomorrow + timedelta(days=9), resource=hall, status="draft"
        )
        factories.window(
            tomorrow + timedelta(hours=2),
            tomorrow + timedelta(hours=3),
            resource=factories.resource(parent=hall),
        )
        first = factories.booking(
            tomorrow, tomorrow + timedelta(hours=1), resource=factories.resource(parent=hall)
        )
    addresses = {
        f"plan/window/{draft.pk}/": 8,
        f"plan/booking/{first.pk}/": 3,
        "timeline/": 5,
        "calendar/": 5,
    }
    few = {address: questions(address) for address in addresses}
    with tenant_scope(organization.pk):
        for day in range(1, 6):
            start = tomorrow + timedelta(days=day)
            below = factories.resource(parent=hall)
            factories.booking(start, start + timedelta(hours=1), resource=below)
            factories.window(start + timedelta(hours=2), start + timedelta(hours=3), resource=below)

    assert {address: questions(address) for address in addresses} == few
    assert {address: few[address] for address in few if few[address] > addresses[address]} == {}
