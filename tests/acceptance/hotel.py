"""Windows against 119,390 real bookings of two hotels: `python -m tests.acceptance.hotel`.

Rooms have no numbers in these records, so a resource stands for all rooms of one type. Each row becomes a row to
import: year, month and day joined to a date, arrival 15:00, departure 11:00 after the nights, local time; its number
as the reference. Nights of zero end before they begin: the import refuses them, and they are counted there.
"""

import csv
import gzip
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from tests.acceptance import trial
from tests.acceptance.records import write
from tests.acceptance.trial import say

SLUG = "hotels"
ZONE = "Europe/Lisbon"
_MONTHS = {
    name: number
    for number, name in enumerate(
        ["January", "February", "March", "April", "May", "June", "July", "August", "September",
         "October", "November", "December"], start=1,
    )
}  # fmt: skip
_HEADER = ["Reservation number", "Room", "Check in", "Check out", "Status", "Guests"]


def prepared(data: Path, pools: set[str] | None = None) -> Iterator[list[str]]:
    """The rows to import, all or those of some pools."""
    with gzip.open(data / "hotel_bookings.csv.gz", "rt", newline="") as file:
        for number, row in enumerate(csv.DictReader(file), start=1):
            pool = f"{row['hotel']}/{row['assigned_room_type']}"
            if pools is not None and pool not in pools:
                continue
            arrival = date(
                int(row["arrival_date_year"]),
                _MONTHS[row["arrival_date_month"]],
                int(row["arrival_date_day_of_month"]),
            )
            nights = int(row["stays_in_weekend_nights"]) + int(row["stays_in_week_nights"])
            departure = arrival + timedelta(days=nights)
            status = "cancelled" if row["is_canceled"] == "1" else "confirmed"
            people = sum(
                int(float(row[who])) for who in ("adults", "children", "babies") if row[who] != "NA"
            )
            yield [
                *(str(number), pool, f"{arrival} 15:00", f"{departure} 11:00"),
                *(status, str(people)),
            ]


def take_over(data: Path, folder: Path, pools: set[str] | None = None) -> Any:
    """Import the pools and then the bookings; the run of the bookings."""
    trial.organization(SLUG, ZONE)
    rows = list(prepared(data, pools))
    names = sorted({row[1] for row in rows})
    resources = write(folder / "pools.csv", ["code", "name"], [[name, name] for name in names])
    trial.import_file("resources", resources, SLUG)
    bookings = write(folder / "bookings.csv", _HEADER, rows)
    return trial.import_file("bookings", bookings, SLUG, partial=True, source="hotels")


def figures(run: Any) -> dict[str, Any]:
    """HOT-1, from what the import recorded and the bookings it made."""
    from django.db.models import Max, Min

    from core.tenancy import tenant_scope
    from scheduling.models import Booking

    with run.error_file.open("rb") as file:
        refused = Counter(
            row["Status"] for row in csv.DictReader(file.read().decode("utf-8-sig").splitlines())
        )
    with tenant_scope(run.organization_id):
        ends = Booking.objects.standing().aggregate(
            first=Min("starts_at"), last=Max("starts_at"), departure=Max("ends_at")
        )
        bookings = Booking.objects.standing().count()
        cancelled = Booking.objects.filter(status="cancelled").count()
    first, last, departure = (
        str(ends[name].astimezone(ZoneInfo(ZONE)).date()) for name in ("first", "last", "departure")
    )
    return {
        "rows": run.rows,
        "cancelled": cancelled + refused["cancelled"],
        "zero_night_kept_out": refused["confirmed"],
        "bookings": bookings,
        "arrivals": [first, last],
        "last_departure": departure,
    }


def conflicts(expected: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """HOT-2: for each window, what the product's conflict check finds, with the milliseconds that it took."""
    from core.tenancy import tenant_scope
    from scheduling.models import Resource, Window
    from scheduling.services.conflicts import against_window

    found = []
    with tenant_scope(trial.organization(SLUG, ZONE).pk):
        for row in expected:
            starts_at, ends_at = (
                datetime.fromisoformat(row[name]).replace(tzinfo=ZoneInfo(ZONE))
                for name in ("start", "end")
            )
            code = f"{row['hotel']}/{row['room_type']}"
            # nobody ever slept in some of the types
            pool = Resource.objects.filter(code=code).first()
            started = time.perf_counter()
            count = 0
            if pool is not None:
                met = against_window(pool, starts_at, ends_at, effect=Window.Effect.OUT_OF_ORDER)
                count = sum(one.type == "booking" for one in met)
            elapsed = (time.perf_counter() - started) * 1000
            found.append({**row, "conflicts": count, "milliseconds": elapsed})
    return found


def checks(data: Path) -> dict[str, Any]:
    """The expected answers by the name of the check."""
    known = json.loads((data / "expected.shown.json").read_text())
    return {check["id"]: check["expected"] for check in known["checks"]}


def main() -> int:
    """Import, compare, import again; the exit code says whether everything agreed."""
    data = trial.DATA / "hotel_bookings"
    expected = checks(data)
    with trial.fresh_site() as folder:
        run = take_over(data, folder)
        say(trial.told(run))
        found = figures(run)
        problems = trial.verdict(expected["HOT-1"], found)
        say(f"HOT-1 {json.dumps(found)}")
        answers = conflicts(expected["HOT-2"])
        for row, wanted in zip(answers, expected["HOT-2"], strict=True):
            say(
                f"HOT-2 {row['hotel']} {row['room_type']} {row['start']} to {row['end']}:"
                f" {row['conflicts']} conflicts in {row['milliseconds']:.0f} ms"
            )
            problems += trial.verdict(wanted, row)
        again = take_over(data, folder)
        say(f"The same again in {again.seconds:.1f} s: {again.unchanged} unchanged")
        problems += trial.verdict({"again": (0, 0)}, {"again": (again.created, again.changed)})
    for problem in problems:
        say(f"WRONG: {problem}")
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main())
