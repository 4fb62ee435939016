"""Addresses of the console pages about imports, events and webhooks."""

from django.urls import path

from integrations.pages import events, imports, webhooks

# Below their list, so that the navigation marks it.
_WEBHOOK = "integrations/webhook/<uuid:pk>/"

urlpatterns = [
    path("import/", imports.overview, name="import"),
    path("import/<uuid:pk>/", imports.show, name="import_run"),
    path("import/<uuid:pk>/read/", imports.read_again, name="import_read"),
    path("import/<uuid:pk>/start/", imports.start, name="import_start"),
    path("import/<uuid:pk>/progress/", imports.progress, name="import_progress"),
    path("import/<uuid:pk>/discard/", imports.discard, name="import_discard"),
    path("import/<uuid:pk>/errors/", imports.errors, name="import_errors"),
    path("events/", events.event_catalogue, name="event_catalogue"),
    path("events/left/", events.events_left, name="events_left"),
    path("events/incoming/", events.incoming_events, name="incoming_events"),
    path("events/incoming/<uuid:pk>/", events.incoming_event, name="incoming_event"),
    path(
        "events/incoming/<uuid:pk>/retry/", events.incoming_event_retry, name="incoming_event_retry"
    ),
    path(
        "events/incoming/<uuid:pk>/ignore/",
        events.incoming_event_ignore,
        name="incoming_event_ignore",
    ),
    path("events/aside/", events.events_aside, name="events_aside"),
    path("events/aside/<uuid:pk>/retry/", events.dead_letter_retry, name="dead_letter_retry"),
    path("events/aside/<uuid:pk>/settle/", events.dead_letter_settle, name="dead_letter_settle"),
    path("events/aside/untold/", events.events_untold_retry, name="events_untold_retry"),
    path(_WEBHOOK, webhooks.detail, name="webhook_detail"),
    path(f"{_WEBHOOK}enable/", webhooks.enable, name="webhook_enable"),
    path(f"{_WEBHOOK}disable/", webhooks.disable, name="webhook_disable"),
    path(f"{_WEBHOOK}retry/", webhooks.retry, name="webhook_retry"),
    path(f"{_WEBHOOK}rotate/", webhooks.rotate, name="webhook_rotate"),
    path(f"{_WEBHOOK}test/", webhooks.test, name="webhook_test"),
    path(f"{_WEBHOOK}redeliver/", webhooks.redeliver, name="webhook_redeliver"),
]
