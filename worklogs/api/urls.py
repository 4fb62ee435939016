"""Addresses of work below /api/v1/."""

from typing import Any

from django.urls import path

from worklogs.api.attachments import AttachmentViewSet
from worklogs.api.labor import LaborEntryViewSet
from worklogs.api.logs import LogViewSet
from worklogs.api.orders import RequestViewSet, TaskViewSet, WorkOrderViewSet
from worklogs.api.staffing import HomePlaceViewSet, WorkloadView, WorkNeedViewSet

router_entries = [
    ("work-orders", WorkOrderViewSet, "work-order"),
    ("requests", RequestViewSet, "request"),
    ("tasks", TaskViewSet, "task"),
    ("work-needs", WorkNeedViewSet, "work-need"),
    ("home-places", HomePlaceViewSet, "home-place"),
    ("labor-entries", LaborEntryViewSet, "labor-entry"),
    ("logs", LogViewSet, "log"),
    ("attachments", AttachmentViewSet, "attachment"),
]
urlpatterns: list[Any] = [
    path("dashboard/staff-workload", WorkloadView.as_view(), name="staff-workload"),
]
