"""Named queries over messages and deliveries."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import transaction
from django.db.models import Count, F, Q

from core.ids import first_id
from core.querysets import TenantQuerySet

if TYPE_CHECKING:
    from accounts.models import User

#: The letter of a contact's wish to get no more of them.
STOPPED = "stopped"
_WAITING = ["collecting", "pending"]


class NotificationQuerySet(TenantQuerySet[Any]):
    """Messages of the organisation in scope."""

    def visible_to(self, user: "User") -> "NotificationQuerySet":
        """Only the recipient reads a message."""
        return self.filter(recipient=user, in_app=True)

    def newest_first(self) -> "NotificationQuerySet":
        """In the order of the index by recipient."""
        return self.order_by("-created_at", "-pk")

    def older_than(self, row: Any) -> "NotificationQuerySet":
        """What comes after `row` in `newest_first`."""
        return self.filter(
            Q(created_at__lt=row.created_at) | Q(created_at=row.created_at, pk__lt=row.pk)
        )

    def unread(self) -> "NotificationQuerySet":
        """Not read yet, and not put off."""
        return self.filter(read_at=None, snoozed_until=None)

    def snoozed(self) -> "NotificationQuerySet":
        """Put off until a moment, the nearest first."""
        return self.filter(snoozed_until__isnull=False).order_by("snoozed_until", "pk")

    def to_follow_up(self, *, now: datetime) -> "NotificationQuerySet":
        """Put off until now, or urgent and not taken up for too long."""
        return self.filter(follow_up_at__lte=now).order_by("follow_up_at", "pk")

    def not_taken_up(self, keys: Collection[str]) -> "NotificationQuerySet":
        """Told under one of these keys, and somebody still waits for an answer."""
        return self.filter(follow_up_at__isnull=False, fact_key__in=keys)

    def already_read(self) -> "NotificationQuerySet":
        """Read."""
        return self.filter(read_at__isnull=False)

    def mark_read(self, *, now: datetime) -> int:
        """The first reading counts."""
        return self.unread().update(read_at=now)

    def made_since(self, moment: datetime) -> "NotificationQuerySet":
        """Made from a moment on and shown in the console, found by their ids."""
        return self.filter(pk__gte=first_id(moment), in_app=True)

    def expired(self, *, now: datetime) -> "NotificationQuerySet":
        """Old enough to be cleaned up."""
        return self.filter(expires_at__lte=now)


class DeliveryQuerySet(TenantQuerySet[Any]):
    """Deliveries of the organisation in scope."""

    def visible_to(self, user: "User") -> "DeliveryQuerySet":
        """Whoever may see deliveries sees those of the organisation."""
        return self.all()

    def due(self, *, now: datetime) -> "DeliveryQuerySet":
        """Waiting, their time has come, and no live worker holds them."""
        free = Q(lease_until=None) | Q(lease_until__lte=now)
        return self.filter(free, state__in=_WAITING, available_at__lte=now).order_by(
            "available_at", "pk"
        )

    def failed(self) -> "DeliveryQuerySet":
        """Given up."""
        return self.filter(state="failed")

    def finished_before(self, moment: datetime) -> "DeliveryQuerySet":
        """Sent or given up, created before `moment`, and about no window that ends later.

        Who was told of a window is told when it changes; who wants no more letters never changes their mind by time.
        """
        old = self.exclude(state__in=_WAITING).exclude(letter=STOPPED).filter(created_at__lt=moment)
        return old.exclude(windows__ends_at__gt=moment)

    def made_since(self, moment: datetime) -> "DeliveryQuerySet":
        """Of every organisation, found by their ids: no index begins with the moment."""
        return self.filter(pk__gte=first_id(moment), created_at__gte=moment)

    def open_digests(self, recipients: Iterable[UUID], channel: str, pace: str) -> dict[UUID, UUID]:
        """The collecting digest of each recipient that has one, locked so that no worker takes it meanwhile."""
        mine = self.filter(recipient__pk__among=recipients, channel=channel, pace=pace)
        rows = mine.filter(state="collecting").order_by("pk").select_for_update()
        return dict(rows.values_list("recipient_id", "pk"))

    def claim(self, *, now: datetime, lease: timedelta, limit: int) -> list[UUID]:
        """Take up to `limit` due deliveries for `lease`; a digest that is taken collects no more.

        PostgreSQL workers step over each other's rows and over digests that a handler is filling; SQLite runs one
        writing transaction at a time.
        """
        if not self.due(now=now).exists():  # an idle worker takes no write lock
            return []
        with transaction.atomic():
            ids = list(
                self.due(now=now)
                .select_for_update(skip_locked=True)
                .values_list("pk", flat=True)[:limit]
            )
            self.filter(pk__in=ids).update(
                state="pending", lease_until=now + lease, attempts=F("attempts") + 1
            )
        return ids

    def sent_lately(
        self, recipients: Collection[UUID], *, since: datetime
    ) -> dict[tuple[UUID, str], int]:
        """How many messages left for each of these people since a moment, by person and channel."""
        rows = self.filter(recipient__pk__among=recipients, state="sent", sent_at__gt=since)
        counts = rows.order_by().values_list("recipient_id", "channel")
        return {(pk, channel): n for pk, channel, n in counts.annotate(number=Count("pk"))}

    def held(self, pk: UUID, *, lease_until: datetime) -> "DeliveryQuerySet":
        """The delivery, while the worker that took it until `lease_until` still holds it."""
        return self.filter(pk=pk, state="pending", lease_until=lease_until)

    def give_back(self, ids: Collection[UUID], *, lease_until: datetime) -> int:
        """Return what was taken but not tried."""
        return self.filter(pk__in=ids, state="pending", lease_until=lease_until).update(
            lease_until=None, attempts=F("attempts") - 1
        )

    def retry_failed(self, *, now: datetime) -> int:
        """Give failed deliveries all their tries again."""
        return self.failed().update(
            state="pending", attempts=0, available_at=now, failed_at=None, lease_until=None
        )
