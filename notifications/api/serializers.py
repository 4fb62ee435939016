"""Messages and preferences as JSON."""

from typing import Any

from rest_framework import serializers

from core.api.serializers import TenantSerializer
from notifications.models import Channel, Kind, Notification


class NotificationSerializer(TenantSerializer):
    """A message to the caller. `action_url` leads to the page at which to act."""

    class Meta:
        model = Notification
        fields = [
            "id",
            "kind",
            "priority",
            "title",
            "message",
            "why",
            "object_type",
            "object_id",
            "action_url",
            "read_at",
            "acknowledged_at",
            "snoozed_until",
            "expires_at",
            "created_at",
        ]
        read_only_fields = fields


class SnoozeSerializer(serializers.Serializer[Any]):
    """Until when the message is put off, within the next 30 days."""

    until = serializers.DateTimeField()


class ReadAllSerializer(serializers.Serializer[Any]):
    """How many messages were marked as read."""

    read = serializers.IntegerField(read_only=True)


class PreferenceSerializer(serializers.Serializer[Any]):
    """Whether the caller hears about a kind through a channel; `is_default` when they have not chosen."""

    kind = serializers.ChoiceField(choices=Kind.choices)
    channel = serializers.ChoiceField(choices=Channel.choices)
    enabled = serializers.BooleanField()
    is_default = serializers.BooleanField(read_only=True)


class PreferencesSerializer(serializers.Serializer[Any]):
    """The caller's matrix of kinds and channels; pairs that a PUT leaves out keep their setting."""

    preferences = PreferenceSerializer(many=True)
