"""Addresses of the console pages about messages."""

from django.urls import path

from notifications.pages import inbox, mailbox, settings

urlpatterns = [
    path("messages/", inbox.messages, name="notifications_inbox"),
    path("messages/bell/", inbox.bell, name="notifications_bell"),
    path("messages/read-all/", inbox.read_all, name="notifications_read_all"),
    path("messages/<uuid:pk>/follow/", inbox.follow, name="notifications_follow"),
    path("messages/to/<slug:object_type>/<uuid:pk>/", inbox.go, name="notifications_go"),
    path("messages/preferences/", settings.choose, name="notifications_preferences"),
    path("messages/stop/<str:token>/", settings.unsubscribe, name="notifications_unsubscribe"),
    path("messages/mailbox/", mailbox.mails, name="notifications_mailbox"),
    path("messages/mailbox/<str:key>/", mailbox.mail, name="notifications_mail"),
]
