"""Resources, schedules and people for the tests of the log."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image

import tests.flush  # noqa: F401
from accounts.models import Organization, User, WorkingCalendar
from accounts.rights import Role
from accounts.services import calendars
from core.models import Attachment
from core.services import attachments
from core.tenancy import tenant_scope
from scheduling.models import DueState, Resource, Schedule
from tests import api as api_client
from tests import factories
from tests.console import signed_in
from tests.threads import in_threads, shared_database
from worklogs.models import Log, PortalCode, WorkOrder
from worklogs.services import logs, portal

#: The console's pages of the log.
LIST = "/admin/worklogs/log/"
COMPLETE = "/admin/logs/complete/"
#: Wednesday 4 March 2026, 07:00 in Berlin.
NOW = datetime(2026, 3, 4, 6, tzinfo=UTC)


@pytest.fixture(autouse=True)
def upload_folder(tmp_path: Any, settings: Any) -> None:
    """Uploads of a test stay in its own folder."""
    settings.MEDIA_ROOT = tmp_path / "uploads"


@pytest.fixture
def technician(scope: Organization, user_with: Callable[[Role], User]) -> User:
    """Who does the work."""
    return user_with(Role.TECHNICIAN)


@pytest.fixture
def phone(technician: User) -> Client:
    """The technician's console."""
    return signed_in(technician)


@pytest.fixture
def planner(scope: Organization, user_with: Callable[[Role], User]) -> User:
    """Who plans the work."""
    return user_with(Role.MAINTENANCE_COORDINATOR)


@pytest.fixture
def desk(planner: User) -> Client:
    """The planner's console."""
    return signed_in(planner)


@pytest.fixture
def api(scope: Organization, admin: User) -> api_client.Client:
    """An administrator's program."""
    return api_client.Client(admin)


@pytest.fixture
def house(transactional_db: None, tmp_path: Path) -> Iterator[Organization]:
    """An organisation whose rows threads share, in scope."""
    organization = factories.organization()
    with tenant_scope(organization.pk), shared_database(tmp_path):
        yield organization


@pytest.fixture
def week(scope: Organization) -> WorkingCalendar:
    """Monday to Friday, eight to five, closed on the holidays of Berlin: 8 March is one, a Sunday."""
    calendar = calendars.create_usual(by=None, now=NOW)
    changes = {"country": "DE", "subdivision": "BE"}
    return calendars.change_calendar(calendar, changes, by=None, now=NOW)


@pytest.fixture
def always(week: WorkingCalendar) -> WorkingCalendar:
    """Round the clock, every day; the usual week is there as well."""
    made = WorkingCalendar(name="Always", is_round_the_clock=True)
    return calendars.create_calendar(made, [], by=None, now=NOW)


@pytest.fixture
def room(scope: Organization) -> Resource:
    """A hotel room."""
    return factories.resource(name="Room 101", kind="room")


@pytest.fixture
def schedule(scope: Organization) -> Schedule:
    """Monthly from 31 January 2026, 08:00 Berlin: 31 January, 28 February, 31 March."""
    return factories.schedule()


@pytest.fixture
def done(schedule: Schedule, now: datetime) -> Callable[..., Log]:
    """Record work on `schedule`'s resource, by the system, at `now` unless said otherwise."""

    def record(**values: Any) -> Log:
        asked = {
            "resource": schedule.resource,
            "schedule": schedule,
            "performed_at": now,
            "performed_by": None,
            "by": None,
            "now": now,
        }
        return logs.record_log(**{**asked, **values})

    return record


@pytest.fixture
def today(time_machine: Any) -> None:
    """It is `NOW`."""
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def morning(time_machine: Any) -> None:
    """It was `NOW` a moment ago: time goes on, so that rows come in the order in which they are made."""
    time_machine.move_to(NOW)


@pytest.fixture
def page(client: Client, today: None, admin: User) -> Client:
    """An administrator at the console."""
    sign_in(client, admin)
    return client


@pytest.fixture
def door(organization: Organization, scope: Organization) -> PortalCode:
    """The code on the door of a room of an organisation whose portal is open."""
    organization.portal_enabled = True
    organization.save()
    hall = factories.resource(name="First floor")
    return portal.new_code(factories.resource(name="Room 104", parent=hall), by=None, now=NOW)


@pytest.fixture
def anybody(today: None) -> Client:
    """A telephone on which nobody is signed in."""
    return Client()


def address(door: PortalCode) -> str:
    """What the label's QR code opens."""
    return f"/r/{door.code}/"


def form_of(page: Any) -> str:
    """The token in the form of a page to report by."""
    found = re.search(r'name="form" value="([^"]+)"', page.content.decode())
    assert found
    return found[1]


def text(response: Any) -> str:
    """The page that came."""
    assert response.status_code == 200, response.content[:2000]
    return str(response.content.decode())


def detail(log: Log) -> str:
    """The address of a log's page."""
    return reverse("admin:worklogs_log_change", args=[log.pk])


def next_due(schedule: Schedule) -> datetime | None:
    """What is stored as the next due date on the schedule's first resource."""
    state: DueState = DueState.objects.get(schedule=schedule)
    return state.next_due_at


def sign_in(client: Client, user: User) -> None:
    """A session of the console."""
    with tenant_scope(user.organization_id):
        client.force_login(user)


def photo(color: str = "red") -> bytes:
    """A small JPEG."""
    data = BytesIO()
    Image.new("RGB", (40, 30), color).save(data, "JPEG")
    return data.getvalue()


def upload(by: User | None, now: datetime, *, data: bytes | None = None) -> Attachment:
    """A photo that `by` uploaded for a log that does not exist yet."""
    file = SimpleUploadedFile("IMG_1.jpg", data or photo())
    return attachments.store(
        upload=file, name="IMG_1.jpg", target_type="log", target_id=None, by=by, now=now
    )


def waiting(now: datetime, **values: Any) -> WorkOrder:
    """An order that is to be done within a day and that nobody has."""
    values = {"due_at": now + timedelta(days=1), **values}
    return factories.work_order(now=now, status="scheduled", **values)


def race(
    house: Organization, racers: int, act: Callable[[int], Any]
) -> tuple[list[Any], list[Exception]]:
    """Results and exceptions of `act(0)` and so on, all at once, in the scope of the organisation."""

    def run(number: int) -> Any:
        with tenant_scope(house.pk):
            return act(number)

    return in_threads(racers, run)
