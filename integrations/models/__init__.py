"""Imports that were made or are under way, calendars in and out, events in and out."""

from integrations.models.booking_feed import BookingFeed
from integrations.models.calendar_feed import CalendarFeed
from integrations.models.import_run import ImportRun
from integrations.models.inbound import DeadLetter, InboundEvent, Via
from integrations.models.publication import Outlet, Publication, PublishedEvent
from integrations.models.webhook import Webhook, WebhookDelivery

__all__ = [
    "BookingFeed",
    "CalendarFeed",
    "DeadLetter",
    "ImportRun",
    "InboundEvent",
    "Outlet",
    "Publication",
    "PublishedEvent",
    "Via",
    "Webhook",
    "WebhookDelivery",
]
