"""Addresses of the overview below /api/v1/."""

from typing import Any

from django.urls import path

from reporting.api.analytics import CostsView, DevicePerformanceView
from reporting.api.dashboard import DashboardSummaryView
from reporting.api.windows import WindowOverviewView
from reporting.api.work import VIEWS

router_entries: list[tuple[str, Any, str]] = []
urlpatterns = [
    path("analytics/costs", CostsView.as_view(), name="analytics-costs"),
    path(
        "analytics/device-performance",
        DevicePerformanceView.as_view(),
        name="analytics-device-performance",
    ),
    path("dashboard/summary", DashboardSummaryView.as_view(), name="dashboard-summary"),
    *(
        path(f"dashboard/{name}", view.as_view(), name=f"dashboard-{name.replace('/', '-')}")
        for name, view in VIEWS.items()
    ),
    path("dashboard/windows", WindowOverviewView.as_view(), name="dashboard-windows"),
]
