"""Addresses of the console pages about oneself and the organisation."""

from django.contrib import admin
from django.urls import path

from accounts.pages import calendars, passwords, profile, settings, shifts

urlpatterns = [
    *shifts.urlpatterns,
    path("password-reset/", passwords.reset_request, name="admin_password_reset"),
    path("password-reset/sent/", passwords.reset_sent, name="password_reset_sent"),
    path(
        "password-reset/<str:uid>/<str:token>/",
        passwords.reset_confirm,
        name="password_reset_confirm",
    ),
    path("password_change/", admin.site.admin_view(passwords.change), name="password_change"),
    path("profile/", profile.profile, name="profile"),
    path("organizations/", profile.switch, name="switch_organization"),
    path("settings/", settings.settings, name="settings"),
    path("settings/working-hours/", calendars.working_hours, name="working_hours"),
    path("settings/working-hours/delete/", calendars.delete_calendar, name="working_hours_delete"),
]
