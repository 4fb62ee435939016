"""Named queries over what was published and over those who read it."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.apps import apps
from django.db import models
from django.db.models import F, Max, Min, Q, Subquery
from django.db.models.functions import Coalesce

from core.querysets import TenantQuerySet

if TYPE_CHECKING:
    from accounts.models import User


class PublicationQuerySet(models.QuerySet[Any]):
    """The one row that says how far publication has come."""

    def take(self) -> Any:
        """The row, locked until the transaction ends; None while another node has it."""
        self.get_or_create(pk=1)
        return self.select_for_update(skip_locked=True).filter(pk=1).first()

    def head(self) -> int:
        """The position of the newest event; 0 before the first."""
        return self.values_list("position", flat=True).first() or 0


class PublishedEventQuerySet(TenantQuerySet[Any]):
    """Public events, in the one order in which everybody reads them."""

    def visible_to(self, user: "User") -> "PublishedEventQuerySet":
        """Whoever may read events reads all of the organisation's."""
        return self.all()

    def after(self, position: int) -> "PublishedEventQuerySet":
        """What comes after a position, in order."""
        return self.filter(position__gt=position).order_by("position")

    def of_types(self, names: Collection[str]) -> "PublishedEventQuerySet":
        """Of these types only; of all when none is named."""
        return self.filter(type__in=names) if names else self.all()

    def newest_of_types(self, *, after: int, up_to: int) -> dict[tuple[UUID, str], int]:
        """Between two positions, the last of each organisation and type."""
        rows = self.filter(position__gt=after, position__lte=up_to).order_by()
        found = rows.values_list("organization", "type").annotate(newest=Max("position"))
        return {(organization, name): newest for organization, name, newest in found}

    def removable(
        self, *, before: datetime, read: int | None, even_unread: datetime
    ) -> "PublishedEventQuerySet":
        """Old enough to be cleaned up. What lies after `read` has not reached every bus and stays longer."""
        old = self.filter(published_at__lt=before)
        if read is None:
            return old
        return old.filter(Q(position__lte=read) | Q(published_at__lt=even_unread))


class OutletQuerySet(models.QuerySet[Any]):
    """Readers of every organisation's events: the buses of the installation."""

    def left(self, name: str) -> int | None:
        """How many events lie between the reader and the newest one; None for a reader that is not known."""
        newest = Subquery(apps.get_model("integrations", "Publication").objects.values("position"))
        rows = self.filter(pk=name).annotate(left=Coalesce(newest, 0) - F("position"))
        found: int | None = rows.values_list("left", flat=True).first()
        return found

    def read_by_all(self) -> int | None:
        """Up to which position every reader has come; None without readers."""
        found: int | None = self.aggregate(least=Min("position"))["least"]
        return found

    def claim(self, name: str, *, now: datetime, lease: timedelta) -> Any:
        """The reader, for `lease`; None while another node has it or it pauses after a failure."""
        free = Q(lease_until=None) | Q(lease_until__lte=now)
        rows = self.filter(free, pk=name, next_at__lte=now)
        return self.get(pk=name) if rows.update(lease_until=now + lease) == 1 else None

    def held(self, name: str, *, lease_until: datetime) -> "OutletQuerySet":
        """The reader, while the node that took it until then still has it."""
        return self.filter(pk=name, lease_until=lease_until)
