"""Reactions to events. Each writes rows; nothing here touches the network."""

from uuid import UUID

from django.utils import timezone

from core.models import OutboxEvent
from core.outbox import handles
from integrations.services import webhook_news
from integrations.services.inbound import effects, receiving
from scheduling.models import Booking, Resource


@handles("scheduling.resource.created", id="integrations.resource_made")
@handles("scheduling.resource.changed", id="integrations.resource_renamed")
def note_resource(event: OutboxEvent) -> None:
    """A resource that events have named before it was there, or before it had this number or code."""
    found = Resource.objects.filter(pk=event.payload["resource_id"]).first()
    if found is not None:
        receiving.let_go_on(effects.place_things(found), now=timezone.now())


@handles("scheduling.booking.created", id="integrations.booking_made")
@handles("scheduling.booking.changed", id="integrations.booking_told")
def note_booking(event: OutboxEvent) -> None:
    """A booking of which events have told before it was there, or a guest before they were known to stay in it."""
    found = Booking.objects.filter(pk=event.payload["booking_id"]).first()
    if found is not None:
        receiving.let_go_on(effects.booking_things(found), now=timezone.now())


@handles("integrations.webhook.disabled", id="integrations.webhook_disabled")
def tell_disabled(event: OutboxEvent) -> None:
    """Tell those who look after the organisation that a receiver gets nothing any more."""
    webhook_news.tell_disabled(
        UUID(event.payload["webhook_id"]),
        reason=event.payload["reason"],
        problem=event.payload["problem"],
        now=event.occurred_at,
    )
