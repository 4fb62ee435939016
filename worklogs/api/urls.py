"""Addresses of the log of work below /api/v1/."""

from typing import Any

from worklogs.api.attachments import AttachmentViewSet
from worklogs.api.logs import LogViewSet

router_entries = [
    ("logs", LogViewSet, "log"),
    ("attachments", AttachmentViewSet, "attachment"),
]
urlpatterns: list[Any] = []
