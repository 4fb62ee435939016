from django.urls import path

from core.pages import attachments, health

app_name = "core"
urlpatterns = [
    path("health", health.health, name="health"),
    path("health/live", health.live, name="health-live"),
    path("health/ready", health.ready, name="health-ready"),
    path("attachments/<uuid:attachment_id>/", attachments.download, name="attachment"),
    path(
        "attachments/<uuid:attachment_id>/thumbnail/",
        attachments.thumbnail,
        name="attachment-thumbnail",
    ),
]
