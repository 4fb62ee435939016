"""Work orders of real excavators, lifts and escalators, imported by command, answered by the product itself."""

import io
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

import tests.flush  # noqa: F401
from accounts.models import Organization, User
from accounts.rights import Role
from tests import factories
from tests.acceptance import outages
from tests.acceptance.hotel import checks
from tests.api import Client
from tests.shared_data import shared_data

pytestmark = pytest.mark.thorough


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


def test_five_excavators_over_ten_years(site: Organization, reader: User, tmp_path: Path) -> None:
    folder = shared_data("excavators")
    if folder is None:
        return
    known = checks(folder)
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
    figures = outages.figures(client, kind="corrective")
    for code, wanted in known["EXC-4"].items():
        found = figures[code]
        assert found["failures"] == wanted["events"]
        assert found["first_failure_at"].startswith(wanted["first"])
        assert found["last_failure_at"].startswith(wanted["last"])
        assert found["mtbf_hours"] / 24 == pytest.approx(wanted["mtbf_days"], abs=0.001)


def costs(client: Client, by: str, **wanted: Any) -> Any:
    answer = client.get("analytics/costs", {**outages.CENTURY, "by": by, **wanted})
    assert answer.status_code == 200, answer.content
    return answer.json()


def take_breaks(site: Organization, rows: list[outages.Row], folder: Path) -> None:
    """Import the units of these breakdowns, and each as an order."""
    units, orders = outages.write(rows, sorted({row[0] for row in rows}), folder)
    take(site, "resources", units)
    out, _ = take(site, "work_orders", orders)
    assert f"{len(rows)} created" in out


def test_the_escalators_of_two_stations(site: Organization, reader: User, tmp_path: Path) -> None:
    """Failures and hours of each unit; `python -m tests.acceptance.outages` asks for all 891."""
    folder = shared_data("dcmetro")
    if folder is None:
        return
    known = checks(folder)["DCM-1"]
    take_breaks(site, list(outages.breaks(folder, ("A01", "A02"))), tmp_path)
    found = outages.figures(Client(reader))
    assert set(found) == set(known)
    assert outages.wrong_times(known, found) == []
    published = outages.known_failures(folder)
    assert outages.failures(found, known) == {unit: published[unit] for unit in known}


def test_outages_that_were_open_at_an_instant(
    site: Organization, reader: User, tmp_path: Path
) -> None:
    """Of all stations, every breakdown that touches the days of the instants that are asked about."""
    folder = shared_data("dcmetro")
    if folder is None:
        return
    wanted = checks(folder)["DCM-3"]
    days = {at[:10] for at in wanted}
    rows = [
        row
        for row in outages.breaks(folder)
        if any(row[2][:10] <= day and (not row[3] or day <= row[3][:10]) for day in days)
    ]
    assert len(rows) > 2 * sum(wanted.values())
    take_breaks(site, rows, tmp_path)
    assert outages.open_at(Client(reader), wanted) == wanted
