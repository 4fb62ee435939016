"""A city's own deadlines: `python -m tests.acceptance.boston` (`../shared/data/boston311`).

Requests of three kinds are orders whose category says the kind; each has a policy in working days, measured in a
calendar of Boston with the public holidays of Massachusetts. The one deadline that the city changed by hand is an
agreed one. Open and overdue at an instant, and what was too late, are the product's own figures.
"""

import csv
import gzip
import sys
from collections import Counter
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from tests.acceptance import trial
from tests.acceptance.hotel import checks
from tests.acceptance.trial import say

SLUG = "boston"
ZONE = ZoneInfo("America/New_York")
#: When the city exported its records.
EXPORTED = datetime(2016, 1, 13, tzinfo=ZONE)
_CATEGORIES = {"Plumbing": "plumbing", "Electrical": "electrical", "Tree Emergencies": "other"}
_BY_HAND = timedelta(seconds=300)


def requests(data: Path) -> list[dict[str, str]]:
    """The city's rows."""
    with gzip.open(data / "service_requests_2015.csv.gz", "rt", newline="") as file:
        return list(csv.DictReader(file))


def moment(text: str) -> datetime | None:
    """A local time of the records; none where there is none."""
    return datetime.fromisoformat(text).replace(tzinfo=ZONE) if text else None


def promise(days: dict[str, int]) -> None:
    """Calendar and policies, in the organisation in scope."""
    from accounts.models import WorkingCalendar
    from accounts.services import calendars
    from worklogs.models import SlaPolicy
    from worklogs.services import sla_policies

    week = [{"weekday": day, "opens_at": time(8, 30), "closes_at": time(17)} for day in range(5)]
    calendar = WorkingCalendar(name="City of Boston", country="US", subdivision="MA")
    calendars.create_calendar(calendar, week, by=None, now=EXPORTED)
    for kind, count in days.items():
        policy = SlaPolicy(
            name=kind,
            category=_CATEGORIES[kind],
            calendar=calendar,
            resolution_business_days=count,
        )
        sla_policies.create_policy(policy, by=None, now=EXPORTED)


def take_over(rows: list[dict[str, str]]) -> None:
    """Let the product take over the requests as they stood when they were exported, and find what was too late.

    A second time come those whose deadline the city changed by hand, now with that as an agreed one.
    """
    from scheduling.models import Resource
    from scheduling.services import resources
    from worklogs.models import WorkOrder
    from worklogs.services import sla_sweep

    for name in sorted({row["neighborhood"] or "Boston" for row in rows}):
        place = Resource(code=f"B{Resource.objects.count()}", name=name, kind="venue")
        resources.create_resource(place, by=None, now=EXPORTED)
    _told([(row, False) for row in rows])
    dues = dict(WorkOrder.objects.values_list("external_id", "resolution_due_at"))
    _told([(row, True) for row in rows if _is_changed(row, dues[row["CASE_ENQUIRY_ID"]])])
    sla_sweep.sweep(now=EXPORTED)


def _told(rows: list[tuple[dict[str, str], bool]]) -> None:
    """Hand requests to the product, with their deadline or without."""
    from scheduling.models import Resource
    from worklogs.services import taking_over

    places = {place.name: place for place in Resource.objects.all()}
    told = [
        taking_over.Foreign(
            {
                "external_id": row["CASE_ENQUIRY_ID"],
                "resource": places[row["neighborhood"] or "Boston"],
                "title": row["TYPE"],
                "category": _CATEGORIES[row["TYPE"]],
                "priority": "medium",
                "status": "completed" if row["CLOSED_DT"] else "scheduled",
                "reported_at": moment(row["OPEN_DT"]),
                "completed_at": moment(row["CLOSED_DT"]),
                "deadline_at": moment(row["TARGET_DT"]) if is_agreed else None,
            }
        )
        for row, is_agreed in rows
    ]
    fates = taking_over.take_over(told, by=None, now=EXPORTED)
    assert not [fate for fate in fates if isinstance(fate, Exception)]


def _is_changed(row: dict[str, str], due: datetime | None) -> bool:
    target = moment(row["TARGET_DT"])
    return target is not None and due is not None and abs(due - target) > _BY_HAND


def matches(rows: list[dict[str, str]]) -> dict[str, dict[str, int]]:
    """BOS-1: how many of the city's deadlines the policies gave, by how close."""
    from worklogs.models import WorkOrder

    known = WorkOrder.objects.filter(deadline_at=None)
    dues = dict(known.values_list("external_id", "resolution_due_at"))
    found: dict[str, Counter[str]] = {}
    for row in rows:
        counts = found.setdefault(row["TYPE"], Counter())
        target, due = moment(row["TARGET_DT"]), dues.get(row["CASE_ENQUIRY_ID"])
        counts["rows_with_target"] += target is not None
        if target is not None and due is not None:
            seconds = abs((due - target).total_seconds())
            counts["match_300s"] += seconds <= 300
            counts["match_60s"] += seconds <= 60
            counts["match_exact"] += seconds == 0
    return {kind: dict(counts) for kind, counts in found.items()}


def standing(instants: list[str]) -> dict[str, dict[str, int]]:
    """BOS-2: open and overdue at local instants, as `GET sla/performance` tells them."""
    from accounts.models import Organization, User
    from accounts.rights import Role
    from worklogs.services import sla_performance

    organization = Organization.objects.get(slug=SLUG)
    reader = User(organization=organization, role=Role.ADMIN)
    found = {}
    for text in instants:
        end = moment(text)
        assert end
        start = end - timedelta(days=365)
        told = sla_performance.performance(
            reader, start=start, end=end, zone=str(ZONE), now=EXPORTED
        )
        found[text] = {"open": told.open, "overdue": told.overdue}
    return found


def breaches(rows: list[dict[str, str]]) -> dict[str, Any]:
    """BOS-3: what the product has on record as too late, against the city's own flag."""
    from worklogs.models import SlaViolation

    late = set(SlaViolation.objects.values_list("work_order__external_id", flat=True))
    ids = {row["CASE_ENQUIRY_ID"]: row["OnTime_Status"] == "ONTIME" for row in rows}
    wrong = sorted(key for key, in_time in ids.items() if in_time is (key in late))
    return {
        "rows": len(rows),
        "ontime": len(ids.keys() - late),
        "overdue": len(late),
        "disagree_with_city": len(wrong),
        "disagreeing_ids": wrong,
    }


def problems(data: Path) -> list[str]:
    """Everything that differs from the expected answers."""
    from core.tenancy import tenant_scope

    expected, rows = checks(data), requests(data)
    days = {kind: known["business_days"] for kind, known in expected["BOS-1"].items()}
    with tenant_scope(trial.organization(SLUG, str(ZONE)).pk):
        promise(days)
        take_over(rows)
        found = matches(rows)
        wrong = []
        for kind, known in expected["BOS-1"].items():
            given = {name: count for name, count in known.items() if name != "business_days"}
            wrong += [f"{kind}: {text}" for text in trial.verdict(given, found[kind])]
        wrong += trial.verdict(expected["BOS-2"], standing([*expected["BOS-2"]]))
        return wrong + trial.verdict(expected["BOS-3"], breaches(rows))


def main() -> int:
    """Compare; the exit code says whether everything agreed."""
    data = trial.DATA / "boston311"
    with trial.fresh_site():
        wrong = problems(data)
    for problem in wrong:
        say(f"WRONG: {problem}")
    say("BOS-1, BOS-2, BOS-3: " + (f"{len(wrong)} differ" if wrong else "all exact"))
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
