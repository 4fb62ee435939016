"""Triage: new reports, what speaks for each being known already, and one decision at a time."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import transaction
from django.db.models import Count

from scheduling.models import Resource
from worklogs import states
from worklogs.models import WorkOrder
from worklogs.rules import reports as rules
from worklogs.services import assigning, orders

if TYPE_CHECKING:
    from accounts.models import User

#: What can be decided about a report, and the commands of the table that it takes.
DECISIONS = {
    "triage": ("triage",),
    "schedule": ("triage", "schedule"),
    "assign": ("triage", "schedule", "assign"),
    "duplicate": ("duplicate",),
    "reject": ("reject",),
}
_MOST_PLACES, _MOST_COMPARED, _MOST_SHOWN = 300, 100, 3


@dataclass(frozen=True, slots=True)
class Candidate:
    """An open order that a report may repeat, and why; `voices` reported it or said “me too”."""

    order: WorkOrder
    reasons: tuple[str, ...]
    voices: int


def inbox(by: "User") -> Any:
    """Reports that this person has to decide on: where somebody's safety is at risk first, then the newest."""
    rows = WorkOrder.objects.changeable_by(by).filter(status=states.REPORTED)
    return rows.order_by("-safety_concern", "-reported_at", "-pk")


@transaction.atomic
def decide(
    order: WorkOrder, what: str, given: Mapping[str, Any], *, by: "User | None", now: datetime
) -> WorkOrder:
    """One decision of `DECISIONS`, all its commands or none."""
    for name in DECISIONS[what]:
        why = _why_this_person(order, given, now) if name == "assign" else {}
        orders.give(order, name, {**given, **why}, by=by, now=now)
    return order


def _why_this_person(order: WorkOrder, given: Mapping[str, Any], now: datetime) -> dict[str, str]:
    person = given.get("assigned_to")
    return {"reason": assigning.reason_for(order, person, now=now)} if person else {}


def likely_duplicates(order: WorkOrder, by: "User") -> list[Candidate]:
    """Open orders at the same place, above or below it, that probably mean the same, the likeliest first; of those that
    the person sees.
    """
    told = _told(order)
    seen = WorkOrder.objects.visible_to(by).open()
    rows = seen.filter(resource__in=_places(order.resource)).exclude(pk=order.pk)
    compared = rows.select_related("resource", "assigned_to").order_by("-created_at", "-pk")
    found = [(rules.likeness(told, _told(other)), other) for other in compared[:_MOST_COMPARED]]
    likely = sorted((one for one in found if one[0].is_likely), key=lambda one: -one[0].points)
    shown = likely[:_MOST_SHOWN]
    voices = _voices([other.pk for _, other in shown])
    return [Candidate(other, alike.reasons, voices.get(other.pk, 0)) for alike, other in shown]


def _places(resource: Resource) -> list[UUID]:
    above = [UUID(hex=part) for part in resource.path.rstrip("/").split("/")]
    below = Resource.objects.subtree(resource.path).order_by("path").values_list("pk", flat=True)
    return [*above, *below[:_MOST_PLACES]]


def _told(order: WorkOrder) -> rules.Told:
    return rules.Told(
        text=f"{order.title} {order.description}",
        category=order.category,
        place=order.resource.path,
        at=order.reported_at,
    )


def _voices(ids: list[UUID]) -> dict[UUID, int]:
    rows = WorkOrder.objects.filter(pk__in=ids).annotate(voices=Count("followers"))
    return dict(rows.values_list("pk", "voices")) if ids else {}
