"""Named queries over people and keys."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db.models import Expression, F, Q

from accounts.rights import RIGHTS, Right, Role
from core.querysets import TenantQuerySet

if TYPE_CHECKING:
    from accounts.models import User


class UserQuerySet(TenantQuerySet[Any]):
    """People of the organisation in scope."""

    def active(self) -> "UserQuerySet":
        """Who can sign in and be told."""
        return self.filter(is_active=True)

    def workers(self) -> "UserQuerySet":
        """Who can be given work."""
        roles = [role.value for role in Role if Right.WORK_ORDER_WORK in RIGHTS[role]]
        return self.active().filter(role__in=roles)

    def visible_to(self, user: "User") -> "UserQuerySet":
        """Colleagues may see each other's names; the right to the list itself is checked at the door."""
        return self.all()

    def get_by_natural_key(self, email: str) -> Any:
        """Sign-in name to user."""
        return self.get(email=email.lower())


class ApiKeyQuerySet(TenantQuerySet[Any]):
    """Keys of machines."""

    def usable(self, *, now: "datetime | Expression") -> "ApiKeyQuerySet":
        """Neither revoked nor expired, and of a person who has been active ever since the key was made."""
        stayed = Q(user__access_ended_at=None) | Q(user__access_ended_at__lt=F("created_at"))
        return self.filter(stayed, revoked_at=None, expires_at__gt=now, user__is_active=True)

    def visible_to(self, user: "User") -> "ApiKeyQuerySet":
        """Administrators see every key of their organisation."""
        return self.all()


def _plans_people(user: "User") -> bool:
    return Right.STAFF_MANAGE in RIGHTS[Role(user.role)]


class SkillQuerySet(TenantQuerySet[Any]):
    """What people can do; everybody who sees people may know the words."""


class OwnRowsQuerySet(TenantQuerySet[Any]):
    """What is known of one person: they see their own, planners everybody's."""

    def visible_to(self, user: "User") -> "OwnRowsQuerySet":
        """All to planners, else one's own."""
        return self.all() if _plans_people(user) else self.filter(user=user)


class TeamQuerySet(TenantQuerySet[Any]):
    """Groups of people."""

    def visible_to(self, user: "User") -> "TeamQuerySet":
        """All to planners, else those that one belongs to or leads."""
        if _plans_people(user):
            return self.all()
        members = self.model.members.through
        own = members.objects.filter(user=user).values("team")
        return self.filter(Q(lead=user) | Q(pk__in=own))


class ShiftQuerySet(TenantQuerySet[Any]):
    """Weekly patterns of people and teams."""

    def visible_to(self, user: "User") -> "ShiftQuerySet":
        """All to planners, else one's own and those of one's teams."""
        if _plans_people(user):
            return self.all()
        teams = self.model._meta.get_field("team").related_model
        own = teams.members.through.objects.filter(user=user).values("team")
        return self.filter(Q(user=user) | Q(team__in=own))
