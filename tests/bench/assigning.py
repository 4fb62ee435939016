"""Auto-assign 1,000 orders to 50 technicians, with skills, shifts and work that they have already."""

from collections import Counter
from datetime import datetime, time, timedelta
from typing import Any

from accounts.models import Organization, PersonSkill, Shift, Skill, User
from accounts.rights import Role
from core.tenancy import tenant_scope
from scheduling.models import Resource
from tests.bench.meter import Meter
from worklogs.models import WorkNeed, WorkOrder
from worklogs.services import assigning, numbers

_PEOPLE, _ORDERS, _BEFORE = 50, 1000, 400
_CATEGORIES = ("plumbing", "electrical", "hvac", "other")


def measure(organization: Organization, now: datetime) -> dict[str, Any]:
    """Seconds for reading, deciding and writing a move with history, event and trail for each order."""
    with tenant_scope(organization.pk):
        people = _people(organization)
        machines = list(Resource.objects.order_by("pk")[:_ORDERS])
        _orders(_BEFORE, machines, now)
        assigning.auto_assign(None, by=None, now=now)
        waiting = _orders(_ORDERS, machines, now)
        with Meter() as trying:
            assigning.auto_assign(waiting, by=None, now=now, dry_run=True)
        with Meter() as giving:
            found = assigning.auto_assign(waiting, by=None, now=now)
        counts = Counter(one.person.pk for one in found if one.person)
    return {
        "orders": len(found),
        "technicians": len(people),
        "assigned": sum(counts.values()),
        "fewest_and_most": [min(counts.values()), max(counts.values())],
        "dry_run": trying.figures(),
        "assign": giving.figures(),
    }


def _people(organization: Organization) -> list[User]:
    skills = [Skill.objects.create(name=f"Skill {name}") for name in _CATEGORIES]
    for skill, category in zip(skills, _CATEGORIES, strict=True):
        WorkNeed.objects.create(category=category, skill=skill, minutes=30)
    found = []
    for number in range(_PEOPLE):
        person = User.objects.create(
            organization=organization,
            email=f"crew{number}@example.org",
            name=f"Crew {number}",
            role=Role.TECHNICIAN,
        )
        start = 6 + number % 3 * 8
        Shift.objects.create(
            name="Shift", user=person, starts_at=time(start % 24), ends_at=time((start + 8) % 24)
        )
        for at, skill in enumerate(skills):
            if at != number % len(skills):
                PersonSkill.objects.create(user=person, skill=skill)
        found.append(person)
    return found


def _orders(count: int, machines: list[Resource], now: datetime) -> list[Any]:
    """Scheduled orders that nobody has."""
    rows = [
        WorkOrder(
            number=number,
            resource=machines[number % len(machines)],
            title=f"Job {number}",
            category=_CATEGORIES[number % len(_CATEGORIES)],
            priority="medium",
            status=WorkOrder.Status.SCHEDULED,
            step=1,
            reported_at=now,
            due_at=now + timedelta(hours=number % 240),
        )
        for number in numbers.draw(count)
    ]
    WorkOrder.objects.bulk_create(rows, batch_size=200)
    return [row.pk for row in rows]
