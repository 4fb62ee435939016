"""Double bookings of 3,968 real aircraft: `python -m tests.acceptance.flights`.

An aircraft is a resource, a flight a booking of it from its scheduled departure for the minutes that it was in the
air. Prepared are only the date and time, joined from their four columns, and the reference, from carrier, number, day
and airport. Flights that were not flown have no minutes: the import refuses them.
"""

import csv
import gzip
import json
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from tests.acceptance import trial
from tests.acceptance.hotel import checks
from tests.acceptance.records import write
from tests.acceptance.trial import say

SLUG = "airport"
ZONE = "America/New_York"
_HEADER = ["reference", "tailnum", "departure", "air_time"]
_MAPPING = {
    "reference": "reference",
    "tailnum": "resource",
    "departure": "starts_at",
    "air_time": "duration_minutes",
}


def prepared(data: Path, tails: set[str] | None = None) -> Iterator[list[str]]:
    """The flights as rows to import, all or those of some aircraft."""
    with gzip.open(data / "flights_2013_Q1.csv.gz", "rt", newline="") as file:
        for row in csv.DictReader(file):
            if tails is not None and row["tailnum"] not in tails:
                continue
            day = f"{row['year']}-{row['month']:0>2}-{row['day']:0>2}"
            clock = f"{row['sched_dep_time']:0>4}"
            yield [
                f"{row['carrier']}{row['flight']} {day} {row['origin']}",
                row["tailnum"],
                f"{day} {clock[:2]}:{clock[2:]}",
                row["air_time"],
            ]


def take_over(data: Path, folder: Path, only: set[str] | None = None) -> dict[str, Any]:
    """Import the register of aircraft, those that flew without standing in it, and the flights; the runs."""
    trial.organization(SLUG, ZONE)
    register = {"tailnum": "code", "model": "name", "type": "type"}
    with (data / "planes.csv").open(newline="") as file:
        header, *known = csv.reader(file)
    chosen = [row for row in known if only is None or row[0] in only]
    planes = trial.import_file(
        "resources",
        write(folder / "planes.csv", header, chosen),
        SLUG,
        mapping=register,
        create_types=True,
    )
    rows = list(prepared(data, only))
    tails = sorted({row[1] for row in rows} - {""})
    fleet = write(folder / "tails.csv", ["tailnum"], [[tail] for tail in tails])
    flown = trial.import_file("resources", fleet, SLUG, mapping={"tailnum": "code"})
    flights = write(folder / "flights.csv", _HEADER, rows)
    run = trial.import_file(
        "bookings", flights, SLUG, partial=True, mapping=_MAPPING, source="flights"
    )
    return {"planes": planes, "flown": flown, "flights": run}


def figures(runs: dict[str, Any]) -> dict[str, Any]:
    """FLY-1, from what the imports recorded and the bookings they made."""
    from core.tenancy import tenant_scope
    from scheduling.models import Booking

    with tenant_scope(runs["flights"].organization_id):
        bookings = Booking.objects.standing().count()
    return {
        "planes": runs["planes"].created,
        "flights": runs["flights"].rows,
        "bookings": bookings,
        "tails_in_flights": runs["flown"].rows,
        "tails_without_plane_record": runs["flown"].created,
    }


def double_bookings() -> int:
    """FLY-2: those of January, by the product's own query."""
    from core.tenancy import tenant_scope
    from scheduling.models import Booking

    first, last = (
        datetime(2013, month, 1, tzinfo=ZoneInfo(ZONE)).astimezone(UTC) for month in (1, 2)
    )
    with tenant_scope(trial.organization(SLUG, ZONE).pk):
        return int(Booking.objects.double_booked(first, last).count())


def main() -> int:
    """Import, compare, import again; the exit code says whether everything agreed."""
    data = trial.DATA / "nycflights"
    expected = checks(data)
    with trial.fresh_site() as folder:
        runs = take_over(data, folder)
        for name, run in runs.items():
            say(f"{name}: {trial.told(run)}")
        found = figures(runs)
        say(f"FLY-1 {json.dumps(found)}")
        started = time.perf_counter()
        doubles = {"january": double_bookings()}
        elapsed = (time.perf_counter() - started) * 1000
        say(f"FLY-2 {json.dumps(doubles)} in {elapsed:.0f} ms")
        problems = trial.verdict(expected["FLY-1"], found)
        problems += trial.verdict(expected["FLY-2"], doubles)
        for name, run in take_over(data, folder).items():
            say(f"The same {name} again: {trial.told(run)}")
            problems += trial.verdict({name: (0, 0)}, {name: (run.created, run.changed)})
    for problem in problems:
        say(f"WRONG: {problem}")
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main())
