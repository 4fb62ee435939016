"""Work orders of real excavators, lifts and escalators, imported by command, answered by the product itself."""

import csv
import gzip
import io
import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

import tests.flush  # noqa: F401
from accounts.models import Organization, User
from accounts.rights import Role
from core.tenancy import tenant_scope
from tests import factories
from tests.api import Client
from tests.shared_data import shared_data

CENTURY = {"start": "2000-01-01T00:00:00Z", "end": "2030-01-01T00:00:00Z"}


def expected(folder: Path) -> dict[str, Any]:
    checks = json.loads((folder / "expected.shown.json").read_text())["checks"]
    return {check["id"]: check["expected"] for check in checks}


def take(site: Organization, entity: str, path: Path, **options: Any) -> tuple[str, str]:
    out, error = io.StringIO(), io.StringIO()
    named = {"organization": site.slug, "now": datetime.fromisoformat("2026-01-01T00:00:00+00:00")}
    call_command("import_csv", entity, path, stdout=out, stderr=error, **named, **options)
    return out.getvalue(), error.getvalue()


@pytest.fixture
def site(transactional_db: None, settings: Any, tmp_path: Path) -> Organization:
    """Without a transaction around the test: an import that takes long says from another thread that it lives."""
    settings.MEDIA_ROOT = tmp_path / "uploads"
    return factories.organization(time_zone="America/New_York")


@pytest.fixture
def reader(site: Organization) -> User:
    return factories.user(site, role=Role.ADMIN, time_zone="America/New_York")


def all_figures(client: Client, **wanted: Any) -> dict[str, Any]:
    answer = client.get("analytics/device-performance", {**CENTURY, "limit": 200, **wanted})
    assert answer.status_code == 200, answer.content
    return {row["resource_code"]: row for row in answer.json()["results"]}


def test_five_excavators_over_ten_years(site: Organization, reader: User, tmp_path: Path) -> None:
    folder = shared_data("excavators")
    if folder is None:
        return
    known = expected(folder)
    units = tmp_path / "units.csv"
    units.write_text("code,name\n" + "".join(f"{code},Excavator {code}\n" for code in "ABCDE"))
    take(site, "resources", units)
    raw = folder / "excavators_raw.csv"

    out, error = take(site, "work_orders", raw, partial=True)
    again, _ = take(site, "work_orders", raw, partial=True)

    exc = known["EXC-1"]
    assert f"{exc['accepted']} created, 0 changed, 0 unchanged, 1 rejected" in out
    assert [int(line.split()[1].rstrip(":")) for line in error.splitlines()] == exc[
        "rejected_lines"
    ]
    assert f"0 created, 0 changed, {exc['accepted']} unchanged, 1 rejected" in again
    client = Client(reader)
    by_unit = costs(client, "resource")
    assert {row["resource__code"]: row["orders"] for row in by_unit} == exc["per_asset"]
    types = {row["order_type"]: row["orders"] for row in costs(client, "order_type")}
    assert types == exc["per_type"]
    total = {row["resource__code"]: float(row["total_cost"]) for row in by_unit}
    [whole] = costs(client, "")
    assert {**total, "ALL": float(whole["total_cost"])} == known["EXC-2"]
    year = {"start": "2009-01-01", "end": "2010-01-01"}
    months = {
        f"{row['month']}/{row['resource__code']}": float(row["total_cost"])
        for row in costs(client, "month,resource", **year)
    }
    assert months == known["EXC-3"]
    figures = all_figures(client, kind="corrective")
    for code, wanted in known["EXC-4"].items():
        found = figures[code]
        assert found["failures"] == wanted["events"]
        assert found["first_failure_at"].startswith(wanted["first"])
        assert found["last_failure_at"].startswith(wanted["last"])
        assert found["mtbf_hours"] / 24 == pytest.approx(wanted["mtbf_days"], abs=0.001)


def costs(client: Client, by: str, **wanted: Any) -> Any:
    answer = client.get("analytics/costs", {**CENTURY, "by": by, **wanted})
    assert answer.status_code == 200, answer.content
    return answer.json()


def breaks(folder: Path, stations: tuple[str, ...]) -> Iterator[list[str]]:
    """Each breakdown as an order, from the break to when the unit is on again."""
    down: dict[str, tuple[str, str]] = {}
    with gzip.open(folder / "statuses.csv.gz", "rt", newline="") as file:
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


def take_breaks(site: Organization, rows: list[list[str]], folder: Path) -> None:
    """Import the units of these breakdowns, and each as an order."""
    orders, units = folder / "orders.csv", folder / "units.csv"
    for path, header, lines in (
        (orders, ["resource", "title", "reported_at", "completed_at", "kind"], rows),
        (units, ["code", "name"], [[code, code] for code in sorted({row[0] for row in rows})]),
    ):
        with path.open("w", newline="") as file:
            csv.writer(file).writerows([header, *lines])
    take(site, "resources", units)
    out, _ = take(site, "work_orders", orders)
    assert f"{len(rows)} created" in out


def test_the_escalators_of_two_stations(site: Organization, reader: User, tmp_path: Path) -> None:
    folder = shared_data("dcmetro")
    if folder is None:
        return
    known, stations = expected(folder), ("A01", "A02")

    take_breaks(site, list(breaks(folder, stations)), tmp_path)

    figures = all_figures(Client(reader))
    for unit, wanted in known["DCM-1"].items():
        found = figures[unit]
        assert (found["failures"], found["orders"]) == (wanted["failures"], wanted["episodes"])
        assert found["mttr_hours"] == pytest.approx(wanted["mttr_hours"], rel=1e-3)
        assert found["mtbf_hours"] == pytest.approx(wanted["mtbf_hours"], rel=1e-3)
    with tenant_scope(site.pk):
        assert set(known["DCM-1"]) == set(figures)


def test_outages_that_were_open_at_an_instant(
    site: Organization, reader: User, tmp_path: Path
) -> None:
    """Of all stations, every breakdown that touches the winter that is asked about."""
    folder = shared_data("dcmetro")
    if folder is None:
        return
    wanted = expected(folder)["DCM-3"]
    first, last = min(wanted), max(wanted)
    rows = [row for row in breaks(folder, ("",)) if row[2] <= last and not "" < row[3] <= first]
    take_breaks(site, rows, tmp_path)
    client = Client(reader)
    found = {
        at: client.get("work-orders", {"open_at": f"{at}Z", "count": "true"}).json()["count"]
        for at in wanted
    }
    assert found == wanted
