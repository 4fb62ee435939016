"""Importing foreign calendars: every instance once, zones and days as meant, nothing that spins, never a fault."""

import io
import json
import re
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command

from accounts.models import Organization, User
from core.tenancy import tenant_scope
from integrations.models import ImportRun
from integrations.rules import calendars
from scheduling.models import Booking, Resource
from tests import factories
from tests.console import signed_in
from tests.shared_data import shared_data

HEAD = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//X//EN\r\n"
ImportCalendar = Callable[..., str]


def calendar(*events: str) -> str:
    """A calendar with these entries, given as their lines."""
    parts = [f"BEGIN:VEVENT\n{event.strip()}\nEND:VEVENT\n" for event in events]
    return (HEAD + "".join(parts) + "END:VCALENDAR\n").replace("\r\n", "\n").replace("\n", "\r\n")


@pytest.fixture
def room(scope: Organization) -> Resource:
    return factories.resource(code="101", name="Room 101")


@pytest.fixture
def import_calendar(room: Resource, now: datetime, tmp_path: Path) -> ImportCalendar:
    """`import_calendar(text, …)`: the command on a file with this content; what it said."""

    def run(content: str | bytes, **options: Any) -> str:
        path = tmp_path / "room.ics"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        out = io.StringIO()
        named = {"organization": room.organization.slug, "now": now, "source": "Opera", **options}
        call_command("import_ics", path, resource="101", stdout=out, stderr=io.StringIO(), **named)
        return out.getvalue()

    return run


MEETING = """
UID:m1
DTSTAMP:20260301T080000Z
SEQUENCE:{sequence}
DTSTART;TZID=Europe/London:20260327T090000
DTEND;TZID=Europe/London:20260327T100000
RRULE:FREQ=WEEKLY;COUNT=3
EXDATE;TZID=Europe/London:20260403T090000
SUMMARY:Choir
ATTENDEE;CN=Ann Alder:mailto:ann@x.example
"""


def test_instances_keep_their_wall_time(import_calendar: ImportCalendar) -> None:
    said = import_calendar(calendar(MEETING.format(sequence=0)))

    assert "2 created" in said
    rows = Booking.objects.order_by("starts_at")
    assert [row.starts_at for row in rows] == [
        datetime(2026, 3, 27, 9, tzinfo=UTC),
        datetime(2026, 4, 10, 8, tzinfo=UTC),
    ]
    assert rows[0].reference == "m1 20260327T090000Z"
    assert (rows[0].contact_name, rows[0].contact_email) == ("Ann Alder", "ann@x.example")


def test_again_changes_nothing_and_a_higher_sequence_wins(import_calendar: ImportCalendar) -> None:
    import_calendar(calendar(MEETING.format(sequence=1)))
    assert "0 created, 0 changed, 2 unchanged" in import_calendar(
        calendar(MEETING.format(sequence=1))
    )
    cancelled = MEETING + "STATUS:CANCELLED"
    assert "2 unchanged" in import_calendar(calendar(cancelled.format(sequence=0)))
    assert "2 changed" in import_calendar(calendar(cancelled.format(sequence=2)))
    assert set(Booking.objects.values_list("status", flat=True)) == {"cancelled"}


def test_days_and_floating_times_are_the_resources(import_calendar: ImportCalendar) -> None:
    day = "UID:d\nDTSTART;VALUE=DATE:20260329\nDTSTAMP:20260301T080000Z\nSTATUS:TENTATIVE"
    floating = "UID:f\nDTSTART:20260401T090000\nDURATION:PT90M\nDTSTAMP:20260301T080000Z"
    free = "UID:t\nDTSTART:20260401T090000Z\nDTEND:20260401T100000Z\nTRANSP:TRANSPARENT"

    import_calendar(calendar(day, floating, free))

    found = {row.reference: row for row in Booking.objects.all()}
    assert set(found) == {"d", "f"}
    # Berlin loses an hour on that day
    assert found["d"].starts_at == datetime(2026, 3, 28, 23, tzinfo=UTC)
    assert found["d"].ends_at == datetime(2026, 3, 29, 22, tzinfo=UTC)
    assert found["d"].status == "tentative"
    assert found["f"].starts_at == datetime(2026, 4, 1, 7, tzinfo=UTC)
    assert found["f"].ends_at == datetime(2026, 4, 1, 8, 30, tzinfo=UTC)


def test_bad_entries_are_told_with_their_line(import_calendar: ImportCalendar) -> None:
    bad = "UID:b\nDTSTART:20260401T090000Z\nRRULE:FREQ=WEEKLY;UNTIL=soon"
    empty = "UID:e\nDTSTART:20260401T090000Z\nDTEND:20260401T090000Z"

    import_calendar(calendar(MEETING.format(sequence=0), bad, empty), partial=True)

    run = ImportRun.objects.get()
    assert (run.created, run.rejected) == (2, 2)
    lines = calendar(MEETING.format(sequence=0), bad, empty).splitlines()
    problems = {lines[line - 1]: said for line, said in run.first_problems}
    assert "cannot be read" in problems["UID:b"]
    assert "The end must be after the start." in problems["UID:e"]


def test_a_dry_run_writes_nothing(import_calendar: ImportCalendar) -> None:
    assert "nothing written: 2 created" in import_calendar(
        calendar(MEETING.format(sequence=0)), dry_run=True
    )
    assert not Booking.objects.exists()


@pytest.mark.parametrize("rule", ["FREQ=SECONDLY", "FREQ=MINUTELY;BYMONTH=2;BYMONTHDAY=30"])
def test_entries_finer_than_an_hour_are_refused_and_the_others_read(
    import_calendar: ImportCalendar, rule: str
) -> None:
    spins = f"UID:s\nDTSTART:20260101T090000Z\nDTEND:20260101T090001Z\nRRULE:{rule}"

    import_calendar(calendar(MEETING.format(sequence=0), spins), partial=True)

    run = ImportRun.objects.get()
    assert (run.created, run.rejected) == (2, 1)
    assert [said for _, said in run.first_problems] == ["It repeats more than once an hour."]


def test_rules_that_never_come_true_are_stopped(
    import_calendar: ImportCalendar, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calendars, "SECONDS", 1)
    never = "UID:{}\nDTSTART:20260101T090000Z\nRRULE:FREQ=HOURLY;BYMONTH=2;BYMONTHDAY=30"

    with pytest.raises(CommandError, match="repeats far too often"):
        import_calendar(calendar(*(never.format(number) for number in range(50))))

    assert not Booking.objects.exists()


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "has no entries|is empty|not a calendar"),
        (b"id,room\n1,101\n", "not a calendar"),
        (b"\x89PNG\r\n\x1a\n\x00", "not a calendar"),
        (HEAD.encode(), "cannot be read|no entries"),
        ((HEAD + "END:VCALENDAR\r\n").encode(), "no entries"),
        (("BEGIN:VCALENDAR\r\n" * 20_000).encode(), "cannot be read|no entries|nested"),
    ],
)
def test_what_is_no_calendar_is_refused(
    import_calendar: ImportCalendar, content: bytes, problem: str
) -> None:
    with pytest.raises(CommandError, match=problem):
        import_calendar(content)


def test_the_console_takes_calendars(room: Resource, admin: User) -> None:
    client = signed_in(admin)
    file = SimpleUploadedFile("room.ics", calendar(MEETING.format(sequence=0)).encode())
    address = client.post("/admin/import/", {"entity": "calendar", "file": file})["Location"]
    page = client.get(address).content.decode()
    assert "Resource that the calendar is of" in page
    assert "Encoding" not in page
    assert re.search(r"1 entry; what lies between \w+ .* and \w+ .* is read", page)
    form = {"columns": "1", "resource": "", "source": "Opera", "how": "dry"}

    refused = client.post(f"{address}start/", form, follow=True)
    assert "Say which resource the calendar is of." in refused.content.decode()
    unknown = client.post(f"{address}start/", {**form, "resource": "102"}, follow=True)
    assert "There is no resource “102”." in unknown.content.decode()
    client.post(f"{address}start/", {**form, "resource": "Room 101"}, follow=True)
    with tenant_scope(admin.organization_id):
        assert not Booking.objects.exists()
    client.post(f"{address}start/", {"how": "all"}, follow=True)

    with tenant_scope(admin.organization_id):
        assert Booking.objects.filter(source="Opera", resource=room).count() == 2


SINCE, UNTIL = date(1997, 1, 1), date(2026, 1, 1)
SAMPLES = shared_data("ics_samples")
FILES = sorted(SAMPLES.glob("*/*.ics")) if SAMPLES else []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_foreign_calendars_are_taken_or_refused_in_words(
    import_calendar: ImportCalendar, path: Path
) -> None:
    """The files of other projects' bug reports; where an answer is known, each instance became a booking (ICS-1)."""
    known = _expected().get(f"{path.parent.name}/{path.name}", {})
    with suppress(CommandError):
        import_calendar(path.read_bytes(), partial=True, since=SINCE, until=UNTIL)
    run = ImportRun.objects.first() or ImportRun()
    assert all(line and said for line, said in run.first_problems)
    if known:
        taken = run.created + sum("The end must be" in said for _, said in run.first_problems)
        assert taken <= known["instances_1997_2025"]
        if "TRANSP:TRANSPARENT" not in path.read_text():
            assert taken == known["instances_1997_2025"]


def _expected() -> dict[str, Any]:
    assert SAMPLES is not None
    checks = json.loads((SAMPLES / "expected.shown.json").read_text())["checks"]
    found: dict[str, Any] = checks[0]["expected"]
    return found
