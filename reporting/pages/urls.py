"""Addresses of the dashboard's parts."""

from django.urls import path

from reporting.pages import dashboard, window_overview

urlpatterns = [
    path("windows/", window_overview.window_overview, name="window_overview"),
    path("dashboard/charts/", dashboard.charts, name="dashboard_charts"),
]
