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
from integrations.querysets.webhooks import WebhookDeliveryQuerySet, WebhookQuerySet

__all__ = [
    "MOST_ATTEMPTS",
    "BookingFeedQuerySet",
    "CalendarFeedQuerySet",
    "ImportRunQuerySet",
    "OutletQuerySet",
    "PublicationQuerySet",
    "PublishedEventQuerySet",
    "WebhookDeliveryQuerySet",
    "WebhookQuerySet",
]
