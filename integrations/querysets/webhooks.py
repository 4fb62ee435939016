"""Named queries over webhooks and what was sent to them."""

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.apps import apps
from django.db.models import Count, Exists, OuterRef, Q

from core.querysets import TenantQuerySet

if TYPE_CHECKING:
    from accounts.models import User


class WebhookQuerySet(TenantQuerySet[Any]):
    """Webhooks of the organisation in scope."""

    def visible_to(self, user: "User") -> "WebhookQuerySet":
        """Whoever may manage webhooks sees all of the organisation's."""
        return self.all()

    def due(self, *, now: datetime, is_failing: bool) -> "WebhookQuerySet":
        """With something to send now, and in nobody's hands; those served longest ago first."""
        events = apps.get_model("integrations", "PublishedEvent")._default_manager
        deliveries = apps.get_model("integrations", "WebhookDelivery")._default_manager
        ahead = events.filter(
            organization=OuterRef("organization"), position__gt=OuterRef("position")
        )
        asked = deliveries.filter(webhook=OuterRef("pk"), outcome="waiting")
        has_work = Q(is_active=True, next_at__lte=now) & Exists(ahead) | Exists(asked)
        rows = self.free(now=now).filter(has_work, failing_since__isnull=not is_failing)
        return rows.order_by("next_at", "pk")

    def choosy(self, *, now: datetime, near: int) -> "WebhookQuerySet":
        """Well and due for events, not far behind, and wanting some types only."""
        rows = self.due(now=now, is_failing=False).filter(is_active=True, next_at__lte=now)
        return rows.filter(position__gte=near).exclude(event_types=[])

    def free(self, *, now: datetime) -> "WebhookQuerySet":
        """In nobody's hands."""
        return self.filter(Q(lease_until=None) | Q(lease_until__lte=now))

    def claim(self, pk: object, *, now: datetime, lease_until: datetime) -> bool:
        """Take one that is free; one sender's UPDATE matches."""
        return self.free(now=now).filter(pk=pk).update(lease_until=lease_until) == 1

    def bring_on(self, keys: Collection[UUID], position: int, *, now: datetime) -> int:
        """Let those that are free and stand before a position go on from there; returns how many that are."""
        rows = self.free(now=now).filter(pk__among=keys, position__lt=position)
        return rows.update(position=position, next_at=now)

    def held(self, pk: object, *, lease_until: datetime) -> "WebhookQuerySet":
        """The one in question, while whoever took it until then still has it."""
        return self.filter(pk=pk, lease_until=lease_until)

    def with_old_secret(self, *, now: datetime) -> "WebhookQuerySet":
        """Whose former secret signs no more."""
        return self.filter(previous_secret_until__lte=now)

    def figures(self) -> dict[str, int]:
        """How many are well, fail at the moment, and were switched off by the system."""
        return self.aggregate(
            well=Count("pk", filter=Q(is_active=True, failing_since=None)),
            failing=Count("pk", filter=Q(is_active=True, failing_since__isnull=False)),
            disabled=Count("pk", filter=Q(disabled_reason__in=["refused", "gone"])),
        )


class WebhookDeliveryQuerySet(TenantQuerySet[Any]):
    """Attempts to hand events over."""

    def visible_to(self, user: "User") -> "WebhookDeliveryQuerySet":
        """Whoever may manage webhooks sees all of the organisation's."""
        return self.all()

    def asked_of(self, webhook: object) -> "WebhookDeliveryQuerySet":
        """What a person asked for and nobody has sent yet, in that order."""
        return self.filter(webhook=webhook, outcome="waiting").order_by("at", "pk")

    def newest_first(self) -> "WebhookDeliveryQuerySet":
        """In the order of the index."""
        return self.order_by("-at", "-pk")

    def older_than(self, at: datetime, pk: object) -> "WebhookDeliveryQuerySet":
        """What follows a row in `newest_first`."""
        return self.filter(Q(at__lt=at) | Q(at=at, pk__lt=pk))

    def outcomes_since(self, moment: datetime) -> dict[str, int]:
        """How many attempts since a moment were `sent` and how many `failed`."""
        counts: dict[str, int] = self.filter(at__gte=moment).aggregate(
            sent=Count("pk", filter=Q(outcome="taken")),
            failed=Count("pk", filter=Q(outcome__in=["refused", "unreached"])),
        )
        return counts

    def before(self, moment: datetime) -> "WebhookDeliveryQuerySet":
        """Old enough to be cleaned up."""
        return self.filter(at__lt=moment)
