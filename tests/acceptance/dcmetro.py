"""The main job on real records: `python -m tests.acceptance.dcmetro [--days 365]`.

Imports 891 lifts and escalators, a monthly schedule for each and the inspections of every day as of that day, runs
each day's check by command, prints what was due, alerted, overdue and done in time per month, compares the counts with
the records themselves, and does it all again to show that nothing changes.
"""

import argparse
import hashlib
import io
import json
import os
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.acceptance import records

SLUG = "metro"
DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "dcmetro"


@dataclass
class Proof:
    """One organisation, its files, and the days that are played through."""

    data: Path
    folder: Path
    days: int
    stations: set[str] | None = None
    alerted: Counter[str] = field(default_factory=Counter)
    overdue: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.units = records.units(self.data, self.stations)
        self.moments = records.checks(self.days)
        wanted = {unit["unit_id"] for unit in self.units}
        self.known = records.by_check(records.inspections(self.data), self.moments, wanted)
        self.first = records.first_days(self.units, self.known)

    def play(self) -> None:
        """Import and check, day by day."""
        self._import_master_data()
        logs = self.folder / "logs.csv"
        for moment in self.moments:
            if found := self.known.get(moment):
                records.write_logs(logs, found)
                self._import("logs", logs, now=moment)
            self._check(moment)

    def _import_master_data(self) -> None:
        begin = self.moments[0].replace(day=1, hour=4)
        users = records.write_users(self.folder / "users.csv", self.units)
        self._import("users", users, now=begin)
        chosen = self.folder / "units.csv"
        header = list(self.units[0])
        records.write(chosen, header, [list(unit.values()) for unit in self.units])
        mapping = {
            "unit_id": "code",
            "unit_type": "type",
            "station_desc": "name",
            "esc_desc": "description",
            "station_name": "attributes.station",
        }
        self._import("resources", chosen, mapping=mapping, create_types=True, now=begin)
        schedules = records.write_schedules(self.folder / "schedules.csv", self.units, self.first)
        self._import("schedules", schedules, dates="mdy", now=begin)

    def _import(self, entity: str, path: Path, **options: Any) -> None:
        from django.core.management import call_command

        call_command("import_csv", entity, path, organization=SLUG, stdout=io.StringIO(), **options)

    def _check(self, moment: datetime) -> None:
        from django.core.management import call_command

        out = io.StringIO()
        call_command("check_due", organization=SLUG, now=moment.isoformat(), stdout=out)
        run = json.loads(out.getvalue())
        month = moment.astimezone(records.ZONE).strftime("%Y-%m")
        self.alerted[month] += run["sent"]
        self.overdue[month] += run["overdue"]


def prepare() -> None:
    """The organisation that owns the units."""
    from accounts.models import Organization

    Organization.objects.get_or_create(
        slug=SLUG,
        defaults={
            "name": "Metro",
            "time_zone": str(records.ZONE),
            "check_hour": records.CHECK_HOUR,
            "maintenance_scheduling_enabled": True,
        },
    )


def months(proof: Proof) -> list[dict[str, Any]]:
    """Per month of the due date: due, done, done in time, missed, still open; and what was told in that month."""
    from scheduling.models import Occurrence

    found: dict[str, Counter[str]] = {}
    with scope():
        rows = Occurrence.objects.values_list("due_at", "status", "is_compliant")
        last = proof.moments[-1]
        for due_at, status, is_compliant in rows.iterator():
            if due_at <= last:
                month = found.setdefault(
                    due_at.astimezone(records.ZONE).strftime("%Y-%m"), Counter()
                )
                month.update(["due", status, *(["in_time"] if is_compliant else [])])
    return [
        {
            "month": name,
            **{key: month[key] for key in ("due", "done", "in_time", "superseded", "open")},
            "compliance": round(month["in_time"] / month["due"], 4),
            "alerted": proof.alerted[name],
            "overdue": proof.overdue[name],
        }
        for name, month in sorted(found.items())
    ]


def scope() -> Any:
    """Inside, the rows of the organisation are in reach."""
    from accounts.models import Organization
    from core.tenancy import tenant_scope

    return tenant_scope(Organization.objects.get(slug=SLUG).pk)


