"""Named queries over imports, calendars and events."""

from integrations.querysets.events import (
    OutletQuerySet,
    PublicationQuerySet,
    PublishedEventQuerySet,
)
from integrations.querysets.exchange import (
    MOST_ATTEMPTS,
    BookingFeedQuerySet,
    CalendarFeedQuerySet,
    ImportRunQuerySet,
)
from integrations.querysets.inbound import DeadLetterQuerySet, InboundEventQuerySet
from integrations.querysets.webhooks import WebhookDeliveryQuerySet, WebhookQuerySet

__all__ = [
    "MOST_ATTEMPTS",
    "BookingFeedQuerySet",
    "CalendarFeedQuerySet",
    "DeadLetterQuerySet",
    "ImportRunQuerySet",
    "InboundEventQuerySet",
    "OutletQuerySet",
    "PublicationQuerySet",
    "PublishedEventQuerySet",
    "WebhookDeliveryQuerySet",
    "WebhookQuerySet",
]
