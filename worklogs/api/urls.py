"""Addresses of work below /api/v1/."""

from typing import Any

from worklogs.api.attachments import AttachmentViewSet
from worklogs.api.labor import LaborEntryViewSet
from worklogs.api.logs import LogViewSet
from worklogs.api.orders import TaskViewSet, WorkOrderViewSet
from worklogs.api.requests import RequestViewSet

router_entries = [
    ("work-orders", WorkOrderViewSet, "work-order"),
    ("requests", RequestViewSet, "request"),
    ("tasks", TaskViewSet, "task"),
    ("labor-entries", LaborEntryViewSet, "labor-entry"),
    ("logs", LogViewSet, "log"),
    ("attachments", AttachmentViewSet, "attachment"),
]
urlpatterns: list[Any] = []
