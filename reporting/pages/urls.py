"""Addresses of the dashboard's parts."""

from django.urls import path

from reporting.pages import dashboard

urlpatterns = [
    path("dashboard/charts/", dashboard.charts, name="dashboard_charts"),
]
