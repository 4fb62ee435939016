"""Named queries over imports and calendars."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db.models import Exists, F, OuterRef, Q

from accounts.rights import Right, Role, has_right
from core.querysets import TenantQuerySet
from scheduling.querysets.upkeep import below_entrusted

if TYPE_CHECKING:
    from accounts.models import User

#: An import that ended so many workers, by their memory or their time limit, would end the next as well.
MOST_ATTEMPTS = 3


class ImportRunQuerySet(TenantQuerySet[Any]):
    """Imports of the organisation in scope."""

    def visible_to(self, user: "User") -> "ImportRunQuerySet":
        """Whoever may import sees the organisation's imports."""
        return self.all()

    def newest_first(self) -> "ImportRunQuerySet":
        """In the order of the index."""
        return self.order_by("-created_at", "-pk")

    def ready(self, *, now: datetime) -> "ImportRunQuerySet":
        """Waiting for a worker, or left behind by one that died and not yet too often; in the order of their upload.

        While an organisation has one under way its others wait: they may need what it brings.
        """
        left_behind = Q(state="running", lease_until__lte=now, attempts__lt=MOST_ATTEMPTS)
        under_way = self.model.objects.filter(
            organization=OuterRef("organization"), state="running", lease_until__gt=now
        )
        return self.filter(Q(state="waiting") | left_behind, ~Exists(under_way)).order_by("pk")

    def given_up(self, *, now: datetime) -> "ImportRunQuerySet":
        """Left behind by every worker that began them."""
        return self.filter(state="running", lease_until__lte=now, attempts__gte=MOST_ATTEMPTS)

    def claim(self, pk: object, *, now: datetime, lease_until: datetime) -> bool:
        """Take a waiting import; one worker's UPDATE matches."""
        rows = self.ready(now=now).order_by().filter(pk=pk)
        begun = {"state": "running", "lease_until": lease_until, "attempts": F("attempts") + 1}
        return rows.update(**begun) == 1

    def forgotten(self, *, before: datetime) -> "ImportRunQuerySet":
        """Uploaded or checked, and never taken over."""
        return self.filter(
            state__in=["uploaded", "checked", "refused"], updated_at__lt=before
        ).exclude(file="")


class BookingFeedQuerySet(TenantQuerySet[Any]):
    """Subscriptions to booking systems of the organisation in scope."""

    def visible_to(self, user: "User") -> "BookingFeedQuerySet":
        """Venue admins see those of their subtrees; whoever else may manage bookings sees all."""
        if Role(user.role) == Role.VENUE_ADMIN:
            return self.filter(below_entrusted(user, "resource__path"))
        return self.all()

    def due(self, *, now: datetime) -> "BookingFeedQuerySet":
        """To be read now, and by nobody else at the moment."""
        free = Q(lease_until=None) | Q(lease_until__lte=now)
        return self.filter(free, is_active=True, next_at__lte=now).order_by("next_at", "pk")

    def claim(self, pk: object, *, now: datetime, lease_until: datetime) -> bool:
        """Take one that is due; one worker's UPDATE matches."""
        return self.due(now=now).order_by().filter(pk=pk).update(lease_until=lease_until) == 1


class CalendarFeedQuerySet(TenantQuerySet[Any]):
    """Calendars for subscription of the organisation in scope."""

    def visible_to(self, user: "User") -> "CalendarFeedQuerySet":
        """One's own; those who manage the organisation see everybody's."""
        if has_right(user, Right.ORGANIZATION_MANAGE):
            return self.all()
        return self.filter(user=user)

    def usable(self) -> "CalendarFeedQuerySet":
        """Neither revoked nor of a person who has left."""
        return self.filter(revoked_at=None, user__is_active=True)
