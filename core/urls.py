from django.urls import path

from core.pages import attachments

app_name = "core"
urlpatterns = [
    path("attachments/<uuid:attachment_id>/", attachments.download, name="attachment"),
    path(
        "attachments/<uuid:attachment_id>/thumbnail/",
        attachments.thumbnail,
        name="attachment-thumbnail",
    ),
]
