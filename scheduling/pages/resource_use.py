"""What the page of a resource shows of its windows and bookings."""

from typing import Any
from uuid import UUID

from django.db.models import Q

from accounts.rights import Right, has_right
from scheduling import states
from scheduling.admin.bookings import TONES as BOOKING_TONES
from scheduling.admin.use import span
from scheduling.admin.windows import TONES
from scheduling.models import Booking, Resource, Window
from scheduling.pages.tabs import Look
from scheduling.services import discretion

_MOST, _LATEST = 50, 20


def use(look: Look) -> dict[str, Any]:
    """Windows on it, above and below, those to come and those that are over; and who has booked it."""
    resource: Resource = look.target
    above = [UUID(hex=part) for part in resource.path.rstrip("/").split("/")]
    windows = Window.objects.told_to(look.user).filter(
        Q(resource__in=above) | Q(resource__path__within=resource.path)
    )
    windows = windows.select_related("resource")
    standing = Q(status__in=[*sorted(states.BLOCKING), states.DRAFT])
    may_see = has_right(look.user, Right.BOOKING_VIEW)
    bookings = Booking.objects.subtree(resource.path).filter(ends_at__gt=look.now)
    bookings = bookings.exclude(status=states.CANCELLED).select_related("resource")
    coming = list(windows.filter(standing).order_by("starts_at", "pk")[:_MOST])
    return {
        "coming": _rows(look, coming, TONES),
        "unseen": discretion.unseen(look.user, (row.pk for row in coming)),
        "over": _rows(
            look, windows.exclude(standing).order_by("-starts_at", "-pk")[:_LATEST], TONES
        ),
        "may_see_bookings": may_see,
        "booked": _rows(
            look,
            bookings.defer("contact_name", "contact_email").order_by("ends_at", "pk")[:_MOST]
            if may_see
            else (),
            BOOKING_TONES,
        ),
        "most": _MOST,
    }


def _rows(look: Look, rows: Any, tones: Any) -> list[tuple[Any, str, str, str]]:
    return [
        (row, *span(row.starts_at, row.ends_at, look.zone), tones[row.status][0]) for row in rows
    ]
