"""Calendars for subscription: made, shown once, read without sign-in, revoked for good."""

import hashlib
import secrets
from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from accounts.models import User
from accounts.rights import Right, has_right, require
from core import audit
from core.errors import Conflict, Invalid
from core.querysets.key_text import KeyText
from core.services import records
from core.tenancy import all_tenants
from integrations.models import CalendarFeed
from notifications.services import calendar_files, links
from scheduling import states
from scheduling.models import Booking, Occurrence, Resource, Window
from scheduling.rules.ical import Event, calendar
from scheduling.services import calendar as dates
from scheduling.services import discretion

#: What a calendar program gets to see; it keeps the past by itself.
PAST = timedelta(days=31)
FUTURE = timedelta(days=366)
#: How long a cancelled entry is still told as cancelled, so that every program hears of it.
TOLD_AS_CANCELLED = timedelta(days=30)
MOST_EVENTS = 3_000
#: Dates that have a row bear its id, those to come a longer name.
_KEY_LENGTH = len(str(UUID(int=0)))
_USE_IS_NOTED_EVERY = timedelta(hours=1)
_BOOKING_STATUS = {states.TENTATIVE: "TENTATIVE", states.CANCELLED: "CANCELLED"}


def create_feed(feed: CalendarFeed, *, by: User, now: datetime) -> tuple[CalendarFeed, str]:
    """A new calendar of `by`, and the secret part of its address, which is kept nowhere.

    Raises `Invalid` for bookings in a personal one, `NotAllowed` for what the person may not see.
    """
    feed.user = by
    if (feed.kind == CalendarFeed.Kind.RESOURCE) != (feed.resource_id is not None):
        raise Invalid(
            "Choose the resource of a resource's calendar, and of no other.", field="resource"
        )
    if feed.kind == CalendarFeed.Kind.PERSON and feed.with_bookings:
        raise Invalid("Bookings belong to resources, not to you.", field="with_bookings")
    if feed.with_contacts and not feed.with_bookings:
        raise Invalid("Contacts come with the bookings only.", field="with_contacts")
    if feed.with_bookings:
        require(by, Right.BOOKING_VIEW)
    if feed.with_contacts:
        require(by, Right.BOOKING_CONTACT_VIEW)
    token = secrets.token_urlsafe(32)
    feed.token_hash = _hash(token)
    return records.create(feed, by=by, now=now), token


def revoke_feed(feed: CalendarFeed, *, by: User, now: datetime) -> CalendarFeed:
    """From now on the address opens nothing. Raises `Conflict` when it was revoked before."""
    with transaction.atomic():
        taken = CalendarFeed.objects.filter(pk=feed.pk, revoked_at=None).update(
            revoked_at=now, revoked_by=by, updated_at=now
        )
        if not taken:
            raise Conflict("This calendar is revoked already.", code="already_revoked")
        feed.refresh_from_db()
        audit.record("revoke", feed, by=by, now=now)
    return feed


def find_usable(token: str) -> CalendarFeed | None:
    """The calendar with this secret, unless it is revoked, its person has left or scheduling is switched off."""
    with all_tenants(reason="calendars for subscription are found by their secret"):
        found: CalendarFeed | None = (
            CalendarFeed.objects.usable()
            .select_related("user__organization", "organization", "resource")
            .filter(token_hash=_hash(token), organization__maintenance_scheduling_enabled=True)
            .first()
        )
    return found


def note_use(feed: CalendarFeed, *, now: datetime) -> None:
    """Remember that it is read, so that people see which calendars nobody needs."""
    if feed.last_used_at is None or feed.last_used_at <= now - _USE_IS_NOTED_EVERY:
        CalendarFeed.objects.filter(pk=feed.pk).update(last_used_at=now)


def content(feed: CalendarFeed, *, now: datetime) -> bytes:
    """The calendar as a program reads it: what its person may see now. The same facts give the same bytes."""
    events: list[Event] = []
    if has_right(feed.user, Right.WINDOW_VIEW):
        events += _windows(feed, now)
    if has_right(feed.user, Right.SCHEDULE_VIEW):
        events += _due(feed, now)
    if feed.with_bookings and has_right(feed.user, Right.BOOKING_VIEW):
        events += _bookings(feed, now)
    events.sort(key=lambda event: (event.starts_at, event.uid))
    return calendar(events, name=feed.name)


