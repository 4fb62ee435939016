"""The places of a round as pages show them, and what is said about one."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest

from accounts.models import User
from core.errors import Invalid, NotAllowed
from core.rules.moments import day_and_time
from scheduling.admin.filters import is_id
from scheduling.services.places import in_words
from worklogs import states
from worklogs.models import StopMark, WorkOrder
from worklogs.pages.kept import answered_at
from worklogs.services import moving, stops

#: Why a place was not done, for one tap.
REASONS = ("Could not get in", "In use", "Not there any more")


def places_context(order: WorkOrder, user: User, *, zone: str) -> dict[str, Any]:
    """What `worklogs/places.html` shows."""
    way = stops.places_of(order)
    where = in_words(place.resource for place in way)
    return {
        "way": [
            {
                "place": place,
                "where": where[place.resource.pk],
                "above": where[place.resource.pk].removeprefix(place.resource.name).strip(", "),
                "when": day_and_time(place.mark.at, zone) if place.mark else "",
            }
            for place in way
        ],
        "way_done": sum(place.status == StopMark.Outcome.DONE for place in way),
        "way_left": len(stops.left_of(way)),
        "way_untouched": not any(place.mark for place in way),
        "place_reasons": REASONS,
        "may_tick": bool(way) and in_hand(order, user),
    }


def in_hand(order: WorkOrder, user: User) -> bool:
    """Whether the order is in somebody's hands and the person may work on it."""
    if order.status not in states.HELD_BY_SOMEBODY:
        return False
    try:
        moving.check_hands(order, user)
    except NotAllowed:
        return False
    return True


def say(order: WorkOrder, request: HttpRequest, now: datetime) -> None:
    """What the person said about one place: ticked it or took it back, tapped a reason or wrote one."""
    user: Any = request.user
    key, tapped = request.POST.get("resource", ""), request.POST.get("why", "")
    status = StopMark.Outcome.NOT_DONE if tapped else request.POST.get("status", "")
    if not is_id(key) or status not in (stops.OPEN, *StopMark.Outcome.values):
        raise Invalid("Choose a place of the round.")
    reason = (tapped or request.POST.get("reason", "")).replace("\x00", "")
    at = answered_at(request)
    stops.say(order, UUID(key), status, reason=reason, at=at, by=user, now=now)
