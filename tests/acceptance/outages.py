"""Breakdowns of 891 lifts and escalators: `python -m tests.acceptance.outages` (`../shared/data/dcmetro`).

Each breakdown becomes an order by the product's import, from the break to when the unit is on again. How often units
failed, how long they were down and what was open at an instant is asked of the API.
"""

import csv
import gzip
import sys
from collections.abc import Iterable, Iterator
from math import isclose
from pathlib import Path
from typing import Any

from tests.acceptance import trial
from tests.acceptance.hotel import checks
from tests.acceptance.trial import say

SLUG = "metro"
CENTURY = {"start": "2000-01-01T00:00:00Z", "end": "2030-01-01T00:00:00Z"}
_COLUMNS = ["resource", "title", "reported_at", "completed_at", "kind"]
Row = list[str]


def breaks(data: Path, stations: tuple[str, ...] = ("",)) -> Iterator[Row]:
    """Resource, title, begin, end and kind of every breakdown at these stations."""
    down: dict[str, tuple[str, str]] = {}
    with gzip.open(data / "statuses.csv.gz", "rt", newline="") as file:
        for row in csv.DictReader(file):
            unit = row["unit_id"]
            if not unit.startswith(stations):
                continue
            if row["update_type"] == "Break":
                down.setdefault(unit, (row["time"], row["symptom_description"]))
            elif row["symptom_category"] == "ON" and unit in down:
                begun, title = down.pop(unit)
                yield [unit, title, begun, row["time"], "repair"]
    for unit, (begun, title) in down.items():
        yield [unit, title, begun, "", "repair"]


def write(rows: list[Row], codes: Iterable[str], folder: Path) -> tuple[Path, Path]:
    """The units and their breakdowns, to be imported."""
    orders, units = folder / "orders.csv", folder / "units.csv"
    for path, header, lines in (
        (orders, _COLUMNS, rows),
        (units, ["code", "name"], [[code, code] for code in codes]),
    ):
        with path.open("w", newline="") as file:
            csv.writer(file).writerows([header, *lines])
    return units, orders


def known_failures(data: Path) -> dict[str, int]:
    """DCM-2: what was published of each unit."""
    with (data / "units.csv").open(newline="") as file:
        return {row["unit_id"]: int(row["num_breaks"]) for row in csv.DictReader(file)}


def figures(client: Any, **wanted: str) -> dict[str, dict[str, Any]]:
    """What the product says of every unit, page by page."""
    found: dict[str, dict[str, Any]] = {}
    while True:
        asked = {**CENTURY, **wanted, "limit": 200, "offset": len(found)}
        answer = client.get("analytics/device-performance", asked).json()
        found |= {row["resource_code"]: row for row in answer["results"]}
        if len(found) >= answer["count"]:
            return found


def open_at(client: Any, instants: Iterable[str]) -> dict[str, int]:
    """DCM-3: how many orders were open."""
    return {
        at: client.get("work-orders", {"open_at": f"{at}Z", "count": "true"}).json()["count"]
        for at in instants
    }


def wrong_times(known: dict[str, Any], found: dict[str, dict[str, Any]]) -> list[str]:
    """DCM-1: a sentence for every unit whose failures and hours are not as expected."""
    return [
        f"{unit}: {found[unit]} instead of {wanted}"
        for unit, wanted in known.items()
        if (found[unit]["failures"], found[unit]["orders"])
        != (wanted["failures"], wanted["episodes"])
        or not isclose(found[unit]["mttr_hours"], wanted["mttr_hours"], rel_tol=1e-3)
        or not isclose(found[unit]["mtbf_hours"], wanted["mtbf_hours"], rel_tol=1e-3)
    ]


def failures(found: dict[str, dict[str, Any]], units: Iterable[str]) -> dict[str, int]:
    """DCM-2: how often each unit failed; what never had an order is in no figures."""
    return {unit: found[unit]["failures"] if unit in found else 0 for unit in units}


def main() -> int:
    """Import all, compare; the exit code says whether everything agreed."""
    data = trial.DATA / "dcmetro"
    expected = checks(data)
    with trial.fresh_site() as folder:
        from accounts.rights import Role
        from tests import api, factories

        site = trial.organization(SLUG, "America/New_York")
        wanted = known_failures(data)
        units, orders = write(list(breaks(data)), wanted, folder)
        trial.import_file("resources", units, SLUG)
        say(trial.told(trial.import_file("work_orders", orders, SLUG)))
        client = api.Client(factories.user(site, role=Role.ADMIN))
        found = figures(client)
        failed = failures(found, wanted)
        total = {"units": client.get("resources", {"count": "true"}).json()["count"]}
        total |= {"total": sum(failed.values()), "all_equal": failed == wanted}
        wrong = wrong_times(expected["DCM-1"], found) + trial.verdict(wanted, failed)
        wrong += trial.verdict(expected["DCM-2"], total)
        wrong += trial.verdict(expected["DCM-3"], open_at(client, expected["DCM-3"]))
    for problem in wrong:
        say(f"WRONG: {problem}")
    say("DCM-1, DCM-2, DCM-3: " + (f"{len(wrong)} differ" if wrong else "all exact"))
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
