"""How teams, skills and shifts look in the API."""

from typing import Any, ClassVar

from rest_framework import serializers

from accounts.models import (
    Certificate,
    PersonSkill,
    Shift,
    ShiftException,
    Skill,
    Team,
    User,
)
from accounts.rules.shifts import days_of, mask_of
from accounts.services.teams import MOST_MEMBERS
from core.api.serializers import MomentField, RelatedRow, RelatedRows, TenantSerializer

_STAMPS = ("created_at", "updated_at")


class TeamRead(TenantSerializer):
    """`members` are ids of people."""

    members = serializers.SerializerMethodField()

    class Meta:
        model = Team
        fields: ClassVar[Any] = ["id", "name", "lead", "is_active", "members", *_STAMPS]
        read_only_fields = fields

    def get_members(self, team: Team) -> list[str]:
        """Who is in the team, in the order in which they came."""
        return [str(row.user_id) for row in team.memberships.all()]


class TeamInput(TenantSerializer):
    """`members` replaces everybody who is in the team."""

    lead = RelatedRow(queryset=User.objects, required=False, allow_null=True)
    members = RelatedRows(model=User, most=MOST_MEMBERS, required=False)

    class Meta:
        model = Team
        fields: ClassVar[Any] = ["name", "lead", "is_active", "members"]


class SkillRead(TenantSerializer):
    """With `needs_certificate` it counts only while a certificate is valid."""

    class Meta:
        model = Skill
        fields: ClassVar[Any] = [
            *("id", "name", "description", "needs_certificate", "warn_days"),
            *_STAMPS,
        ]
        read_only_fields = fields


class SkillInput(TenantSerializer):
    class Meta:
        model = Skill
        fields: ClassVar[Any] = ["name", "description", "needs_certificate", "warn_days"]


class PersonSkillRead(TenantSerializer):
    """Who can do what."""

    class Meta:
        model = PersonSkill
        fields: ClassVar[Any] = ["id", "user", "skill", *_STAMPS]
        read_only_fields = fields


class PersonSkillInput(TenantSerializer):
    class Meta:
        model = PersonSkill
        fields: ClassVar[Any] = ["user", "skill"]


class CertificateRead(TenantSerializer):
    """Valid from `issued_on` to `expires_on`, both included."""

    class Meta:
        model = Certificate
        fields: ClassVar[Any] = [
            *("id", "user", "skill", "number", "issuer", "issued_on", "expires_on", "warned_at"),
            *_STAMPS,
        ]
        read_only_fields = fields


class CertificateInput(TenantSerializer):
    class Meta:
        model = Certificate
        fields: ClassVar[Any] = [
            *("user", "skill", "number", "issuer", "issued_on", "expires_on"),
        ]


class WeekdaysField(serializers.MultipleChoiceField):
    """Weekdays, Monday 0: kept as a set of bits."""

    def __init__(self, **options: Any) -> None:
        super().__init__(choices=list(range(7)), allow_empty=False, **options)

    def to_internal_value(self, data: Any) -> Any:
        chosen: Any = super().to_internal_value(data)
        return mask_of(chosen)

    def to_representation(self, value: Any) -> Any:
        return days_of(value)


class ShiftRead(TenantSerializer):
    """`weekdays` on which it begins, Monday 0. One that ends when it begins, or before, ends on the next day."""

    weekdays = WeekdaysField(read_only=True)

    class Meta:
        model = Shift
        fields: ClassVar[Any] = [
            *("id", "name", "user", "team", "weekdays", "starts_at", "ends_at", "break_minutes"),
            *("valid_from", "valid_until"),
            *_STAMPS,
        ]
        read_only_fields = fields


class ShiftInput(TenantSerializer):
    """Either `user` or `team`."""

    user = RelatedRow(queryset=User.objects, required=False, allow_null=True)
    weekdays = WeekdaysField(required=False)

    class Meta:
        model = Shift
        fields: ClassVar[Any] = [
            *("name", "user", "team", "weekdays", "starts_at", "ends_at", "break_minutes"),
            *("valid_from", "valid_until"),
        ]


class ShiftExceptionRead(TenantSerializer):
    """An absence, or an extra shift."""

    class Meta:
        model = ShiftException
        fields: ClassVar[Any] = [
            *("id", "user", "kind", "starts_at", "ends_at", "reason"),
            *_STAMPS,
        ]
        read_only_fields = fields


class ShiftExceptionInput(TenantSerializer):
    class Meta:
        model = ShiftException
        fields: ClassVar[Any] = ["user", "kind", "starts_at", "ends_at", "reason"]


class RosterInput(serializers.Serializer[Any]):
    """The time to look at: 93 days at most."""

    start = MomentField()
    end = MomentField()
