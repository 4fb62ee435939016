"""The lifts and escalators of the Washington Metro, as files to import (`../shared/data/dcmetro`).

An inspection is a status “PREV. MAINT. INSPECTION” or, from July 2014 on, “Preventive Maintenance Inspection”. It
counts as performed when it began.
"""

import csv
import gzip
from calendar import monthrange
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("America/New_York")
FIRST_DAY = date(2013, 7, 1)
CHECK_HOUR = 6
TOLERANCE_DAYS = 5
_INSPECTIONS = {"prev. maint. inspection", "preventive maintenance inspection"}


@dataclass(frozen=True, slots=True)
class Inspection:
    """One preventive inspection of one unit."""

    unit: str
    at: datetime

    @property
    def key(self) -> str:
        return f"{self.unit}/{self.at.isoformat()}"


def units(folder: Path, stations: set[str] | None = None) -> list[dict[str, str]]:
    """The rows of units.csv, all or those of some stations."""
    with (folder / "units.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    return [row for row in rows if stations is None or row["station_code"] in stations]


def inspections(folder: Path) -> list[Inspection]:
    """Every preventive inspection in the records, in the order of time."""
    with gzip.open(folder / "statuses.csv.gz", "rt", newline="") as file:
        found = [
            Inspection(row["unit_id"], datetime.fromisoformat(row["time"]))
            for row in csv.DictReader(file)
            if row["symptom_description"].lower() in _INSPECTIONS
        ]
    return sorted(found, key=lambda inspection: inspection.at)


def checks(days: int) -> list[datetime]:
    """The moment of the daily check on each day: six in the morning in Washington."""
    return [
        datetime.combine(FIRST_DAY + timedelta(days=n), time(CHECK_HOUR), ZONE).astimezone(UTC)
        for n in range(1, days + 1)
    ]


def first_days(
    rows: list[dict[str, str]], known: dict[datetime, list[Inspection]]
) -> dict[str, date]:
    """When each unit's plan begins: with its first inspection of the first month, else on some day of that month."""
    found = {
        row["unit_id"]: FIRST_DAY + timedelta(days=number % 28) for number, row in enumerate(rows)
    }
    seen: set[str] = set()
    for moment in sorted(known):
        for one in known[moment]:
            day = one.at.astimezone(ZONE).date()
            if one.unit not in seen and day < FIRST_DAY + timedelta(days=31):
                found[one.unit] = day
            seen.add(one.unit)
    return found


def days_gone_by(first: date, until: datetime) -> int:
    """How many monthly dates from `first` on are past their tolerance at `until`.

    Computed here once more, by counting months, to compare with what the product says.
    """
    months = 0
    while _end_of_tolerance(_months_later(first, months)) <= until:
        months += 1
    return months


def _end_of_tolerance(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=TOLERANCE_DAYS + 1), time(), ZONE)


def _months_later(first: date, months: int) -> date:
    years, month = divmod(first.month - 1 + months, 12)
    year = first.year + years
    return date(year, month + 1, min(first.day, monthrange(year, month + 1)[1]))


def write(path: Path, header: list[str], rows: list[list[str]]) -> Path:
    """A CSV file to import."""
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)
    return path


def crew_of(unit: dict[str, str]) -> str:
    """Who inspects it: one crew per line of the network."""
    return f"crew-{unit['station_code'][0].lower()}@metro.example"


def write_users(path: Path, rows: list[dict[str, str]]) -> Path:
    """The crews, as a list of a personnel office might look."""
    crews = sorted({crew_of(row) for row in rows})
    return write(
        path,
        ["E-mail address", "Full name", "Job"],
        [[crew, f"Crew {crew[5].upper()}", "Technician"] for crew in crews],
    )


def write_schedules(path: Path, rows: list[dict[str, str]], first: dict[str, date]) -> Path:
    """A monthly preventive schedule for each unit; a month that nobody came counts as not performed."""
    title = "Preventive maintenance inspection"
    lines = [
        [
            f"PM-{row['unit_id']}",
            title,
            row["unit_id"],
            "Monthly",
            f"{first[row['unit_id']]:%m/%d/%Y} 08:00",
            str(TOLERANCE_DAYS),
            "supersede",
            crew_of(row),
        ]
        for row in rows
    ]
    header = [
        "PM Number",
        "Task",
        "Unit",
        "Recurrence",
        "First due",
        "Tolerance",
        "Backlog",
        "Assignee",
    ]
    return write(path, header, lines)


def write_logs(path: Path, found: list[Inspection]) -> Path:
    """Inspections as another system would export them."""
    rows = [
        [one.key, one.unit, f"PM-{one.unit}", one.at.isoformat(), "As recorded by the operator"]
        for one in found
    ]
    return write(path, ["Log ID", "Unit", "Plan", "Completed On", "Remarks"], rows)


def by_check(
    found: list[Inspection], moments: list[datetime], wanted: set[str]
) -> dict[datetime, list[Inspection]]:
    """The inspections of the wanted units that are known at each check, from the first day on."""
    start = datetime.combine(FIRST_DAY, time(), ZONE)
    known: dict[datetime, list[Inspection]] = defaultdict(list)
    waiting = iter(moments)
    moment = next(waiting, None)
    for one in found:
        while moment is not None and one.at >= moment:
            moment = next(waiting, None)
        if moment is None:
            break
        if one.at >= start and one.unit in wanted:
            known[moment].append(one)
    return known


def per_unit(known: dict[datetime, list[Inspection]]) -> Counter[str]:
    """How many inspections each unit had."""
    return Counter(one.unit for found in known.values() for one in found)
