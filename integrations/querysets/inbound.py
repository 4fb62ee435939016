"""Named queries over what came in."""

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import models
from django.db.models import Q

from accounts.rights import Right, has_right
from core.querysets import TenantQuerySet
from integrations import states

if TYPE_CHECKING:
    from accounts.models import User


class InboundEventQuerySet(TenantQuerySet[Any]):
    """Events of other systems to the organisation in scope."""

    def visible_to(self, user: "User") -> "InboundEventQuerySet":
        """Whoever may read events reads all of the organisation's."""
        return self.all()

    def newest_first(self) -> "InboundEventQuerySet":
        """In the order of the index."""
        return self.order_by("-received_at", "-pk")

    def known_as(self, names: Collection[tuple[str, str]]) -> dict[tuple[str, str], Any]:
        """Those that are known by one of these pairs of source and id."""
        sources, ids = ({name[place] for name in names} for place in (0, 1))
        rows = self.filter(source__in=sources, event_id__in=ids)
        return {(row.source, row.event_id): row for row in rows}

    def due(self, *, now: datetime) -> "InboundEventQuerySet":
        """To be tried now, in the order in which it happened."""
        return self.filter(next_at__lte=now).order_by("happened_at", "pk")

    def applied_about(self, thing: str) -> "InboundEventQuerySet":
        """What was applied of this thing, the newest last."""
        return self.filter(thing=thing, state=states.APPLIED).order_by("happened_at", "pk")

    def parked_for(self, things: Collection[str]) -> "InboundEventQuerySet":
        """What waits for one of these."""
        return self.filter(state=states.PARKED, waits_for__in=things)

    def let_go_on(self, things: Collection[str], *, now: datetime) -> int:
        """What waits for one of these is due; returns how many."""
        found = self.parked_for(things)
        return found.update(state=states.WAITING, waits_for="", problem="", attempts=0, next_at=now)

    def before(self, moment: datetime) -> "InboundEventQuerySet":
        """Old enough to be cleaned up, and over: what still waits for its next try or for a person stays."""
        return self.filter(received_at__lt=moment, state__in=[states.APPLIED, states.IGNORED])


class DeadLetterQuerySet(models.QuerySet[Any]):
    """Messages that nobody could make sense of."""

    def visible_to(self, user: "User", *, organization_id: UUID | None) -> "DeadLetterQuerySet":
        """Those that name the organisation; the operator of the installation also sees those that name none."""
        mine = Q(organization=organization_id) if organization_id else Q(pk=None)
        is_operator = has_right(user, Right.ORGANIZATION_SWITCH)
        return self.filter(mine | Q(organization=None) if is_operator else mine)

    def unsettled(self) -> "DeadLetterQuerySet":
        """Nobody has dealt with them; the newest first."""
        return self.filter(settled_at=None).order_by("-received_at", "-pk")

    def before(self, moment: datetime) -> "DeadLetterQuerySet":
        """Settled, and old enough to be cleaned up."""
        return self.filter(settled_at__isnull=False, received_at__lt=moment)
