"""Named queries over the log of work."""

from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q

from accounts.rights import Role
from core.querysets import TenantQuerySet

if TYPE_CHECKING:
    from accounts.models import User

#: Roles that see every resource, and so every log (`ResourceQuerySet.visible_to`).
_EVERYTHING = frozenset(Role) - {Role.VENUE_ADMIN, Role.REQUESTER}


class LogQuerySet(TenantQuerySet[Any]):
    """Logs of the organisation in scope."""

    def visible_to(self, user: "User") -> "LogQuerySet":
        """Logs on resources that the person may see."""
        if Role(user.role) in _EVERYTHING:
            return self.all()
        resources = self.model._meta.get_field("resource").related_model
        return self.filter(resource__in=resources.objects.visible_to(user))

    def effective(self) -> "LogQuerySet":
        """Neither corrected by a later log nor void: what counts."""
        return self.newest().filter(is_void=False)

    def replaced(self) -> "LogQuerySet":
        """Corrected by a later log, or void: what no longer counts."""
        return self.filter(self._is_superseded() | Q(is_void=True))

    def newest(self) -> "LogQuerySet":
        """The last of each chain of corrections, void or not."""
        return self.filter(~self._is_superseded())

    def _is_superseded(self) -> Exists:
        """Asked row by row: joined, databases read all logs to show the newest ten."""
        return Exists(self.model.objects.filter(supersedes=OuterRef("pk")))

    def performed_in(self, start: datetime, end: datetime) -> "LogQuerySet":
        """Performed in `[start, end)`."""
        return self.filter(performed_at__gte=start, performed_at__lt=end)

    def mentioning(self, text: str) -> "LogQuerySet":
        """With `text` in the notes, in the name of the resource or in the title of the schedule."""
        return self.filter(
            Q(notes__icontains=text)
            | Q(resource__name__icontains=text)
            | Q(resource__code__icontains=text)
            | Q(schedule__title__icontains=text)
        )

    def newest_first(self) -> "LogQuerySet":
        """By the time of the work; the id makes the order total."""
        return self.order_by("-performed_at", "-pk")

    def before(self, performed_at: datetime, pk: UUID) -> "LogQuerySet":
        """What follows the row `(performed_at, pk)` in `newest_first`."""
        return self.filter(
            Q(performed_at__lt=performed_at) | Q(pk__lt=pk), performed_at__lte=performed_at
        )

    def after(self, performed_at: datetime, pk: UUID) -> "LogQuerySet":
        """What comes before the row `(performed_at, pk)` in `newest_first`."""
        return self.filter(
            Q(performed_at__gt=performed_at) | Q(pk__gt=pk), performed_at__gte=performed_at
        )

    def titled(self) -> "LogQuerySet":
        """With `order_title`, what the work order was called that the log completed."""
        rows: LogQuerySet = self.annotate(order_title=F("order_link__work_order__title"))
        return rows

    def shown(self) -> "LogQuerySet":
        """With everything that a row of the table shows."""
        rows = self.titled().select_related(
            "resource", "schedule", "occurrence", "performed_by", "recorded_by", "order_link"
        )
        return rows.prefetch_related("superseded_by")


class LogChainQuerySet(TenantQuerySet[Any]):
    """Ends of hash chains, one per organisation."""

    def advance(self, pk: UUID, *, source: int, sequence: int, hash: str) -> bool:
        """Move the end on; false when another writer was faster."""
        return self.filter(pk=pk, sequence=source).update(sequence=sequence, hash=hash) == 1
