"""What other systems told us, and what nobody could make sense of."""

from collections.abc import Mapping
from typing import Any

import orjson
from django.conf import settings
from django.db import models
from django.db.models import Q

from core.fields import SealedCharField
from core.ids import new_id
from core.models import TenantModel
from core.querysets import TenantManager
from integrations import states
from integrations.querysets import DeadLetterQuerySet, InboundEventQuerySet
from integrations.rules import incoming


class Via(models.TextChoices):
    """The way by which something came in."""

    API = "api", "API"
    RABBITMQ = "rabbitmq", "RabbitMQ"
    REDIS = "redis", "Redis"


class InboundEvent(TenantModel):
    """An event of another system, kept once however often it arrives, and what became of it.

    `happened_at` decides which of two about one `thing` (such as `booking:opera:OP-1`) is right. A parked one
    `waits_for` something that is not known yet, named in the same way. The effect was made by `sent_by` where a person
    or a key of theirs sent it. `led_to_type` and `led_to_id` say what it made or changed.
    """

    class State(models.TextChoices):
        WAITING = states.WAITING, "Waiting"
        APPLIED = states.APPLIED, "Applied"
        IGNORED = states.IGNORED, "Ignored"
        PARKED = states.PARKED, "Parked"
        FAILED = states.FAILED, "Failed"

    created_at = None  # type: ignore[assignment]  # received_at says it
    source = models.CharField(max_length=300)
    event_id = models.CharField(max_length=200)
    type = models.CharField(max_length=100)
    subject = models.CharField(max_length=300, blank=True)
    secret_data = SealedCharField(max_length=incoming.MOST_BYTES)
    happened_at = models.DateTimeField()
    received_at = models.DateTimeField()
    via = models.CharField(max_length=10, choices=Via)
    sent_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        db_index=False,
    )
    correlation_id = models.CharField(max_length=64)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    problem = models.CharField(max_length=1000, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField(null=True)
    thing = models.CharField(max_length=250, blank=True)
    waits_for = models.CharField(max_length=250, blank=True)
    led_to_type = models.CharField(max_length=60, blank=True)
    led_to_id = models.UUIDField(null=True)

    objects = TenantManager.from_queryset(InboundEventQuerySet)()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "source", "event_id"], name="integrations_inbound_once"
            ),
            models.CheckConstraint(
                condition=Q(state__in=states.INBOUND.states), name="integrations_inbound_state"
            ),
            models.CheckConstraint(
                condition=Q(state=states.PARKED) ^ Q(waits_for=""),
                name="integrations_inbound_waits",
            ),
            models.CheckConstraint(
                condition=Q(state=states.WAITING, next_at__isnull=False)
                | Q(state=states.PARKED)
                | Q(state__in=[states.APPLIED, states.IGNORED, states.FAILED], next_at=None),
                name="integrations_inbound_next",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[states.FAILED, states.PARKED, states.IGNORED], problem=""),
                name="integrations_inbound_said",
            ),
        ]
        indexes = [
            # the list, newest first, whole and by state
            models.Index(
                fields=["organization", "-received_at", "-id"], name="integrations_inbound_list"
            ),
            models.Index(
                fields=["organization", "state", "-received_at", "-id"],
                name="integrations_inbound_states",
            ),
            # what was told of one thing
            models.Index(
                fields=["organization", "thing", "happened_at"],
                condition=~Q(thing=""),
                name="integrations_inbound_thing",
            ),
            # the worker's
            models.Index(
                fields=["next_at"],
                condition=Q(next_at__isnull=False),
                name="integrations_inbound_due",
            ),
            # what something that appears lets go on
            models.Index(
                fields=["organization", "waits_for"],
                condition=Q(state=states.PARKED),
                name="integrations_inbound_parked",
            ),
            # the clean-up
            models.Index(fields=["received_at"], name="integrations_inbound_age"),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.event_id}"

    @property
    def data(self) -> Mapping[str, Any]:
        """What the event says; sealed, because it can name people."""
        found: Mapping[str, Any] = orjson.loads(self.secret_data or "{}")
        return found


class DeadLetter(models.Model):
    """A message that is no event: no JSON, too large, or of nobody knows whose organisation.

    `size` is its length in bytes, of which `raw` may hold the beginning only. Without an organisation it is the
    operator's to look at.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(
        "accounts.Organization", on_delete=models.PROTECT, related_name="+", null=True
    )
    via = models.CharField(max_length=10, choices=Via)
    secret_raw = SealedCharField(max_length=incoming.MOST_BYTES, blank=True)
    size = models.PositiveBigIntegerField()
    headers = models.JSONField(default=dict)
    problem = models.CharField(max_length=1000)
    received_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True
    )

    objects = DeadLetterQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(problem=""), name="integrations_dead_letter_said")
        ]
        indexes = [models.Index(fields=["received_at"], name="integrations_dead_letter_age")]

    def __str__(self) -> str:
        return f"Message of {self.received_at:%d.%m.%Y %H:%M}"

    @property
    def raw(self) -> bytes:
        """What came; sealed, because it can name people."""
        return str(self.secret_raw).encode("latin-1")

    @property
    def is_whole(self) -> bool:
        """Whether all of it was kept."""
        return len(self.raw) == self.size
