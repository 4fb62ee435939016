"""Maintenance windows as calendar entries that go with mails. The same window always has the same UID."""

from collections.abc import Sequence
from datetime import datetime
from email.utils import parseaddr
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from notifications.channels.base import CalendarFile
from notifications.services import links
from scheduling import states
from scheduling.models import Booking, Window
from scheduling.rules import ical

#: How many dates of a series go with one mail.
MOST_EVENTS = 100
_NAME = "maintenance.ics"


def for_contact(
    windows: Sequence[Window], booking: Booking, *, organization: str, gone: bool
) -> CalendarFile:
    """For the contact of a booking: when the place cannot be used, buffers included; `gone` takes it back."""
    events = [
        ical.Event(
            uid=f"window-{window.pk}-booking-{booking.pk}@{_host()}",
            sequence=window.sequence,
            starts_at=window.blocked_from,
            ends_at=window.blocked_to,
            zone=window.resource.effective_time_zone,
            summary=f"Maintenance: {window.resource.name}",
            stamp=window.updated_at,
            description=f"{window.title}. It falls into your booking {booking.reference}.".replace(
                " .", "."
            ),
            location=window.resource.name,
            status="CANCELLED" if gone else "CONFIRMED",
            is_busy=False,
            **_between(organization, booking.contact_email),
        )
        for window in windows[:MOST_EVENTS]
    ]
    return _file(events, gone=gone)


def for_person(
    windows: Sequence[Window], *, address: str, organization: str
) -> CalendarFile:  # fmt: skip
    """For somebody of the organisation: the windows as they stand."""
    events = [
        ical.Event(
            uid=uid_of(window.pk),
            sequence=window.sequence,
            starts_at=window.starts_at,
            ends_at=window.ends_at,
            zone=window.resource.effective_time_zone,
            summary=f"{window.title} – {window.resource}",
            stamp=window.updated_at,
            description=window.description,
            location=window.resource.name,
            status="CANCELLED" if window.status == states.CANCELLED else "CONFIRMED",
            url=links.absolute(links.to("window", window.pk)),
            is_busy=window.effect == Window.Effect.OUT_OF_ORDER,
            **_between(organization, address),
        )
        for window in windows[:MOST_EVENTS]
    ]
    return _file(events, gone=all(event.status == "CANCELLED" for event in events))


def for_booking(booking: Booking, *, organization: str, gone: bool) -> CalendarFile:
    """For the contact of a booking: where and when it is now; `gone` takes it back."""
    event = ical.Event(
        uid=uid_of(booking.pk, kind="booking"),
        sequence=revision(booking.created_at, booking.updated_at),
        starts_at=booking.starts_at,
        ends_at=booking.ends_at,
        zone=booking.resource.effective_time_zone,
        summary=f"Booked: {booking.resource.name}",
        stamp=booking.updated_at,
        description=booking.reference,
        location=booking.resource.name,
        status="CANCELLED" if gone else "CONFIRMED",
        **_between(organization, booking.contact_email),
    )
    return _file([event], gone=gone)


def _between(organization: str, address: str) -> dict[str, Any]:
    """Who sends an entry, and to whom."""
    sender = parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    return {"organizer": sender, "organizer_name": organization, "attendees": (address,)}


def together(window: Window) -> list[Window]:
    """What goes into one file: the window; one of a series brings those that are still to come."""
    if window.series_id is None or window.is_apart:
        return [window]
    coming = Window.objects.filter(series=window.series_id, starts_at__gte=window.starts_at)
    wanted = coming.filter(status=window.status).select_related("resource").order_by("starts_at")
    return list(wanted[:MOST_EVENTS])


def uid_of(*parts: object, kind: str = "window") -> str:
    """The UID of a window, or of something else, for the people of its organisation, in mails as in feeds."""
    return f"{'-'.join(map(str, (kind, *parts)))}@{_host()}"


def revision(made: datetime, changed: datetime) -> int:
    """A SEQUENCE that only rises, for rows that do not count their changes: the seconds since they were made."""
    return max(0, int((changed - made).total_seconds()))


def _host() -> str:
    return urlsplit(settings.SITE_URL).hostname or "localhost"


def _file(events: Sequence[ical.Event], *, gone: bool) -> CalendarFile:
    """A request or its cancelling is about one entry (RFC 5546); several are published."""
    method = "PUBLISH" if len(events) != 1 else "CANCEL" if gone else "REQUEST"
    return CalendarFile(_NAME, method, ical.calendar(events, method=method))
