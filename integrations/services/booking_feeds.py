"""Subscriptions to booking systems: read by a worker again and again, so that bookings come and go by themselves."""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import transaction

from core import audit
from core.errors import DomainError, Invalid
from core.services import records
from core.tenancy import all_tenants, tenant_scope
from integrations.models import BookingFeed
from integrations.services import fetching
from integrations.services.foreign import NotReached
from integrations.services.imports import calendar_file, files
from integrations.services.imports.bookings import told_by
from integrations.services.imports.lookups import Lookups
from integrations.services.imports.outcomes import Work
from integrations.services.imports.runs import clock_from
from integrations.services.imports.source import Options, Row
from integrations.services.imports.values import Reader
from scheduling import states
from scheduling.models import Booking
from scheduling.services.booking_import import Fate, Told, upsert_bookings

if TYPE_CHECKING:
    from accounts.models import User

#: A worker that died is succeeded after this; reading takes half a minute at most, and expanding another.
LEASE = timedelta(minutes=5)
#: Also an unchanged calendar is read anew after this: entries without an end reach further every day.
ANEW = timedelta(days=1)
_LONGEST_WAIT = timedelta(days=1)
_MOST_AT_ONCE = 200


def create_feed(feed: BookingFeed, *, by: "User | None", now: datetime) -> BookingFeed:
    """Subscribe; a worker reads it within a minute. Raises `Invalid` for an address that cannot be one."""
    _check(feed.secret_url)
    feed.next_at = now
    return records.create(feed, by=by, now=now)


def change_feed(
    feed: BookingFeed, changes: Mapping[str, Any], *, by: "User | None", now: datetime
) -> BookingFeed:
    """Change it; another address or resource is read at once and as a whole."""
    if "secret_url" in changes:
        _check(changes["secret_url"])
    again = {"next_at": now, "etag": "", "modified": "", "digest": ""}
    return records.update(feed, {**changes, **again}, by=by, now=now)


def ask_now(feed: BookingFeed, *, by: "User | None", now: datetime) -> None:
    """Let a worker read it at once."""
    if not feed.is_active:
        raise Invalid("It is switched off.")
    BookingFeed.objects.filter(pk=feed.pk).update(next_at=now, etag="", modified="", digest="")
    audit.record("read_now", feed, by=by, now=now)


def read_due(*, now: datetime) -> int:
    """Read every feed whose time has come, of every organisation; returns how many this caller read."""
    clock = clock_from(now)
    with all_tenants(reason="one worker reads for every organisation"):
        due = BookingFeed.objects.due(now=now).filter(
            organization__maintenance_scheduling_enabled=True
        )
        waiting = list(due.values_list("pk", "organization")[:_MOST_AT_ONCE])
    done = 0
    for pk, organization_id in waiting:
        with tenant_scope(organization_id):
            done += read(pk, now=clock())
    return done


def read(pk: UUID, *, now: datetime) -> bool:
    """Read one feed; false when another worker has it. What goes wrong is kept with it, for people to see."""
    if not BookingFeed.objects.claim(pk, now=now, lease_until=now + LEASE):
        return False
    feed = BookingFeed.objects.select_related("resource").get(pk=pk)
    is_recent = feed.succeeded_at is not None and feed.succeeded_at > now - ANEW
    known = (feed.etag, feed.modified) if is_recent else ("", "")
    try:
        found = fetching.fetch(feed.secret_url, etag=known[0], modified=known[1])
        digest = hashlib.sha256(found.data or b"").hexdigest()
        if found.data is None or (is_recent and digest == feed.digest):
            _keep(feed, {}, now=now)
            return True
        period = calendar_file.period(Options(), now)
        expanded = calendar_file.expand(found.data, *period)
        _take_over(feed, expanded, period, {**_tags(found), "digest": digest}, now=now)
    except NotReached as error:
        _fail(feed, str(error), now=now)
    except DomainError as error:
        _fail(feed, error.message, now=now)
    return True


def _tags(found: fetching.Fetched) -> dict[str, Any]:
    return {"etag": found.etag, "modified": found.modified}


@transaction.atomic
def _take_over(
    feed: BookingFeed,
    expanded: Mapping[str, Any],
    period: tuple[date, date],
    tags: Mapping[str, Any],
    *,
    now: datetime,
) -> None:
    told, problems = _told(feed, calendar_file.rows_of(expanded, feed.resource.code), now)
    fates = upsert_bookings(told, now=now)
    problems += [fate.message for fate in fates if isinstance(fate, DomainError)]
    gone = [] if problems else _gone(feed, {one.reference for one in told}, period, now)
    cancelled = upsert_bookings(gone, now=now)
    counts = {
        "created": fates.count(Fate.CREATED),
        "changed": fates.count(Fate.CHANGED),
        "cancelled": cancelled.count(Fate.CHANGED),
    }
    problem = f"{len(problems)} entries were not taken over: {problems[0]}" if problems else ""
    taken = {"bookings": len(told), "refused": len(problems), "succeeded_at": now}
    _keep(feed, {**tags, **taken, "problem": problem[:500]}, now=now)
    if any(counts.values()):
        audit.record("import", feed, by=None, now=now, changes=audit.changes({}, counts))


def _told(feed: BookingFeed, rows: Iterable[Row], now: datetime) -> tuple[list[Told], list[str]]:
    reader = Reader(files.fields_of(files.CALENDAR), Options())
    options = Options(source=feed.source, resource=feed.resource.code)
    work = Work(reader, Lookups(), options, None, now)
    told, problems = [], []
    for row in rows:
        try:
            told.append(told_by(row, work, resource=feed.resource))
        except DomainError as error:
            problems.append(work.rejected(row, error).problem)
    return told, problems


def _gone(
    feed: BookingFeed, references: set[str], period: tuple[date, date], now: datetime
) -> list[Told]:
    """Bookings to come that the feed named once and names no more: the booking system has dropped them."""
    end = datetime.combine(period[1], datetime.min.time(), UTC)
    rows = Booking.objects.standing().filter(
        resource=feed.resource_id, source=feed.source, starts_at__gt=now, starts_at__lt=end
    )
    return [
        Told(feed.source, reference, {"status": states.CANCELLED})
        for reference in rows.values_list("reference", flat=True)
        if reference not in references
    ]


def _keep(feed: BookingFeed, values: Mapping[str, Any], *, now: datetime) -> None:
    """It was read."""
    fine = {"state": BookingFeed.State.FINE, "failures": 0, "checked_at": now, "lease_until": None}
    next_at = now + timedelta(minutes=feed.every_minutes)
    BookingFeed.objects.filter(pk=feed.pk).update(**fine, **values, next_at=next_at, updated_at=now)


def _fail(feed: BookingFeed, problem: str, *, now: datetime) -> None:
    """It could not be read; the longer that lasts, the more seldom it is tried."""
    wait = timedelta(minutes=feed.every_minutes) * 2 ** min(feed.failures, 8)
    BookingFeed.objects.filter(pk=feed.pk).update(
        state=BookingFeed.State.FAILED,
        problem=problem[:500],
        failures=feed.failures + 1,
        checked_at=now,
        lease_until=None,
        next_at=now + min(wait, _LONGEST_WAIT),
        updated_at=now,
    )


def _check(address: str) -> None:
    try:
        fetching.check(address)
    except NotReached as error:
        raise Invalid(str(error), field="secret_url") from error