def state() -> dict[str, tuple[int, str]]:
    """How many rows of each kind there are, and a digest of everything in them but the time of the last write."""
    from accounts.models import User
    from notifications.models import Delivery, Notification
    from scheduling.models import DueState, Occurrence, Resource, ResourceType, Schedule
    from worklogs.models import Log

    kinds = (
        User,
        ResourceType,
        Resource,
        Schedule,
        DueState,
        Occurrence,
        Log,
        Notification,
        Delivery,
    )
    found = {}
    with scope():
        for model in kinds:
            names = [
                column.attname
                for column in model._meta.concrete_fields
                if column.attname != "updated_at"
            ]
            digest, count = hashlib.sha256(), 0
            for row in model._base_manager.order_by("pk").values_list(*names).iterator():
                digest.update(repr(row).encode())
                count += 1
            found[model.__name__] = (count, digest.hexdigest()[:16])
    return found


def logged() -> Counter[str]:
    """How many logs each unit has in the product."""
    from worklogs.models import Log

    with scope():
        return Counter(Log.objects.values_list("resource__code", flat=True))


def compare(proof: Proof) -> list[str]:
    """Where the product and the records disagree; nothing, when it works."""
    from scheduling.models import Occurrence

    problems = []
    wanted, found = records.per_unit(proof.known), logged()
    if found != wanted:
        more, less = (found - wanted).total(), (wanted - found).total()
        problems.append(f"logs per unit: {more} too many, {less} missing")
    last = proof.moments[-1]
    with scope():
        past = Occurrence.objects.filter(overdue_at__lte=last)
        dates = Counter(past.values_list("resource__code", flat=True))
        done = list(
            Occurrence.objects.filter(status="done").values_list(
                "due_at", "performed_at", "is_compliant"
            )
        )
    expected = Counter(
        {unit: records.days_gone_by(first, last) for unit, first in proof.first.items()}
    )
    if dates != expected:
        problems.append(f"dates per unit: {dates - expected} too many, {expected - dates} missing")
    wrong = sum(
        is_compliant != in_time(due_at, performed_at) for due_at, performed_at, is_compliant in done
    )
    if wrong:
        problems.append(f"done in time: wrong for {wrong} dates")
    return problems


def in_time(due_at: datetime, performed_at: datetime) -> bool:
    """Whether work lies within the tolerance, by calendar days in Washington."""
    due, done = (moment.astimezone(records.ZONE).date() for moment in (due_at, performed_at))
    return abs((done - due).days) <= records.TOLERANCE_DAYS


def main() -> int:
    """Play it twice and print; the exit code says whether everything agreed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--stations", help="such as A01,A02; all when left out")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="dcmetro-") as folder:
        os.environ["DATA_DIR"] = folder
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "maintenance_site.settings")
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        prepare()
        stations = set(options.stations.split(",")) if options.stations else None
        proof = Proof(DATA, Path(folder), options.days, stations)
        started = time.monotonic()
        proof.play()
        report(proof, months(proof), time.monotonic() - started)
        before, problems = state(), compare(proof)
        started = time.monotonic()
        again = Proof(DATA, Path(folder), options.days, stations)
        again.play()
        say(f"\nThe same again: {time.monotonic() - started:.0f} s")
        after = state()
        for name, (count, digest) in before.items():
            say(
                f"  {name:14}{count:>8}  {digest}  {'unchanged' if after[name] == before[name] else 'CHANGED'}"
            )
        say(f"  told in the second run: {sum(again.alerted.values())}")
        problems += [f"{name} changed" for name in before if before[name] != after[name]]
    for problem in problems:
        say(f"WRONG: {problem}")
    return bool(problems)


def report(proof: Proof, rows: list[dict[str, Any]], seconds: float) -> None:
    """The table that people read."""
    inspected = sum(len(found) for found in proof.known.values())
    say(
        f"{len(proof.units)} units, {inspected} inspections, {proof.days} checks: {seconds:.0f} s\n"
    )
    for row in [dict(zip(rows[0], rows[0], strict=True)), *rows] if rows else []:
        say("".join(f"{value!s:>12}" for value in row.values()))


def say(text: str) -> None:
    """Tell the person at the terminal."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
