"""The stretches that windows take of single resources: one for the window's own and one for each below it."""

from collections.abc import Collection, Iterable
from uuid import UUID

from django.db import IntegrityError

from scheduling import states
from scheduling.models import Resource, Window, WindowBlock, WindowOverride
from scheduling.services import conflicts
from scheduling.services.conflicts import Collision


def write(windows: Iterable[Window], resources: Collection[UUID]) -> None:
    """Let each window take each of the resources. Raises `Conflict` where another window has the time."""
    blocks = [
        WindowBlock(
            window=window,
            resource_id=resource_id,
            blocked_from=window.blocked_from,
            blocked_to=window.blocked_to,
            is_exclusive=window.kind == Window.Kind.PLANNED,
        )
        for window in windows
        for resource_id in resources
    ]
    try:
        WindowBlock.objects.bulk_create(blocks, check_foreign_keys=False)
    except IntegrityError as error:
        raise conflicts.overtaken(error) from error


def take(window: Window, displaced: Collection[Collision]) -> None:
    """Write what the window takes, and whom it displaces."""
    if window.status not in states.BLOCKING:
        return
    below = Resource.objects.subtree(window.resource.path).values_list("pk", flat=True)
    write([window], below)
    if not displaced:
        return
    known = set(window.overrides.values_list("booking", flat=True))
    WindowOverride.objects.bulk_create(
        [
            WindowOverride(
                window=window, booking_id=one.id, starts_at=one.starts_at, ends_at=one.ends_at
            )
            for one in displaced
            if one.id not in known
        ],
        check_foreign_keys=False,
    )


def follow_place(resource: Resource, *, has_moved: bool) -> None:
    """Let the windows above take what now stands below them, and give back what has left. Call with the tree's lock.

    Raises `Conflict` where a window of the resource shares a moment with one above its new place. Bookings that such
    a window meets there stay, and are shown as its conflicts.
    """
    members = list(Resource.objects.subtree(resource.path).values_list("pk", flat=True))
    if has_moved:
        inside = WindowBlock.objects.filter(resource__id__among=members)
        inside.exclude(window__resource__id__among=members).delete()
    above = [UUID(hex=part) for part in resource.path.split("/")[:-2]]
    write(Window.objects.standing().filter(resource__id__among=above), members)
