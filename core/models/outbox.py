from django.db import models
from django.db.models import Q

from core.ids import new_id
from core.models.tenant import TenantModel
from core.querysets import TenantManager
from core.querysets.outbox import OutboxQuerySet


class OutboxEvent(TenantModel):
    """Something that happened, written in the transaction in which it happened.

    `name` is `<app>.<thing>.<past tense>`; `payload` holds ids and facts known then. The row is
    due while neither finished nor parked; `available_at` moves ahead while a relay holds it and
    while it waits for its next try. Apart from its handlers it `awaits_publication` until those outside may hear of it;
    `publication_error` says why it could not be told, and waits for a person.
    """

    created_at = None  # type: ignore[assignment]  # occurred_at says it
    updated_at = None  # type: ignore[assignment]
    name = models.CharField(max_length=100)
    payload = models.JSONField()
    correlation_id = models.CharField(max_length=64, blank=True)
    occurred_at = models.DateTimeField()
    available_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    finished_at = models.DateTimeField(null=True, blank=True)
    failed_at = models.DateTimeField(
        null=True, blank=True, help_text="Parked after the last try; waits for a person."
    )
    last_error = models.TextField(blank=True)
    awaits_publication = models.BooleanField(default=False)
    publication_error = models.TextField(blank=True)

    objects = TenantManager.from_queryset(OutboxQuerySet)()

    class Meta(TenantModel.Meta):
        indexes = (
            # OutboxQuerySet.due: the relay's claim
            models.Index(
                fields=["available_at", "id"],
                name="core_outbox_due",
                condition=Q(finished_at__isnull=True, failed_at__isnull=True),
            ),
            # parked events, shown until somebody retries them
            models.Index(
                fields=["failed_at"],
                name="core_outbox_parked",
                condition=Q(failed_at__isnull=False),
            ),
            # OutboxQuerySet.finished_before: the clean-up sweep
            models.Index(
                fields=["finished_at"],
                name="core_outbox_finished",
                condition=Q(finished_at__isnull=False),
            ),
            # OutboxQuerySet.to_publish
            models.Index(
                fields=["id"], name="core_outbox_to_publish", condition=Q(awaits_publication=True)
            ),
            # OutboxQuerySet.untold
            models.Index(
                fields=["id"], name="core_outbox_untold", condition=~Q(publication_error="")
            ),
            # by organisation, in order
            models.Index(fields=["organization", "id"], name="core_outbox_replay"),
        )
        constraints = (
            models.CheckConstraint(
                condition=Q(finished_at__isnull=True) | Q(failed_at__isnull=True),
                name="core_outbox_one_end",
            ),
        )

    def __str__(self) -> str:
        return f"{self.name} {self.id}"


class HandledEvent(models.Model):
    """One handler has dealt with one event; committed together with what the handler wrote."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    event = models.ForeignKey(
        OutboxEvent, on_delete=models.DO_NOTHING, related_name="handled", db_index=False
    )
    handler_id = models.CharField(max_length=100)
    handled_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["event", "handler_id"], name="core_handled_event_once"),
        )

    def __str__(self) -> str:
        return f"{self.handler_id} {self.event_id}"
