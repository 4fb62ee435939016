"""Reactions to events. Each writes rows; nothing here touches the network."""

from uuid import UUID

from core.models import OutboxEvent
from core.outbox import handles
from integrations.services import webhook_news


@handles("integrations.webhook.disabled", id="integrations.webhook_disabled")
def tell_disabled(event: OutboxEvent) -> None:
    """Tell those who look after the organisation that a receiver gets nothing any more."""
    webhook_news.tell_disabled(
        UUID(event.payload["webhook_id"]),
        reason=event.payload["reason"],
        problem=event.payload["problem"],
        now=event.occurred_at,
    )
