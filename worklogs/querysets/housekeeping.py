"""Cleaning plans and the tasks of bookings."""

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import Q

from accounts.rights import Role
from core.querysets import TenantQuerySet
from scheduling.querysets import below_entrusted
from worklogs import states

if TYPE_CHECKING:
    from accounts.models import User


class CleaningPlanQuerySet(TenantQuerySet[Any]):
    """Cleaning plans of the organisation in scope."""

    def visible_to(self, user: "User") -> "CleaningPlanQuerySet":
        """Staff: all; venue admins: of their subtrees and of whole types; requesters: none, they clean nothing."""
        role = Role(user.role)
        if role == Role.REQUESTER:
            return self.none()
        if role != Role.VENUE_ADMIN:
            return self.all()
        own = below_entrusted(user, "resource__path")
        by_time = below_entrusted(user, "schedule__resource__path")
        of_types = Q(resource_type__isnull=False) | Q(schedule__resource_type__isnull=False)
        return self.filter(own | by_time | of_types)

    def by_event(self) -> "CleaningPlanQuerySet":
        """Those that follow bookings."""
        return self.filter(schedule=None)

    def active(self) -> "CleaningPlanQuerySet":
        """At work."""
        return self.filter(is_active=True)


class BookingTaskQuerySet(TenantQuerySet[Any]):
    """Tasks that bookings asked for."""

    def unfinished(self) -> "BookingTaskQuerySet":
        """Still to be done."""
        return self.filter(work_order__status__in=states.OPEN)

    def touched_by(self, booking: UUID, resource: UUID) -> "BookingTaskQuerySet":
        """Whose turn-over a booking on this resource may decide."""
        return self.filter(
            Q(next_booking=booking) | Q(work_order__resource=resource), part=""
        ).exclude(booking=booking)
