"""What people may know of windows and bookings out of their reach: that they are there and when, and nothing else."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING
from uuid import UUID

from accounts.rights import Right, has_right
from core.errors import Conflict
from scheduling.models import Booking, Resource, Window
from scheduling.querysets.upkeep import tops
from scheduling.services.conflicts import Collision

if TYPE_CHECKING:
    from accounts.models import User

#: How many colliding rows an answer names; it always says how many there are.
MOST_NAMED = 100
_TITLES = {"window": "Maintenance", "booking": "A booking"}
_PLACE = "above or below it"


def seen_by(user: "User | None", found: Sequence[Collision]) -> list[Collision]:
    """What is in the way as far as the person may know it; nobody (None) is the system and knows all.

    Of a window or booking on a resource out of their reach, and of any booking without the right to see bookings, the
    times, the people and the state are left, without id, title and place.
    """
    if user is None:
        return list(found)
    places = {one.resource_id for one in found}
    if found and tops(user) is not None:
        near = Resource.objects.visible_to(user).filter(id__among=places)
        places = set(near.values_list("pk", flat=True))
    sees_bookings = has_right(user, Right.BOOKING_VIEW)
    return [
        _hidden(one, is_near=one.resource_id in places)
        if one.resource_id not in places or (one.type == "booking" and not sees_bookings)
        else one
        for one in found
    ]


def _hidden(one: Collision, *, is_near: bool) -> Collision:
    place = one.resource_name if is_near else _PLACE
    return replace(
        one, title=_TITLES[one.type], resource_name=place, is_known=False, is_near=is_near
    )


def refusal(found: Sequence[Collision], by: "User | None") -> Conflict:
    """The error that names what is in the way."""
    rows = seen_by(by, found[:MOST_NAMED])
    named = ", ".join(f"{one.title} ({one.resource_name})" for one in rows[:3])
    more = f" and {len(found) - 3} more" if len(found) > 3 else ""
    return Conflict(
        f"This collides with {named}{more}. Choose another time, or take a suggested one.",
        code="conflict",
        conflicts=[one.as_row() for one in rows],
    )


def unseen(user: "User", windows: Iterable[UUID]) -> set[UUID]:
    """Which of the windows that they are told of (`told_to`) are out of the person's reach."""
    if tops(user) is None:
        return set()
    keys = set(windows)
    seen = Window.objects.visible_to(user).filter(pk__in=keys)
    return keys - set(seen.values_list("pk", flat=True))


def known_bookings(user: "User", bookings: Iterable[UUID]) -> set[UUID]:
    """Which of the bookings the person may know by name."""
    if not has_right(user, Right.BOOKING_VIEW):
        return set()
    rows = Booking.objects.visible_to(user).filter(pk__in=set(bookings))
    return set(rows.values_list("pk", flat=True))


class TakenAlong:
    """What of the person's own a window above takes along, in words."""

    def __init__(self, user: "User") -> None:
        self._user = user

    @cached_property
    def _own(self) -> list[tuple[str, str]]:
        rows = Resource.objects.filter(path__in=tops(self._user) or [])
        return list(rows.order_by("name", "pk").values_list("path", "name"))

    def __call__(self, path: str) -> str:
        names = [name for own, name in self._own if own.startswith(path)]
        more = f" and {len(names) - 1} more" if len(names) > 1 else ""
        return f"{names[0]}{more}" if names else ""
