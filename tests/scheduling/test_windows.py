"""Windows and bookings through the services: what collides, what gives way, what the resource goes through."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.models import Organization, User
from core.errors import Conflict, Invalid
from core.models import AuditEntry, OutboxEvent
from core.states import TransitionNotAllowed
from scheduling.models import Booking, Resource, Window, WindowBlock
from scheduling.services import bookings, conflicts, windows
from tests import factories
from tests.scheduling.conftest import utc

pytestmark = pytest.mark.usefixtures("scope")

NOW = factories.START
EIGHT, NOON, FOUR = utc(2026, 4, 1, 8), utc(2026, 4, 1, 12), utc(2026, 4, 1, 16)


@pytest.fixture
def hotel(scope: Organization) -> dict[str, Resource]:
    """A hotel with a floor of two rooms, and another house."""
    house = factories.resource(name="Hotel")
    floor = factories.resource(name="Floor", parent=house)
    rooms = [factories.resource(name=f"Room {number}", parent=floor) for number in (1, 2)]
    other = factories.resource(name="Annex")
    return {"house": house, "floor": floor, "room": rooms[0], "next": rooms[1], "other": other}


@pytest.mark.parametrize("first", ["house", "floor", "room"])
@pytest.mark.parametrize("second", ["house", "floor", "room"])
def test_windows_collide_up_and_down_the_tree(
    hotel: dict[str, Resource], first: str, second: str
) -> None:
    window = factories.window(EIGHT, NOON, resource=hotel[first])
    with pytest.raises(Conflict) as refused:
        factories.window(utc(2026, 4, 1, 11), FOUR, resource=hotel[second])
    [named] = refused.value.conflicts
    assert (named["type"], named["id"], named["severity"]) == ("window", str(window.pk), "hard")


@pytest.mark.parametrize(("first", "second"), [("room", "next"), ("house", "other")])
def test_windows_side_by_side_do_not_collide(
    hotel: dict[str, Resource], first: str, second: str
) -> None:
    factories.window(EIGHT, NOON, resource=hotel[first])
    factories.window(EIGHT, NOON, resource=hotel[second])
    assert Window.objects.count() == 2


def test_touching_is_not_overlapping_but_buffers_count(hotel: dict[str, Resource]) -> None:
    factories.window(EIGHT, NOON, resource=hotel["room"])
    factories.window(NOON, FOUR, resource=hotel["room"])
    with pytest.raises(Conflict):
        factories.window(FOUR, utc(2026, 4, 1, 18), resource=hotel["room"], setup_minutes=1)


@pytest.mark.parametrize("booked", ["house", "floor", "room"])
def test_a_firm_booking_above_or_below_is_in_the_way(
    hotel: dict[str, Resource], booked: str
) -> None:
    booking = factories.booking(EIGHT, NOON, resource=hotel[booked], reference="B-1")
    with pytest.raises(Conflict) as refused:
        factories.window(utc(2026, 4, 1, 11), FOUR, resource=hotel["floor"])
    assert [row["id"] for row in refused.value.conflicts] == [str(booking.pk)]
    assert "B-1" in refused.value.message
    factories.window(NOON, FOUR, resource=hotel["floor"])


@pytest.mark.parametrize(("status", "admitted"), [("tentative", True), ("checked_in", False)])
def test_options_give_way_guests_do_not(
    hotel: dict[str, Resource], status: str, admitted: bool
) -> None:
    factories.booking(EIGHT, NOON, resource=hotel["room"], status=status)
    wanted = Window(title="Paint", resource=hotel["room"], starts_at=EIGHT, ends_at=FOUR)
    [found] = windows.collisions_of(wanted)
    assert found.is_hard is not admitted
    if admitted:
        windows.create_window(wanted, by=None, now=NOW)
    else:
        with pytest.raises(Conflict):
            windows.create_window(wanted, by=None, now=NOW)


def test_out_of_service_leaves_bookings_alone(hotel: dict[str, Resource]) -> None:
    factories.booking(EIGHT, NOON, resource=hotel["room"])
    window = factories.window(EIGHT, FOUR, resource=hotel["room"], effect="out_of_service")
    factories.booking(NOON, FOUR, resource=hotel["room"])
    assert Booking.objects.standing().count() == 2
    assert windows.collisions_of(window) == []


def test_a_booking_entered_here_is_refused_one_of_the_booking_system_is_a_fact(
    hotel: dict[str, Resource],
) -> None:
    window = factories.window(EIGHT, NOON, resource=hotel["floor"])
    with pytest.raises(Conflict) as refused:
        factories.booking(EIGHT, NOON, resource=hotel["room"])
    assert [row["id"] for row in refused.value.conflicts] == [str(window.pk)]
    factories.booking(EIGHT, NOON, resource=hotel["room"], source="pms", reference="77")
    assert [one.type for one in windows.collisions_of(window)] == ["booking"]


def test_an_emergency_says_why_and_keeps_whom_it_displaced(hotel: dict[str, Resource]) -> None:
    booking = factories.booking(EIGHT, NOON, resource=hotel["room"])
    factories.window(utc(2026, 4, 1, 10), FOUR, resource=hotel["next"])
    leak = {"kind": "emergency", "resource": hotel["house"]}
    with pytest.raises(Invalid) as refused:
        factories.window(EIGHT, FOUR, **leak)
    assert "override_reason" in refused.value.errors
    window = factories.window(EIGHT, FOUR, **leak, override_reason="Burst pipe")
    [override] = window.overrides.all()
    assert (override.booking_id, override.starts_at) == (booking.pk, EIGHT)


def test_a_window_cannot_lie_in_the_past_unless_on_purpose(hotel: dict[str, Resource]) -> None:
    late = FOUR + timedelta(days=1)
    window = Window(title="Paint", resource=hotel["room"], starts_at=EIGHT, ends_at=NOON)
    with pytest.raises(Invalid, match="past"):
        windows.create_window(window, by=None, now=late)
    windows.create_window(window, by=None, now=late, is_back_dated=True)


@pytest.mark.parametrize(
    ("ends_at", "words"), [(EIGHT, "after the start"), (EIGHT + timedelta(days=367), "366 days")]
)
def test_impossible_times_are_refused(
    hotel: dict[str, Resource], ends_at: datetime, words: str
) -> None:
    with pytest.raises(Invalid, match=words):
        factories.window(EIGHT, ends_at, resource=hotel["room"])


def test_moving_and_extending_pass_the_same_check(hotel: dict[str, Resource]) -> None:
    window = factories.window(EIGHT, NOON, resource=hotel["room"])
    factories.window(FOUR, utc(2026, 4, 1, 20), resource=hotel["floor"])
    for act in (
        lambda: windows.update_window(window, {"ends_at": utc(2026, 4, 1, 17)}, by=None, now=NOW),
        lambda: windows.extend_window(window, ends_at=utc(2026, 4, 1, 17), by=None, now=NOW),
    ):
        with pytest.raises(Conflict):
            act()
    windows.extend_window(window, ends_at=FOUR, by=None, now=NOW)
    windows.update_window(window, {"resource": hotel["next"]}, by=None, now=NOW)
    assert Window.objects.get(pk=window.pk).sequence == 2
    assert list(window.blocks.values_list("resource", "blocked_to")) == [(hotel["next"].pk, FOUR)]


def test_a_draft_takes_nothing_until_it_is_approved(
    hotel: dict[str, Resource], admin: User
) -> None:
    draft = factories.window(EIGHT, NOON, resource=hotel["room"], status="draft")
    other = factories.window(EIGHT, NOON, resource=hotel["room"])
    with pytest.raises(Conflict):
        windows.approve_window(draft, by=admin, now=NOW)
    windows.cancel_window(other, reason="Not needed", by=admin, now=NOW)
    windows.approve_window(draft, by=admin, now=NOW)
    assert Window.objects.get(pk=draft.pk).approved_by == admin
    assert WindowBlock.objects.get().window == draft


def test_the_resource_is_under_maintenance_for_the_time_of_the_work(
    hotel: dict[str, Resource],
) -> None:
    window = factories.window(EIGHT, NOON, resource=hotel["room"])
    windows.start_window(window, by=None, now=EIGHT)
    assert Resource.objects.get(pk=hotel["room"].pk).status == "under_maintenance"
    windows.complete_window(window, by=None, now=utc(2026, 4, 1, 10))
    assert Resource.objects.get(pk=hotel["room"].pk).status == "operational"
    factories.window(utc(2026, 4, 1, 11), NOON, resource=hotel["room"])  # the rest is free again


def test_of_two_windows_at_work_the_last_restores_the_status(hotel: dict[str, Resource]) -> None:
    Resource.objects.filter(pk=hotel["room"].pk).update(status="degraded")
    first = factories.window(EIGHT, NOON, resource=hotel["room"])
    leak = factories.window(
        EIGHT, NOON, resource=hotel["room"], kind="emergency", override_reason="Leak"
    )
    for window in (first, leak):
        windows.start_window(window, by=None, now=EIGHT)
    statuses = []
    for window in (first, leak):
        windows.complete_window(window, by=None, now=NOON)
        statuses.append(Resource.objects.get(pk=hotel["room"].pk).status)
    assert statuses == ["under_maintenance", "degraded"]


def test_cancelling_wants_a_reason_and_frees_the_time(hotel: dict[str, Resource]) -> None:
    window = factories.window(EIGHT, NOON, resource=hotel["room"])
    with pytest.raises(Invalid):
        windows.cancel_window(window, reason=" ", by=None, now=NOW)
    windows.cancel_window(window, reason="Part is late", by=None, now=NOW)
    factories.booking(EIGHT, NOON, resource=hotel["room"])
    with pytest.raises(TransitionNotAllowed):
        windows.start_window(window, by=None, now=NOW)
    told = OutboxEvent.objects.filter(name__startswith="scheduling.window.").order_by("pk")
    assert [event.name for event in told] == [
        "scheduling.window.scheduled",
        "scheduling.window.cancelled",
    ]


def test_the_database_itself_refuses_an_overlap(hotel: dict[str, Resource]) -> None:
    first = factories.window(EIGHT, NOON, resource=hotel["room"])
    draft = factories.window(EIGHT, NOON, resource=hotel["room"], status="draft")
    row = {"window": draft, "resource": hotel["room"]}
    with pytest.raises(IntegrityError, match="no_overlap"), transaction.atomic():
        WindowBlock.objects.create(**row, blocked_from=NOON - timedelta(minutes=1), blocked_to=FOUR)
    block = WindowBlock.objects.create(**row, blocked_from=NOON, blocked_to=FOUR)
    with pytest.raises(IntegrityError, match="no_overlap"), transaction.atomic():
        WindowBlock.objects.filter(pk=block.pk).update(blocked_from=EIGHT)
    assert first.blocks.count() == 1


def test_what_the_booking_system_says_is_applied_once_and_in_order(
    hotel: dict[str, Resource],
) -> None:
    def said(at: datetime, **values: object) -> bool:
        row = {"resource": hotel["room"], "starts_at": EIGHT, "ends_at": NOON, **values}
        booking = Booking(source="pms", reference="77", **row)
        return bookings.upsert_booking(booking, source_at=at, by=None, now=NOW)[1]

    assert said(utc(2026, 3, 1))
    assert not said(utc(2026, 3, 1))
    assert said(utc(2026, 3, 3), ends_at=FOUR)
    assert not said(utc(2026, 3, 2), status="cancelled")
    assert Booking.objects.get().ends_at == FOUR
    assert said(utc(2026, 3, 4), status="cancelled")
    assert Booking.objects.get().status == "cancelled"


def test_contacts_stand_sealed_in_the_database_and_not_in_the_trail(
    hotel: dict[str, Resource],
) -> None:
    booking = factories.booking(
        EIGHT, NOON, resource=hotel["room"], contact_email="ada@example.org", contact_name="Ada"
    )
    assert Booking.objects.get().contact_email == "ada@example.org"
    with connection.cursor() as cursor:
        cursor.execute("SELECT contact_email, contact_name FROM scheduling_booking")
        assert "ada" not in str(cursor.fetchone()).lower()
    bookings.update_booking(booking, {"contact_email": "bob@example.org"}, by=None, now=NOW)
    trail = str(list(AuditEntry.objects.values_list("changes", flat=True)))
    assert "contact_email" in trail
    assert "example.org" not in trail


def test_contacts_outlive_a_new_secret_key_that_names_the_old_one(
    hotel: dict[str, Resource], settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    factories.booking(EIGHT, NOON, resource=hotel["room"], contact_name="Ada")
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another" * 9, [settings.SECRET_KEY]
    assert Booking.objects.get().contact_name == "Ada"
    settings.SECRET_KEY_FALLBACKS = []
    assert Booking.objects.get().contact_name == ""
    assert "SECRET_KEY_FALLBACKS" in caplog.text


def test_a_check_asks_the_same_few_questions_however_many_rows(
    hotel: dict[str, Resource], django_assert_num_queries: object
) -> None:
    for number in range(12):
        day = timedelta(days=number)
        factories.booking(EIGHT + day, NOON + day, resource=hotel["room"])
    with django_assert_num_queries(4):  # type: ignore[operator]
        found = conflicts.against_window(
            hotel["house"], EIGHT, NOON + timedelta(days=20), effect="out_of_order"
        )
    assert len(found) == 12
