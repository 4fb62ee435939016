"""Importing bookings: recognised by system and reference, older news never wins, contacts stay sealed."""

from datetime import UTC, datetime

import pytest
from django.core.management import CommandError
from django.db import connection

from accounts.models import User
from core.models import AuditEntry, OutboxEvent
from integrations.models import ImportRun
from scheduling.models import Booking, Resource
from tests import factories
from tests.integrations.conftest import Import

FILE = """Confirmation number;Room;Arrival;Departure;Status;Guest;E-mail;Last updated
A-1;{room};2026-03-28 15:00;2026-03-29 11:00;Booked;Ann Alder;ann@x.example;2026-03-01T08:00:00Z
A-2;{room};2026-04-01 15:00;2026-04-02 11:00;Canceled;Bea;bea@x.example;2026-03-01T08:00:00Z
"""


@pytest.fixture
def room(inside: None) -> Resource:
    return factories.resource(code="101", name="Room 101")


def text(**changes: str) -> str:
    found = FILE.format(room="101")
    for old, new in changes.items():
        found = found.replace(old, new)
    return found


def test_local_times_words_and_contacts(import_text: Import, room: Resource) -> None:
    said = import_text("bookings", text(), source="Opera")

    assert "2 created, 0 changed, 0 unchanged, 0 rejected" in said.out
    booking = Booking.objects.get(reference="A-1")
    # Berlin goes over to summer time in that night
    assert booking.starts_at == datetime(2026, 3, 28, 14, tzinfo=UTC)
    assert booking.ends_at == datetime(2026, 3, 29, 9, tzinfo=UTC)
    assert (booking.source, booking.resource, booking.status) == ("Opera", room, "confirmed")
    assert (booking.contact_name, booking.contact_email) == ("Ann Alder", "ann@x.example")
    assert Booking.objects.get(reference="A-2").status == "cancelled"
    with connection.cursor() as cursor:
        cursor.execute("SELECT contact_name, contact_email FROM scheduling_booking")
        stored = repr(cursor.fetchall())
    assert "Ann" not in stored
    assert "x.example" not in stored


def test_a_second_run_changes_nothing(import_text: Import, room: Resource, admin: User) -> None:
    import_text("bookings", text(), source="Opera", by=admin.email)
    before = list(Booking.objects.order_by("pk").values())

    again = import_text("bookings", text(), source="Opera", by=admin.email)

    assert "0 created, 0 changed, 2 unchanged, 0 rejected" in again.out
    assert list(Booking.objects.order_by("pk").values()) == before
    entries = AuditEntry.objects.filter(action="import")
    assert [entry.changes["created"] for entry in entries.order_by("pk")] == [[None, 2], [None, 0]]
    assert not AuditEntry.objects.filter(object_type="scheduling.booking").exists()


def test_older_news_never_wins(import_text: Import, room: Resource) -> None:
    import_text("bookings", text(), source="Opera")
    newer = {"2026-03-01T08:00:00Z": "2026-03-02T08:00:00Z"}
    cancelled = import_text("bookings", text(Booked="Cancelled", **newer), source="Opera")
    assert "1 changed, 1 unchanged" in cancelled.out

    late = import_text("bookings", text(), source="Opera")

    assert "0 changed, 2 unchanged" in late.out
    assert Booking.objects.get(reference="A-1").status == "cancelled"
    other = import_text("bookings", text(), source="Other system")
    assert "2 created" in other.out


def test_a_dry_run_writes_nothing(import_text: Import, room: Resource) -> None:
    said = import_text("bookings", text(), dry_run=True)

    assert "nothing written: 2 created" in said.out
    assert not Booking.objects.exists()


def test_a_double_booking_is_a_fact_and_is_kept(import_text: Import, room: Resource) -> None:
    rows = "id,room,start,minutes\n1,101,2026-03-04 10:00,90\n2,101,2026-03-04 11:00,30\n"

    said = import_text("bookings", rows, map=["minutes=duration_minutes"])

    assert "2 created" in said.out
    assert set(Booking.objects.values_list("source", flat=True)) == {"import"}
    ends = Booking.objects.order_by("reference").values_list("ends_at", flat=True)
    assert list(ends) == [datetime(2026, 3, 4, 10, 30, tzinfo=UTC)] * 2


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("1,102,2026-03-04 10:00,2026-03-04 11:00,,", "There is no resource “102”."),
        (",101,2026-03-04 10:00,2026-03-04 11:00,,", "Reference: It is missing."),
        ("1,101,2026-03-04 10:00,,,", "End: It is missing"),
        ("1,101,2026-03-04 10:00,2026-03-04 10:00,,", "The end must be after the start."),
        ("1,101,2026-03-04 10:00,2026-03-04 11:00,0.5,", "is not a whole number"),
        ("1,101,2026-03-04 10:00,2026-03-04 11:00,-1,", "greater than or equal to 0"),
        ("1,101,2026-03-04 10:00,2026-03-04 11:00,,nobody", "valid email address"),
        (f"{'9' * 101},101,2026-03-04 10:00,2026-03-04 11:00,,", "at most 100 characters"),
        ("1,101,soon,2026-03-04 11:00,,", "“soon” is not a date"),
    ],
)
def test_rows_are_refused_with_their_line(
    import_text: Import, room: Resource, row: str, problem: str
) -> None:
    good = "7,101,2026-05-04 10:00,2026-05-04 11:00,2,"
    content = f"id,room,start,end,people,email\n{good}\n{row}\n"

    with pytest.raises(CommandError, match="Nothing was imported"):
        import_text("bookings", content)

    run = ImportRun.objects.get()
    assert (run.created, run.rejected) == (1, 1)
    ((line, said),) = run.first_problems
    assert line == 3
    assert problem in said
    assert not Booking.objects.exists()


def test_one_reference_twice_in_a_file(import_text: Import, room: Resource) -> None:
    row = "1,101,2026-03-04 10:00,2026-03-04 11:00\n"

    with pytest.raises(CommandError):
        import_text("bookings", f"id,room,start,end\n{row}{row}")

    assert "Line 2 is about the same" in ImportRun.objects.get().first_problems[0][1]


def test_events_tell_of_what_is_to_come(import_text: Import, room: Resource, now: datetime) -> None:
    year = now.year
    rows = f"1,101,{year - 1}-03-04,{year - 1}-03-05\n2,101,{year + 1}-03-04,{year + 1}-03-05\n"

    import_text("bookings", f"id,room,start,end\n{rows}")

    coming = Booking.objects.get(reference="2")
    (event,) = OutboxEvent.objects.filter(name="scheduling.booking.created")
    assert event.payload["booking_id"] == str(coming.pk)
