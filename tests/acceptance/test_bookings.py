"""The proofs on real bookings, small: two types of room of one hotel, and the flights of some aircraft."""

from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance import flights, hotel
from tests.shared_data import shared_data

pytestmark = pytest.mark.thorough


@pytest.fixture(autouse=True)
def _own_uploads(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "uploads"


@pytest.mark.django_db
def test_windows_against_the_bookings_of_a_hotel(tmp_path: Path) -> None:
    data = shared_data("hotel_bookings")
    if data is None:
        return
    asked = [row for row in hotel.checks(data)["HOT-2"] if row["room_type"] in {"E", "L"}]
    pools = {"Resort Hotel/E", "Resort Hotel/L"}

    run = hotel.take_over(data, tmp_path, pools)
    again = hotel.take_over(data, tmp_path, pools)

    assert [row["conflicts"] for row in hotel.conflicts(asked)] == [
        row["conflicts"] for row in asked
    ]
    found = hotel.figures(run)
    assert found["rows"] == found["bookings"] + found["cancelled"] + found["zero_night_kept_out"]
    assert (again.created, again.changed) == (0, 0)
    assert again.unchanged == run.created > 1000


@pytest.mark.django_db
def test_aircraft_that_were_booked_twice(tmp_path: Path) -> None:
    """Counted here once more by hand, which also finds the aircraft that it happened to."""
    data = shared_data("nycflights")
    if data is None:
        return
    taken_until: dict[str, datetime] = {}
    doubles: Counter[str] = Counter()
    flown = [row for row in flights.prepared(data) if row[3]]
    for _, tail, departure, minutes in sorted(flown, key=lambda row: (row[1], row[2])):
        start = datetime.fromisoformat(departure)
        doubles[tail] += departure < "2013-02" and start < taken_until.get(tail, start)
        end = start + timedelta(minutes=float(minutes))
        taken_until[tail] = max(end, taken_until.get(tail, end))
    some = {tail for tail, count in doubles.items() if count} | set(sorted(doubles)[100:120])

    runs = flights.take_over(data, tmp_path, some)

    expected = hotel.checks(data)["FLY-2"]["january"]
    assert flights.double_bookings() == sum(doubles.values()) == expected
    found = flights.figures(runs)
    assert found["bookings"] == sum(row[1] in some for row in flown)

    again = flights.take_over(data, tmp_path, some)
    assert {(run.created, run.changed) for run in again.values()} == {(0, 0)}
    assert found["planes"] + found["tails_without_plane_record"] == len(some)
