"""Calendars for subscription in the programs that people use: libical, vobject, khal and vdirsyncer read them."""

import ctypes.util
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import vobject  # type: ignore[import-untyped]
from django.test import Client

import tests.flush  # noqa: F401 - real transactions end with emptied tables
from accounts.models import User
from core.tenancy import tenant_scope
from integrations.models import CalendarFeed
from integrations.services import calendar_feeds
from scheduling.models import Window
from scheduling.services import window_series
from tests import factories
from tests.libical import complaints

pytestmark = pytest.mark.thorough

HOUR = timedelta(hours=1)


@pytest.fixture
def address(admin: User, now: datetime) -> str:
    """A calendar with a window each week over both changes of the clocks, due dates, and a booking."""
    with tenant_scope(admin.organization_id):
        hall = factories.resource(name="Hall; large, new")
        start = now.replace(hour=7)
        template = Window(
            resource=hall,
            title="Weekly “ä” round",
            description="First line\nsecond, longer than seventy-five letters " * 5,
            starts_at=start + 2 * HOUR,
            ends_at=start + 3 * HOUR,
        )
        window_series.create_series(template, "FREQ=WEEKLY;COUNT=40", by=admin, now=now)
        factories.schedule(resource=hall, title="Fire doors")
        factories.booking(start + 5 * HOUR, start + 6 * HOUR, resource=hall, source="x")
        feed = CalendarFeed(name="Plan", kind="organization", with_bookings=True)
        _, token = calendar_feeds.create_feed(feed, by=admin, now=now)
    return f"/calendar/{token}.ics"


@pytest.fixture(autouse=True)
def _today(time_machine: Any, now: datetime) -> None:
    time_machine.move_to(now, tick=False)


def test_vobject_finds_nothing_to_complain_about(address: str) -> None:
    found = vobject.readOne(Client().get(address).content.decode())

    assert found.validate(raiseException=True)
    starts = [event.dtstart.value for event in found.vevent_list]
    assert len([start for start in starts if start.hour == 10]) == 40


def test_libical_finds_nothing_to_complain_about(address: str) -> None:
    data = Client().get(address).content

    assert data.count(b"BEGIN:VEVENT") > 50
    assert complaints(data) == []


@pytest.mark.parametrize(
    "broken",
    [
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nDTSTART:soon\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
        "nothing",
    ],
)
def test_libical_would_complain(broken: str) -> None:
    assert complaints(broken.encode()) or ctypes.util.find_library("ical") is None


@pytest.mark.django_db(transaction=True)
def test_vdirsyncer_and_khal(address: str, live_server: Any, tmp_path: Path, now: datetime) -> None:
    """vdirsyncer brings every entry into a folder, once; khal lists them at their local time, in winter and summer."""
    (tmp_path / "vdirsyncer.conf").write_text(
        f'[general]\nstatus_path = "{tmp_path}/status"\n'
        '[pair p]\na = "local"\nb = "web"\ncollections = null\nconflict_resolution = "b wins"\n'
        f'[storage local]\ntype = "filesystem"\npath = "{tmp_path}/found"\nfileext = ".ics"\n'
        f'[storage web]\ntype = "http"\nurl = "{live_server.url}{address}"\n'
    )
    (tmp_path / "khal.conf").write_text(
        f"[calendars]\n[[web]]\npath = {tmp_path}/found\n[locale]\ntimeformat = %H:%M\n"
        "dateformat = %Y-%m-%d\nlongdateformat = %Y-%m-%d\ndatetimeformat = %Y-%m-%d %H:%M\n"
        "longdatetimeformat = %Y-%m-%d %H:%M\ndefault_timezone = Europe/Berlin\n"
        f"local_timezone = Europe/Berlin\n[sqlite]\npath = {tmp_path}/khal.db\n"
    )
    (tmp_path / "found").mkdir()

    run("vdirsyncer", "-c", f"{tmp_path}/vdirsyncer.conf", "discover")
    run("vdirsyncer", "-c", f"{tmp_path}/vdirsyncer.conf", "sync")

    assert len(list((tmp_path / "found").iterdir())) >= 40 + 12 + 1
    again = run("vdirsyncer", "-c", f"{tmp_path}/vdirsyncer.conf", "sync")
    assert "Copying" not in again
    for day in ("2026-03-25", "2026-04-01", "2026-10-21", "2026-10-28"):
        listed = run("khal", "-c", f"{tmp_path}/khal.conf", "list", day, "1d")
        assert "10:00-11:00 Weekly “ä” round: Hall; large, new" in listed


def run(program: str, *arguments: str) -> str:
    """What a client says; it must be content."""
    done = subprocess.run(
        [str(Path(sys.executable).parent / program), *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        env={"LANG": "C.UTF-8", "HOME": "/nonexistent"},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr
