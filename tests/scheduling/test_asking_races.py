"""Guests who answer at the same moment: of those who want one room one gets it, and the window is scheduled once."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

import tests.flush  # noqa: F401
from accounts.models import Organization
from core.errors import Conflict
from core.models import OutboxEvent
from core.tenancy import tenant_scope
from scheduling.models import Booking, Inquiry, InquiryAnswer, Resource, Window, WindowNotice
from scheduling.services import alternatives, asking, conflicts, window_notices, windows
from tests import factories
from tests.scheduling.conftest import utc
from tests.threads import in_threads, shared_database

GUESTS = 6
NOW, DAY = factories.START, utc(2026, 4, 1)
HOUR = timedelta(hours=1)


@contextmanager
def floor(tmp_path: Path, *, spare: int) -> Iterator[Window]:
    """A floor with a booked room for each guest and `spare` free ones; a draft needs the booked ones."""
    kind = factories.resource_type(name="Room")
    wing = factories.resource(code="WING")
    for number in range(GUESTS):
        room = factories.resource(code=f"B{number}", type=kind, parent=wing)
        factories.booking(DAY, DAY + HOUR, resource=room, contact_email="guest@example.org")
    for number in range(spare):
        factories.resource(code=f"FREE{number}", type=kind)
    draft = Window(title="Paint", resource=wing, starts_at=DAY, ends_at=DAY + HOUR, status="draft")
    windows.create_window(draft, by=None, now=NOW)
    asking.ask(draft, by=None, now=NOW)
    with shared_database(tmp_path):
        yield draft


@pytest.fixture
def house(transactional_db: None) -> Iterator[Organization]:
    organization = factories.organization()
    with tenant_scope(organization.pk):
        yield organization


def accept(house: Organization, number: int, target: Resource) -> InquiryAnswer:
    with tenant_scope(house.pk):
        inquiry = Inquiry.objects.select_related("window__resource", "booking__resource").get(
            booking__resource__code=f"B{number}"
        )
        booking = inquiry.booking
        wanted = alternatives.Alternative(target, booking.starts_at, booking.ends_at)
        return asking.answer(inquiry, "moved", alternative=wanted.key, now=NOW)


def in_one_room(target: Resource) -> int:
    return int(Booking.objects.standing().filter(resource=target).count())


def test_of_guests_who_want_one_room_one_gets_it(house: Organization, tmp_path: Path) -> None:
    with floor(tmp_path, spare=2) as draft:
        target, other = Resource.objects.filter(code__startswith="FREE").order_by("code")
        taken, errors = in_threads(GUESTS, lambda number: accept(house, number, target))
        assert (len(taken), in_one_room(target)) == (1, 1)
        assert {error.code for error in errors if isinstance(error, Conflict)} == {"taken"}
        assert len(errors) == GUESTS - 1
        waiting = Booking.objects.filter(resource__code__startswith="B")[0]
        assert [one.resource for one in alternatives.elsewhere(waiting, draft)] == [other]


@pytest.mark.postgres
def test_without_the_lock_several_get_the_room(
    house: Organization, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conflicts, "lock", lambda *_: None)
    with floor(tmp_path, spare=1):
        target = Resource.objects.get(code="FREE0")
        in_threads(GUESTS, lambda number: accept(house, number, target))
        assert in_one_room(target) > 1


def test_last_answers_at_once_schedule_the_window_once(house: Organization, tmp_path: Path) -> None:
    def give_up(number: int) -> InquiryAnswer:
        with tenant_scope(house.pk):
            inquiry = Inquiry.objects.select_related("booking").get(
                booking__resource__code=f"B{number}"
            )
            return asking.answer(inquiry, "released", now=NOW)

    with floor(tmp_path, spare=0) as draft:
        given, errors = in_threads(GUESTS, give_up)
        assert (len(given), errors) == (GUESTS, [])
        assert Window.objects.get(pk=draft.pk).status == "scheduled"
        assert OutboxEvent.objects.filter(name="scheduling.window.scheduled").count() == 1


def test_one_guest_who_answers_twice_at_once_answers_once(
    house: Organization, tmp_path: Path
) -> None:
    with floor(tmp_path, spare=GUESTS):
        rooms = list(Resource.objects.filter(code__startswith="FREE"))
        given, errors = in_threads(GUESTS, lambda number: accept(house, 0, rooms[number]))
        assert (len(given), len(errors)) == (1, GUESTS - 1)
        assert InquiryAnswer.objects.count() == 1


def test_workers_that_look_at_once_tell_a_moment_once(house: Organization, tmp_path: Path) -> None:
    with floor(tmp_path, spare=0) as draft:
        late = draft.starts_at - timedelta(days=1)
        told, errors = in_threads(8, lambda _: window_notices.tell_moments(late)["unanswered"])
        assert (sum(told), errors) == (1, [])
        assert WindowNotice.objects.count() == 1
