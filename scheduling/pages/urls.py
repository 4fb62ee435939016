"""Addresses of the console pages about what is due."""

from django.urls import path

from scheduling.pages import calendar

urlpatterns = [
    path("calendar/", calendar.calendar, name="calendar"),
    path("calendar/resources/", calendar.calendar_resources, name="calendar_resources"),
    path("calendar/date/", calendar.calendar_date, name="calendar_date"),
    path("calendar/move/", calendar.calendar_move, name="calendar_move"),
    path("calendar/skip/", calendar.calendar_skip, name="calendar_skip"),
]
