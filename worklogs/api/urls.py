"""Addresses of work below /api/v1/."""

from typing import Any

from django.urls import path

from worklogs.api.attachments import AttachmentViewSet
from worklogs.api.beside import LaborRateViewSet, ResourceOrdersViewSet, ScheduleOrdersViewSet
from worklogs.api.checklists import ChecklistViewSet, OrderChecklistView
from worklogs.api.housekeeping import CleaningPlanViewSet, RoomsView
from worklogs.api.labor import LaborEntryViewSet
from worklogs.api.logs import LogViewSet
from worklogs.api.orders import TaskViewSet, WorkOrderViewSet
from worklogs.api.requests import RequestViewSet
from worklogs.api.saved_views import SavedViewViewSet
from worklogs.api.service_levels import (
    EscalationViewSet,
    PerformanceView,
    PolicyViewSet,
    ViolationViewSet,
)
from worklogs.api.staffing import HomePlaceViewSet, WorkloadView, WorkNeedViewSet
from worklogs.api.vendors import VendorViewSet

router_entries = [
    ("work-orders", WorkOrderViewSet, "work-order"),
    ("work-order-views", SavedViewViewSet, "work-order-view"),
    ("requests", RequestViewSet, "request"),
    ("tasks", TaskViewSet, "task"),
    ("cleaning-plans", CleaningPlanViewSet, "cleaning-plan"),
    ("work-needs", WorkNeedViewSet, "work-need"),
    ("home-places", HomePlaceViewSet, "home-place"),
    ("checklists", ChecklistViewSet, "checklist"),
    ("vendors", VendorViewSet, "vendor"),
    ("labor-entries", LaborEntryViewSet, "labor-entry"),
    ("labor-rates", LaborRateViewSet, "labor-rate"),
    ("sla/policies", PolicyViewSet, "sla-policy"),
    ("sla/violations", ViolationViewSet, "sla-violation"),
    ("sla/escalations", EscalationViewSet, "sla-escalation"),
    ("logs", LogViewSet, "log"),
    ("attachments", AttachmentViewSet, "attachment"),
]
_CHECKLIST = "work-orders/<str:pk>/checklist"
urlpatterns: list[Any] = [
    path("housekeeping/rooms", RoomsView.as_view(), name="housekeeping-rooms"),
    path(
        "resources/<str:pk>/work-orders",
        ResourceOrdersViewSet.as_view({"get": "work_orders"}),
        name="resource-work-orders",
    ),
    path(
        "schedules/<str:pk>/generate",
        ScheduleOrdersViewSet.as_view({"post": "generate"}),
        name="schedule-generate",
    ),
    path("sla/performance", PerformanceView.as_view(), name="sla-performance"),
    path("dashboard/staff-workload", WorkloadView.as_view(), name="staff-workload"),
    path(_CHECKLIST, OrderChecklistView.as_view({"get": "sheet"}), name="order-checklist"),
    path(
        f"{_CHECKLIST}/<str:step>",
        OrderChecklistView.as_view({"post": "reply"}),
        name="order-checklist-step",
    ),
    path(
        f"{_CHECKLIST}/<str:step>/follow-up",
        OrderChecklistView.as_view({"post": "follow"}),
        name="order-checklist-follow-up",
    ),
]
