"""Addresses of the dashboard's parts."""

from django.urls import path

from reporting.pages import dashboard, order_panel, window_overview, work_report
from reporting.services import report_files

urlpatterns = [
    path("windows/", window_overview.window_overview, name="window_overview"),
    path("dashboard/orders/", order_panel.order_panel, name="order_panel"),
    path("dashboard/orders/charts/", order_panel.order_charts, name="order_charts"),
    path("reports/work/", work_report.work_report_page, name="work_report"),
    *(
        path(
            f"reports/work/{kind}/",
            work_report.work_report_file,
            {"kind": kind},
            name=f"work_report_{kind}",
        )
        for kind in report_files.TYPES
    ),
    path("dashboard/charts/", dashboard.charts, name="dashboard_charts"),
]
