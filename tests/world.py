"""An organisation in which every kind of row exists, made through the services."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.core.files.base import ContentFile

from accounts.models import Organization, User, WorkingCalendar
from accounts.rights import Role
from accounts.services import api_keys, calendars
from core import outbox
from core.services import attachments
from core.tenancy import tenant_scope
from integrations.models import BookingFeed, CalendarFeed
from integrations.services import booking_feeds, calendar_feeds
from integrations.services.imports import runs
from scheduling.models import Resource, Window
from scheduling.services import asking, due_check, window_series, windows
from tests import factories
from worklogs.services import logs


def populate(organization: Organization) -> User:
    """Fill the organisation; returns its administrator, who owns and is assigned everything."""
    now = datetime.now(UTC)
    chief = factories.user(organization, role=Role.ADMIN, name=f"Chief of {organization.slug}")
    with tenant_scope(organization.pk):
        kind = factories.resource_type(name=f"Type of {organization.slug}")
        resource = factories.resource(
            owner=chief, type=kind, name=f"Resource of {organization.slug}"
        )
        start = now - timedelta(days=1)
        schedule = factories.schedule(
            resource=resource,
            assigned_to=chief,
            title=f"Schedule of {organization.slug}",
            start_at=start.replace(second=0, microsecond=0),
        )
        due_check.check_now(organization=organization, by=chief, now=now)
        attachments.store(
            upload=ContentFile(b"%PDF-1.4\n%%EOF\n"),
            name="plan.pdf",
            target_type="log",
            target_id=None,
            by=chief,
            now=now,
        )
        logs.record_log(
            resource=resource,
            schedule=schedule,
            performed_at=now,
            performed_by=chief,
            notes=f"Done at {organization.slug}",
            by=chief,
            now=now,
        )
        _use(resource, organization, now=now)
        _subscribe(resource, organization, chief, now=now)
        runs.upload(
            b"code,name\nX,Y\n",
            name=f"{organization.slug}.csv",
            entity="resources",
            by=chief,
            now=now,
        )
        calendars.create_calendar(WorkingCalendar(name="Week"), [], by=chief, now=now)
        api_keys.create_key(
            name="Key",
            user=chief,
            scope="read",
            expires_at=now + timedelta(days=9),
            by=chief,
            now=now,
        )
    for _ in range(5):
        outbox.relay(now=now)
    return chief


def _use(resource: Resource, organization: Organization, *, now: datetime) -> None:
    """A booking, a window, a recurring one and a draft that somebody is asked about, apart from each other."""
    day, hours = timedelta(days=1), timedelta(hours=2)
    start = now.replace(minute=0, second=0, microsecond=0) + day
    factories.booking(start, start + hours, resource=resource, guest_id=organization.slug)
    factories.window(
        start + day, start + day + hours, resource=resource, title=f"Window of {organization.slug}"
    )
    weekly = Window(
        resource=resource,
        title=f"Rounds of {organization.slug}",
        starts_at=start + 2 * day,
        ends_at=start + 2 * day + hours,
    )
    window_series.create_series(weekly, "FREQ=WEEKLY;COUNT=2", by=None, now=now)
    _ask(resource, organization, start=start + 5 * day, now=now)


def _ask(resource: Resource, organization: Organization, *, start: datetime, now: datetime) -> None:
    """A draft, and the question to whoever booked its time."""
    end = start + timedelta(hours=2)
    factories.booking(
        start,
        end,
        resource=resource,
        guest_id=organization.slug,
        contact_email=f"guest@{organization.slug}.example.org",
    )
    draft = Window(
        resource=resource,
        title=f"Draft of {organization.slug}",
        starts_at=start,
        ends_at=end,
        status="draft",
    )
    asking.ask(windows.create_window(draft, by=None, now=now), by=None, now=now)


def _subscribe(
    resource: Resource, organization: Organization, chief: User, *, now: datetime
) -> None:
    """A booking system's calendar that is read, and a calendar that is read from outside."""
    system = BookingFeed(
        resource=resource,
        source=f"System of {organization.slug}",
        secret_url=f"https://{organization.slug}.example.org/rooms.ics",
    )
    booking_feeds.create_feed(system, by=chief, now=now)
    outside = CalendarFeed(
        name=f"Calendar of {organization.slug}",
        kind=CalendarFeed.Kind.RESOURCE,
        resource=resource,
        with_bookings=True,
    )
    calendar_feeds.create_feed(outside, by=chief, now=now)


def ids_of(model: Any, organization: Organization) -> list[UUID]:
    """The ids of the organisation's rows, the oldest first."""
    with tenant_scope(organization.pk):
        return list(model.objects.order_by("pk").values_list("pk", flat=True))
