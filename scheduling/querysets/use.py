"""Bookings and maintenance windows: who has a resource, and when."""

import json
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.apps import apps
from django.db import connection
from django.db.models import BooleanField, F, Func, Max, Q, RowRange, Value, Window

from accounts.rights import Role
from core.querysets import TenantQuerySet, rowset
from scheduling import states
from scheduling.querysets.upkeep import below_entrusted, tops

if TYPE_CHECKING:
    from accounts.models import User


#: Window, resource, start and end of what the window takes there.
Stretch = tuple[UUID, UUID, datetime, datetime]


class _Overlaps(Func):
    """Whether the row's `[start, end)` and that of the arguments share a moment, by PostgreSQL's range index."""

    template = "%(expressions)s"
    arity = 4
    output_field = BooleanField()

    def as_sql(self, compiler: Any, connection: Any, *_: Any, **__: Any) -> Any:
        start, end, low, high = (compiler.compile(part) for part in self.source_expressions)
        sql = f"tstzrange({start[0]}, {end[0]}) && tstzrange({low[0]}, {high[0]})"
        return sql, [*start[1], *end[1], *low[1], *high[1]]


class _Among(Func):
    """Whether the row takes one of `resources` in `[low, high)`, found on one resource after the other.

    Beside a list of resources databases would rather look at every resource's rows of that time, or at every row of
    these resources: how much they read must grow with neither.
    """

    arity = 1
    output_field = BooleanField()

    def __init__(self, resources: Collection[UUID], low: datetime, high: datetime) -> None:
        super().__init__(F("pk"))
        self._keys = [key.hex for key in resources]
        self._period = (low, high)

    def as_sqlite(self, compiler: Any, connection: Any, **_: Any) -> Any:
        """The plus keeps it from an index by time alone."""
        alias, _table = self._names(connection)
        low, high = map(connection.ops.adapt_datetimefield_value, self._period)
        listed = f"{alias}.resource_id IN (SELECT value FROM json_each(%s))"  # noqa: S608 - our own column
        shares = f"{alias}.ends_at > %s AND +{alias}.starts_at < %s"
        return f"({listed} AND {shares})", (json.dumps(self._keys), low, high)

    def as_sql(self, compiler: Any, connection: Any, *_: Any, **__: Any) -> Any:
        alias, table = self._names(connection)
        one = (
            f"SELECT row.ctid FROM {table} row WHERE row.resource_id = wanted.id"  # noqa: S608 - our own table
            " AND tstzrange(row.starts_at, row.ends_at) && tstzrange(%s, %s) OFFSET 0"
        )
        each = (
            f"SELECT found.ctid FROM unnest(%s::uuid[]) wanted(id) CROSS JOIN LATERAL ({one}) found"  # noqa: S608
        )
        return f"{alias}.ctid = ANY(ARRAY({each}))", (f"{{{','.join(self._keys)}}}", *self._period)

    def _names(self, connection: Any) -> "map[str]":
        """The row's alias and its table, quoted."""
        key: Any = self.source_expressions[0]
        return map(connection.ops.quote_name, (key.alias, key.target.model._meta.db_table))


def _seen_by(user: "User") -> Q:
    """Administrators and maintenance staff: all; venue admins: their subtrees; requesters: on what they own."""
    role = Role(user.role)
    if role == Role.VENUE_ADMIN:
        return below_entrusted(user, "resource__path")
    return Q(resource__owner=user) if role == Role.REQUESTER else Q()