def _windows(feed: CalendarFeed, now: datetime) -> Iterator[Event]:
    """Drafts are nobody's business yet; cancelled ones are told as such for a while if they had been told before.

    Of those above what the person may see, only from when to when they take that along.
    """
    recently = Q(status=states.CANCELLED, sequence__gt=0, closed_at__gte=now - TOLD_AS_CANCELLED)
    rows = Window.objects.told_to(feed.user).filter(
        ~Q(status__in=[states.DRAFT, states.CANCELLED]) | recently,
        ends_at__gte=now - PAST,
        starts_at__lte=now + FUTURE,
    )
    if feed.kind == CalendarFeed.Kind.PERSON:
        rows = rows.filter(assigned_to=feed.user)
    elif feed.resource is not None:
        rows = rows.taking(feed.resource.path)
    found = list(rows.select_related("resource").order_by("starts_at", "pk")[:MOST_EVENTS])
    unseen = discretion.unseen(feed.user, (window.pk for window in found))
    taken_along = discretion.TakenAlong(feed.user)
    for window in found:
        place: Resource = window.resource
        if window.pk in unseen:
            yield _above(window, taken_along(place.path))
            continue
        yield Event(
            uid=_uid("window", window.pk),
            sequence=window.sequence,
            starts_at=window.starts_at,
            ends_at=window.ends_at,
            zone=place.effective_time_zone,
            summary=f"{window.title}: {place.name}",
            description=window.description,
            location=place.name,
            status="CANCELLED" if window.status == states.CANCELLED else "CONFIRMED",
            stamp=window.updated_at,
            url=links.absolute(links.to("window", window.pk)),
            is_busy=window.effect == Window.Effect.OUT_OF_ORDER,
        )


def _above(window: Window, taken_along: str) -> Event:
    """A window out of the person's reach, which takes along what is theirs."""
    return Event(
        uid=_uid("window", window.pk),
        sequence=window.sequence,
        starts_at=window.starts_at,
        ends_at=window.ends_at,
        zone=window.resource.effective_time_zone,
        summary=f"Maintenance: {taken_along}",
        location=taken_along,
        stamp=window.updated_at,
        is_busy=window.effect == Window.Effect.OUT_OF_ORDER,
    )


def _due(feed: CalendarFeed, now: datetime) -> Iterator[Event]:
    """Maintenance that is due, as the console's calendar shows it: dates with rows and dates to come."""
    wanted = dates.Range(
        start=now - PAST,
        end=now + FUTURE,
        layers=frozenset({dates.DUE}),
        path=feed.resource.path if feed.resource is not None else None,
        assignee=feed.user.pk if feed.kind == CalendarFeed.Kind.PERSON else None,
    )
    shown = dates.feed(feed.user, wanted, now=now, may_move=False).events
    changed = _changes({row["id"] for row in shown if len(row["id"]) == _KEY_LENGTH})
    places = {row["extendedProps"]["resource"] for row in shown}
    rows = Resource.objects.filter(pk__among=places)
    zones = dict(rows.values_list(KeyText("pk"), "effective_time_zone"))
    for row in shown:
        facts = row["extendedProps"]
        sequence, stamp = changed.get(row["id"], (0, feed.created_at))
        late = "Overdue: " if facts["status"] == "overdue" else ""
        yield Event(
            uid=_uid("due", facts["schedule"], facts["resource"], facts["occurrence"]),
            sequence=sequence,
            starts_at=row["start"],
            ends_at=row.get("end"),
            zone=zones[facts["resource"]],
            summary=f"{late}{row['title']}: {facts['resource_name']}",
            location=facts["resource_name"],
            stamp=stamp,
            is_busy=False,
        )


def _changes(keys: set[str]) -> dict[str, tuple[int, datetime]]:
    """How often calendars have to be told of a date anew, counted in seconds since it was made, and when it changed."""
    stored = Occurrence.objects.filter(pk__among=keys)
    rows = stored.values_list(KeyText("pk"), "created_at", "updated_at")
    return {key: (calendar_files.revision(made, changed), changed) for key, made, changed in rows}


def _bookings(feed: CalendarFeed, now: datetime) -> Iterator[Event]:
    names_contacts = feed.with_contacts and has_right(feed.user, Right.BOOKING_CONTACT_VIEW)
    recently = Q(status=states.CANCELLED, updated_at__gte=now - TOLD_AS_CANCELLED)
    rows = Booking.objects.visible_to(feed.user).filter(
        ~Q(status=states.CANCELLED) | recently,
        ends_at__gte=now - PAST,
        starts_at__lte=now + FUTURE,
    )
    if feed.resource is not None:
        rows = rows.filter(resource__path__within=feed.resource.path)
    rows = rows.select_related("resource").order_by("starts_at", "pk")
    if not names_contacts:
        rows = rows.defer("contact_name", "contact_email")
    for booking in rows[:MOST_EVENTS]:
        who = f"{booking.contact_name} {booking.contact_email}".strip() if names_contacts else ""
        yield Event(
            uid=_uid("booking", booking.pk),
            sequence=calendar_files.revision(booking.created_at, booking.updated_at),
            starts_at=booking.starts_at,
            ends_at=booking.ends_at,
            zone=booking.resource.effective_time_zone,
            summary=f"Booked: {booking.resource.name}",
            description="\n".join(part for part in (booking.reference, who) if part),
            location=booking.resource.name,
            status=_BOOKING_STATUS.get(booking.status, "CONFIRMED"),
            stamp=booking.updated_at,
        )


def _uid(kind: str, *parts: object) -> str:
    """Stable, unlike every other site's, and for windows the same as in mails."""
    return calendar_files.uid_of(*parts, kind=kind)


def etag_of(data: bytes) -> str:
    """Strong, as RFC 9110 writes it."""
    return f'"{hashlib.sha256(data).hexdigest()[:32]}"'


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
