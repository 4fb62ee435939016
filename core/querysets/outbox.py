from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import BigIntegerField, Expression, F

from core.querysets.tenant import TenantQuerySet


class _Written(Expression):
    """The place of an event among all that were ever written, by the database's own count: two changes of one object
    wait for each other, and so stand in their order, even if the clocks of two nodes differ.
    """

    output_field = BigIntegerField()

    def as_postgresql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        return '"core_outboxevent"."sequence"', []

    def as_sqlite(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        return '"core_outboxevent"."rowid"', []


class OutboxQuerySet(TenantQuerySet[Any]):
    def due(self, now: datetime) -> "OutboxQuerySet":
        return self.filter(finished_at=None, failed_at=None, available_at__lte=now).order_by(
            "available_at", "pk"
        )

    def parked(self) -> "OutboxQuerySet":
        """Events that failed for good and wait for a person."""
        return self.filter(failed_at__isnull=False)

    def finished_before(self, moment: datetime) -> "OutboxQuerySet":
        """Handled before the moment, and told to those outside."""
        return self.filter(finished_at__lt=moment, awaits_publication=False, publication_error="")

    def to_publish(self) -> "OutboxQuerySet":
        """What those outside have not been told yet, in the order in which it was written."""
        return self.filter(awaits_publication=True).order_by(_Written())

    def untold(self) -> "OutboxQuerySet":
        """What could not be put into a public event; a person looks at it."""
        return self.exclude(publication_error="")

    def publish_again(self) -> int:
        """Try what could not be told once more."""
        return self.untold().update(awaits_publication=True, publication_error="")

    def claim(
        self, *, now: datetime, lease: timedelta, limit: int, organization_id: UUID | None = None
    ) -> list[Any]:
        """Take up to `limit` due events, of one organisation or all, for `lease`; no other relay gets them meanwhile.

        PostgreSQL relays step over each other's locked rows; SQLite runs one IMMEDIATE
        transaction at a time.
        """
        due = self.due(now)
        if organization_id is not None:
            due = due.filter(organization_id=organization_id)
        if not due.exists():  # an idle relay takes no write lock
            return []
        with transaction.atomic():
            events = list(due.select_for_update(skip_locked=True)[:limit])
            ids = [event.pk for event in events]
            self.filter(pk__in=ids).update(available_at=now + lease, attempts=F("attempts") + 1)
        for event in events:
            event.available_at = now + lease
            event.attempts += 1
        return events

    def finish(self, ids: Collection[UUID], *, now: datetime) -> int:
        return self.filter(pk__in=ids).update(finished_at=now, failed_at=None, last_error="")

    def put_off(self, event_id: UUID, *, until: datetime, error: str) -> bool:
        return (
            self.filter(pk=event_id, finished_at=None).update(available_at=until, last_error=error)
            == 1
        )

    def park(self, event_id: UUID, *, now: datetime, error: str) -> bool:
        return (
            self.filter(pk=event_id, finished_at=None).update(failed_at=now, last_error=error) == 1
        )

    def retry_parked(self, *, now: datetime) -> int:
        """Give parked events all their tries again."""
        return self.parked().update(failed_at=None, attempts=0, available_at=now)
