"""Addresses of the site; each app brings its own."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from reporting.pages.metrics import metrics

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/", admin.site.urls),
    path("metrics", metrics),
    path("", include("core.urls")),
]
