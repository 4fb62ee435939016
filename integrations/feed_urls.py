"""Addresses outside the console."""

from django.urls import path

from integrations.pages import feed

urlpatterns = [path("calendar/<str:token>.ics", feed.read, name="calendar_feed")]
