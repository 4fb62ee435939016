"""Addresses of work below /api/v1/."""

from typing import Any

from django.urls import path

from worklogs.api.attachments import AttachmentViewSet
from worklogs.api.labor import LaborEntryViewSet
from worklogs.api.logs import LogViewSet
from worklogs.api.orders import RequestViewSet, TaskViewSet, WorkOrderViewSet
from worklogs.api.service_levels import (
    EscalationViewSet,
    PerformanceView,
    PolicyViewSet,
    ViolationViewSet,
)

router_entries = [
    ("work-orders", WorkOrderViewSet, "work-order"),
    ("requests", RequestViewSet, "request"),
    ("tasks", TaskViewSet, "task"),
    ("labor-entries", LaborEntryViewSet, "labor-entry"),
    ("sla/policies", PolicyViewSet, "sla-policy"),
    ("sla/violations", ViolationViewSet, "sla-violation"),
    ("sla/escalations", EscalationViewSet, "sla-escalation"),
    ("logs", LogViewSet, "log"),
    ("attachments", AttachmentViewSet, "attachment"),
]
urlpatterns: list[Any] = [
    path("sla/performance", PerformanceView.as_view(), name="sla-performance"),
]
