"""Named queries over imports."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db.models import Exists, F, OuterRef, Q

from core.querysets import TenantQuerySet

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
