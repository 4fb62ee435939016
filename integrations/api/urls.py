"""Addresses of imports, calendars, booking feeds, events and webhooks below /api/v1/."""

from typing import Any

from django.urls import path

from integrations.api.event_documents import AsyncApiView, EventSchemaView
from integrations.api.events import EventsView
from integrations.api.feeds import BookingFeedViewSet, CalendarFeedViewSet
from integrations.api.imports import ImportViewSet
from integrations.api.incoming_events import DeadLetterViewSet, IncomingEventViewSet, UntoldView
from integrations.api.webhooks import WebhookViewSet

router_entries = [
    ("calendar-feeds", CalendarFeedViewSet, "calendar-feed"),
    ("imports", ImportViewSet, "import"),
    ("booking-feeds", BookingFeedViewSet, "booking-feed"),
    ("webhooks", WebhookViewSet, "webhook"),
    ("incoming-events", IncomingEventViewSet, "incoming-event"),
    ("dead-letters", DeadLetterViewSet, "dead-letter"),
]
urlpatterns: list[Any] = [
    path("events", EventsView.as_view(), name="events"),
    path("events/untold", UntoldView.as_view(), name="events-untold"),
    path("events/asyncapi", AsyncApiView.as_view(), name="events-asyncapi"),
    path("events/schemas/<str:type>/<int:version>", EventSchemaView.as_view(), name="event-schema"),
]
