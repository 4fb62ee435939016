"""Addresses of the site; each app brings its own."""

from django.contrib import admin
from django.shortcuts import redirect
from django.templatetags.static import static
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.permissions import AllowAny

from maintenance_site.admin_site import start
from notifications.pages import message
from reporting.pages.metrics import metrics
from scheduling.pages import guest
from worklogs.pages import portal

urlpatterns = [
    path("", start, name="start"),
    path("favicon.ico", lambda request: redirect(static("console/favicon.svg"))),
    path("admin/", admin.site.urls),
    path("api/v1/", include("maintenance_site.api_urls")),
    path("api/schema", SpectacularAPIView.as_view(permission_classes=[AllowAny]), name="schema"),
    path(
        "api/docs",
        SpectacularSwaggerSplitView.as_view(url_name="schema", permission_classes=[AllowAny]),
        name="docs",
    ),
    path("metrics", metrics, name="metrics"),
    path("guest/<str:token>/", guest.inquiry, name="guest_inquiry"),
    path("m/<str:code>/", message.page, name="message_link"),
    path("r/<str:token>/", portal.report, name="portal_report"),
    path("report/<str:token>/", portal.follow, name="portal_follow"),
    path("", include("integrations.feed_urls")),
    path("", include("core.urls")),
]
