"""Messages and preferences as JSON."""

from typing import Any

from rest_framework import serializers

from core.api.serializers import TenantSerializer
from notifications.models import Channel, Kind, Notification, Reaching


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
    """Until when the message is put off, within the next 30 days; what is urgent until the Monday after at most."""

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


class TimesSerializer(serializers.Serializer[Any]):
    """When the caller is told, on their own clock; what is urgent passes. What a PUT leaves out keeps its setting."""

    rhythm = serializers.ChoiceField(choices=Reaching.Rhythm.choices, required=False)
    digest_hour = serializers.IntegerField(min_value=0, max_value=23, required=False)
    quiet_from = serializers.TimeField(allow_null=True, required=False)
    quiet_until = serializers.TimeField(allow_null=True, required=False)


class AddressesSerializer(serializers.Serializer[Any]):
    """Where chat and push messages of the caller go, as Apprise writes it; an empty text ends them. Never shown."""

    chat_address = serializers.CharField(allow_blank=True, max_length=500, required=False)
    push_address = serializers.CharField(allow_blank=True, max_length=500, required=False)


class WaySerializer(serializers.Serializer[Any]):
    """Whether a channel reaches the caller, and where; or what is missing, in a sentence."""

    channel = serializers.ChoiceField(choices=Channel.choices)
    reaches = serializers.BooleanField()
    text = serializers.CharField()


class PreferencesSerializer(serializers.Serializer[Any]):
    """The caller's matrix of kinds and channels; pairs that a PUT leaves out keep their setting."""

    preferences = PreferenceSerializer(many=True)
    times = TimesSerializer(required=False)
    addresses = AddressesSerializer(required=False, write_only=True)
    channels = WaySerializer(many=True, read_only=True)
