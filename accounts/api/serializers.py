"""How people, organisations and keys look in the API."""

from typing import Any

from rest_framework import serializers

from accounts.models import ApiKey, ClosedDay, Organization, User, WorkingCalendar, WorkingHours
from accounts.rights import RIGHTS, Role
from accounts.services.calendars import MOST_CLOSED_DAYS
from accounts.services.organizations import may_give_plan
from core.api.serializers import RelatedRow, TenantSerializer
from core.models import AuditEntry


class UserSerializer(TenantSerializer):
    """A person."""

    class Meta:
        model = User
        fields = [
            "id",
            "email",
            "name",
            "role",
            "is_active",
            "time_zone",
            "phone",
            "external_id",
            "last_login",
            "created_at",
            "updated_at",
        ]
        read_only_fields = fields


class UserInput(TenantSerializer):
    """A person's data; without a password at creation an invitation is mailed."""

    email = serializers.EmailField(max_length=254, error_messages=User.EMAIL_ADVICE)
    password = serializers.CharField(required=False, write_only=True, max_length=128)

    class Meta:
        model = User
        fields = ["email", "name", "role", "time_zone", "phone", "external_id", "password"]


class UserChange(TenantSerializer):
    """What administrators change about others."""

    email = serializers.EmailField(max_length=254, error_messages=User.EMAIL_ADVICE)

    class Meta:
        model = User
        fields = ["email", "name", "role", "is_active", "time_zone", "phone", "external_id"]


class OrganizationSerializer(serializers.ModelSerializer[Organization]):
    """The caller's organisation."""

    class Meta:
        model = Organization
        fields = [
            "id",
            "name",
            "slug",
            "time_zone",
            "currency",
            "check_hour",
            "plan",
            "maintenance_scheduling_enabled",
            "windows_need_approval",
            "window_reminder_hours",
            "portal_enabled",
            "next_check_at",
            "created_at",
            "updated_at",
        ]
        read_only_fields = ["slug", "next_check_at"]

    def get_fields(self) -> dict[str, Any]:
        """The plan is the operator's to give; others only read it."""
        fields = super().get_fields()
        user = getattr(self.context.get("request"), "user", None)
        fields["plan"].read_only = user is None or not may_give_plan(user)
        return fields


class MeSerializer(UserSerializer):
    """The caller, with what they may do."""

    rights = serializers.SerializerMethodField()
    organization = OrganizationSerializer(read_only=True)

    class Meta(UserSerializer.Meta):
        fields = [*UserSerializer.Meta.fields, "rights", "organization"]
        read_only_fields = fields

    def get_rights(self, user: User) -> list[str]:
        return sorted(RIGHTS[Role(user.role)])


class ProfileInput(TenantSerializer):
    """What people change about themselves."""

    class Meta:
        model = User
        fields = ["name", "phone", "time_zone"]


class PasswordInput(serializers.Serializer[Any]):
    """A new password, proven by the old one."""

    current = serializers.CharField(max_length=128, trim_whitespace=False)
    new = serializers.CharField(max_length=128, trim_whitespace=False)


class HoursSerializer(serializers.ModelSerializer[WorkingHours]):
    """One stretch of local time on one weekday; Monday is 0."""

    class Meta:
        model = WorkingHours
        fields = ["weekday", "opens_at", "closes_at"]


class ClosedDaySerializer(serializers.ModelSerializer[ClosedDay]):
    """A local date on which nobody works."""

    class Meta:
        model = ClosedDay
        fields = ["day", "name"]


_CALENDAR = [
    *("name", "is_default", "is_round_the_clock", "time_zone", "country", "subdivision"),
    *("hours", "closed_days"),
]


class CalendarSerializer(TenantSerializer):
    """A named week of working hours. Closed are public holidays of `country`, `subdivision`, and `closed_days`."""

    hours = HoursSerializer(many=True)
    closed_days = ClosedDaySerializer(many=True)

    class Meta:
        model = WorkingCalendar
        fields = ["id", *_CALENDAR, "created_at", "updated_at"]


class CalendarInput(TenantSerializer):
    """`hours` replaces the whole week, `closed_days` all of them. Without `time_zone` the organisation's holds."""

    hours = serializers.ListField(child=HoursSerializer(), required=False, max_length=70)
    closed_days = serializers.ListField(
        child=ClosedDaySerializer(), required=False, max_length=MOST_CLOSED_DAYS
    )

    class Meta:
        model = WorkingCalendar
        fields = _CALENDAR


class ApiKeySerializer(TenantSerializer):
    """A key without its secret."""

    class Meta:
        model = ApiKey
        fields = [
            "id",
            "name",
            "user",
            "scope",
            "role",
            "prefix",
            "expires_at",
            "revoked_at",
            "created_at",
            "updated_at",
        ]
        read_only_fields = fields


class ApiKeyInput(TenantSerializer):
    """A new key; it acts as `user`, by default as whoever makes it."""

    user = RelatedRow(queryset=User.objects.all(), required=False)

    class Meta:
        model = ApiKey
        fields = ["name", "user", "scope", "expires_at"]


class ApiKeyName(TenantSerializer):
    """Only the name of a key can change."""

    class Meta:
        model = ApiKey
        fields = ["name"]


class ApiKeyCreated(ApiKeySerializer):
    """The only answer that ever shows the secret."""

    secret = serializers.CharField(read_only=True, allow_null=True)

    class Meta(ApiKeySerializer.Meta):
        fields = [*ApiKeySerializer.Meta.fields, "secret"]
        read_only_fields = fields


class AuditSerializer(TenantSerializer):
    """One entry of the trail."""

    class Meta:
        model = AuditEntry
        fields = [
            "id",
            "at",
            "actor_id",
            "actor_label",
            "action",
            "object_type",
            "object_id",
            "object_label",
            "changes",
            "correlation_id",
            "address",
        ]
        read_only_fields = fields


class CredentialsInput(serializers.Serializer[Any]):
    """E-mail and password."""

    email = serializers.CharField(max_length=254)
    password = serializers.CharField(max_length=128, trim_whitespace=False)


class RefreshInput(serializers.Serializer[Any]):
    """A refresh token."""

    refresh = serializers.CharField(max_length=2000)


class PairSerializer(serializers.Serializer[Any]):
    """An access token for a day, and a refresh token that works once."""

    access = serializers.CharField()
    refresh = serializers.CharField()