class BookingQuerySet(TenantQuerySet[Any]):
    """Bookings of the organisation in scope."""

    def visible_to(self, user: "User") -> "BookingQuerySet":
        """By the resource."""
        return self.filter(_seen_by(user))

    def subtree(self, path: str) -> "BookingQuerySet":
        """On the resource at `path` or below it."""
        return self.filter(resource__path__within=path)

    def stay_of(self, guest_id: str, *, at: datetime) -> Any:
        """Where the guest is at the moment, else where they were last, else where they will be first; or None."""

        def distance(stay: Any) -> tuple[int, timedelta]:
            if stay.status == states.CHECKED_IN:
                return 0, abs(at - stay.starts_at)
            if stay.starts_at > at:
                return 3, stay.starts_at - at
            is_here = stay.ends_at > at and stay.status != states.COMPLETED
            return 1 if is_here else 2, abs(at - stay.ends_at)

        rows = self.filter(guest_id=guest_id).exclude(status=states.CANCELLED).order_by("pk")
        return min(rows, key=distance, default=None)

    def standing(self) -> "BookingQuerySet":
        """Those that claim their resource: neither over nor cancelled."""
        return self.filter(status__in=states.CLAIMING)

    def firm(self) -> "BookingQuerySet":
        """Confirmed or checked in."""
        return self.filter(status__in=states.FIRM)

    def sharing(self, low: datetime, high: datetime) -> "BookingQuerySet":
        """Those with a moment in `[low, high)`."""
        found = self.filter(starts_at__lt=high, ends_at__gt=low)
        if connection.vendor != "postgresql":
            return found
        return found.filter(_Overlaps(F("starts_at"), F("ends_at"), Value(low), Value(high)))

    def on(self, resources: Collection[UUID], low: datetime, high: datetime) -> "BookingQuerySet":
        """On one of these resources, with a moment in `[low, high)`."""
        return self.filter(_Among(resources, low, high))

    def double_booked(self, low: datetime, high: datetime) -> "BookingQuerySet":
        """Standing bookings that begin in `[low, high)` while an earlier one still has the same resource.

        Booking systems may say so of a pool of rooms or by mistake; the mirror keeps it as a fact.
        """
        earlier = Window(
            Max("ends_at"),
            partition_by=F("resource"),
            order_by=["starts_at", "pk"],
            frame=RowRange(None, -1),
        )
        standing = self.standing().sharing(low, high).annotate(taken_until=earlier)
        rows: BookingQuerySet = standing.filter(starts_at__gte=low, starts_at__lt=F("taken_until"))
        return rows

    def met_by(self, stretches: Iterable[Stretch]) -> "dict[UUID, int]":
        """How many standing bookings each window meets, of the stretches it takes; one statement for all.

        A window's stretches are on different resources, so that no booking counts twice.
        """
        blocks: Any = apps.get_model("scheduling", "WindowBlock")
        names = ["window", "resource", "blocked_from", "blocked_to"]
        table, document = rowset.as_table(blocks, names, stretches)
        shares = "b.starts_at < r.blocked_to AND b.ends_at > r.blocked_from"
        if connection.vendor == "postgresql":
            shares += (
                " AND tstzrange(b.starts_at, b.ends_at) && tstzrange(r.blocked_from, r.blocked_to)"
            )
        status = ", ".join(["%s"] * len(states.CLAIMING))
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT r.window_id, sum((SELECT count(*) FROM scheduling_booking b"  # noqa: S608 - names of our own models
                f" WHERE b.resource_id = r.resource_id AND {shares}"
                f" AND b.organization_id = %s AND b.status IN ({status})))"
                f" FROM {table} GROUP BY r.window_id",
                [rowset.organization_parameter(self.model), *sorted(states.CLAIMING), document],
            )
            found = cursor.fetchall()
        return {key if isinstance(key, UUID) else UUID(key): int(count) for key, count in found}


class WindowQuerySet(TenantQuerySet[Any]):
    """Maintenance windows of the organisation in scope."""

    def visible_to(self, user: "User") -> "WindowQuerySet":
        """By the resource."""
        return self.filter(_seen_by(user))

    def told_to(self, user: "User") -> "WindowQuerySet":
        """Those the person may see, and the standing ones above that take what they may see along.

        Of the latter people are told only from when to when (`services.discretion`).
        """
        own = tops(user)
        if own is None:
            return self.all()
        above = {UUID(hex=part) for path in own for part in path.split("/")[:-2]}
        return self.filter(_seen_by(user) | Q(resource__in=above, status__in=states.BLOCKING))

    def subtree(self, path: str) -> "WindowQuerySet":
        """On the resource at `path` or below it."""
        return self.filter(resource__path__within=path)

    def taking(self, path: str) -> "WindowQuerySet":
        """Of the resource at `path` or something below it: windows there, and those above, which take it along."""
        above = [UUID(hex=part) for part in path.split("/")[:-2]]
        return self.filter(Q(resource__path__within=path) | Q(resource__in=above))

    def standing(self) -> "WindowQuerySet":
        """Scheduled or in progress."""
        return self.filter(status__in=states.BLOCKING)

    def sharing(self, low: datetime, high: datetime) -> "WindowQuerySet":
        """Those that block a moment in `[low, high)`, buffers included."""
        return self.filter(blocked_from__lt=high, blocked_to__gt=low)

    def to_start(self, *, now: datetime) -> "WindowQuerySet":
        """Scheduled, and their time has come."""
        return self.filter(status=states.SCHEDULED, starts_at__lte=now)


class WindowBlockQuerySet(TenantQuerySet[Any]):
    """The stretches that windows take of single resources."""

    def on(
        self, resources: Collection[UUID], low: datetime, high: datetime
    ) -> "WindowBlockQuerySet":
        """On one of these resources, with a moment in `[low, high)`; those before are left out by the index."""
        return self.filter(resource__id__among=resources, blocked_from__lt=high, blocked_to__gt=low)


__all__ = ["BookingQuerySet", "WindowBlockQuerySet", "WindowQuerySet"]
