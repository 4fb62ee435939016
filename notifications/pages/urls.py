"""Addresses of the console pages about messages."""

from django.urls import path

from notifications.pages import channels, inbox, mailbox, settings

urlpatterns = [
    path("messages/", inbox.messages, name="notifications_inbox"),
    path("messages/bell/", inbox.bell, name="notifications_bell"),
    path("messages/read-all/", inbox.read_all, name="notifications_read_all"),
    path("messages/<uuid:pk>/follow/", inbox.follow, name="notifications_follow"),
    path("messages/<uuid:pk>/acknowledge/", inbox.acknowledge, name="notifications_acknowledge"),
    path("messages/<uuid:pk>/snooze/", inbox.snooze, name="notifications_snooze"),
    path("messages/to/<slug:object_type>/<uuid:pk>/", inbox.go, name="notifications_go"),
    path("messages/preferences/", settings.choose, name="notifications_preferences"),
    path("messages/reach/", channels.reach, name="notifications_reach"),
    path("messages/try/<slug:channel>/", channels.send_one, name="notifications_try"),
    path("messages/tried/<slug:channel>/", channels.trial, name="notifications_tried"),
    path("messages/subscribe/", channels.subscribe, name="notifications_subscribe"),
    path("messages/unsubscribe/", channels.unsubscribe, name="notifications_unsubscribe_browser"),
    path("messages/worker.js", channels.worker, name="notifications_worker"),
    path("messages/stop/<str:token>/", settings.unsubscribe, name="notifications_unsubscribe"),
    path("messages/mailbox/", mailbox.mails, name="notifications_mailbox"),
    path("messages/mailbox/<str:key>/", mailbox.mail, name="notifications_mail"),
]
