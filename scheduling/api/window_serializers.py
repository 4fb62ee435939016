"""How maintenance windows enter and leave the API."""

from typing import Any

from rest_framework import serializers

from core.api.serializers import MomentField, RelatedRow, RelatedRows, TenantSerializer
from core.errors import Invalid
from scheduling import states
from scheduling.models import Booking, Resource, Window
from scheduling.services import windows
from scheduling.services.conflicts import Collision
from scheduling.services.window_series import Scope

COLUMNS = (
    *("id", "resource", "title", "description", "kind", "effect", "status", "starts_at", "ends_at"),
    *("setup_minutes", "cleanup_minutes", "blocked_from", "blocked_to", "override_reason"),
    *("occurrence", "assigned_to", "series", "created_by", "approved_at", "approved_by"),
    *("started_at", "closed_at", "closed_by", "cancel_reason", "created_at", "updated_at"),
)
_INPUT = [
    *("resource", "title", "description", "kind", "effect", "starts_at", "ends_at"),
    *("setup_minutes", "cleanup_minutes", "override_reason", "occurrence", "assigned_to"),
]


class CollisionAnswer(serializers.Serializer[Any]):
    """What shares a moment with the window. `hard` does not give way to planned maintenance.

    Where the caller may know no more than that it is there and when, `id` is null, and `resource` where it is out of
    their reach.
    """

    type = serializers.ChoiceField(choices=["booking", "window"])
    id = serializers.UUIDField(allow_null=True)
    resource = serializers.UUIDField(allow_null=True)
    resource_name = serializers.CharField()
    title = serializers.CharField()
    status = serializers.CharField()
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    severity = serializers.ChoiceField(choices=["hard", "soft"])


def _scope_field() -> serializers.ChoiceField:
    return serializers.ChoiceField(
        choices=[scope.value for scope in Scope], required=False, write_only=True
    )


class WindowRead(TenantSerializer):
    """`rrule` is that of the series, empty for a window that does not recur."""

    affected_bookings_count = serializers.SerializerMethodField()
    rrule = serializers.SerializerMethodField()

    class Meta:
        model = Window
        fields = [*COLUMNS, "rrule", "affected_bookings_count"]
        read_only_fields = list(COLUMNS)

    def get_rrule(self, window: Window) -> str:
        return window.series.rrule if window.series else ""

    def get_affected_bookings_count(self, window: Window) -> int:
        return len(affected(windows.collisions_of(window)))


class _Planned(TenantSerializer):
    """What is said of a window that is made or changed."""

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        values: dict[str, Any] = super().validate(attrs)
        place = values.get("resource") or getattr(self.instance, "resource", None)
        occurrence = values.get("occurrence")
        if occurrence and place and not occurrence.resource.path.startswith(place.path):
            raise Invalid("This due date is of another resource.", field="occurrence")
        return values


class WindowInput(_Planned):
    """`back_dated` admits a start in the past. With `rrule` windows are made on all its dates, and the first answers;
    `leave_out` leaves out the dates that collide instead of refusing all.
    """

    status = serializers.ChoiceField(
        choices=[states.DRAFT, states.SCHEDULED], required=False, default=states.SCHEDULED
    )
    back_dated = serializers.BooleanField(required=False, default=False, write_only=True)

    rrule = serializers.CharField(
        max_length=500, required=False, allow_blank=True, default="", write_only=True
    )
    leave_out = serializers.BooleanField(required=False, default=False, write_only=True)

    class Meta:
        model = Window
        fields = [*_INPUT, "status", "back_dated", "rrule", "leave_out"]
        extra_kwargs = {"description": {"required": False}}


class WindowChange(_Planned):
    """`scope` says which windows of a series are meant; a window that does not recur needs none."""

    scope = _scope_field()
    back_dated = serializers.BooleanField(required=False, write_only=True)

    class Meta:
        model = Window
        fields = [*_INPUT, "scope", "back_dated"]


class CancelInput(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=300)
    scope = _scope_field()


class ApproveInput(serializers.Serializer[Any]):
    scope = _scope_field()


class ExtendInput(serializers.Serializer[Any]):
    ends_at = MomentField()


class ValidateInput(WindowChange):
    """A window as it would be; `id` when it is there already and only moves."""

    id = RelatedRow(queryset=Window.objects.none(), required=False)
    title = serializers.CharField(max_length=200, required=False, default="Window")

    class Meta(WindowChange.Meta):
        fields = [*_INPUT, "id", "back_dated"]


class ValidateAnswer(serializers.Serializer[Any]):
    """`problems` says, by field, what it is refused for beside what is in its way."""

    valid = serializers.BooleanField()
    problems = serializers.DictField(child=serializers.ListField(child=serializers.CharField()))
    conflicts = CollisionAnswer(many=True)
    affected_bookings_count = serializers.IntegerField()


class SuggestInput(serializers.Serializer[Any]):
    """One resource or several, how long, and the period to look in."""

    resource = RelatedRow(queryset=Resource.objects.none(), required=False)
    resources = RelatedRows(model=Resource, most=100, required=False)
    duration_minutes = serializers.IntegerField(min_value=1, max_value=366 * 24 * 60)
    earliest = MomentField(required=False)
    latest = MomentField(required=False)
    setup_minutes = serializers.IntegerField(min_value=0, max_value=10_080, default=0)
    cleanup_minutes = serializers.IntegerField(min_value=0, max_value=10_080, default=0)
    effect = serializers.ChoiceField(choices=Window.Effect.choices, default="out_of_order")

    def validate(self, data: dict[str, Any]) -> dict[str, Any]:
        if not data.get("resource") and not data.get("resources"):
            raise serializers.ValidationError({"resource": ["Name a resource, or several."]})
        return data


class SuggestionAnswer(serializers.Serializer[Any]):
    resource = serializers.UUIDField()
    resource_name = serializers.CharField()
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    is_free = serializers.BooleanField()
    bookings = serializers.IntegerField()
    people = serializers.IntegerField()
    tentative_bookings = serializers.IntegerField()
    booked_minutes = serializers.IntegerField()
    minutes_outside_working_hours = serializers.IntegerField()
    reasons = serializers.ListField(child=serializers.CharField())


class AvailabilityAnswer(serializers.Serializer[Any]):
    available = serializers.BooleanField()
    conflicts = CollisionAnswer(many=True)


def affected(found: list[Collision]) -> list[Collision]:
    """The bookings among what is in the way."""
    return [one for one in found if one.type == "booking"]


class ShareAnswer(serializers.Serializer[Any]):
    """What the window takes from bookings of one severity."""

    bookings = serializers.IntegerField()
    people = serializers.IntegerField()
    nights = serializers.IntegerField()
    hours = serializers.FloatField()


class AffectedAnswer(serializers.Serializer[Any]):
    """A booking, as far as the caller may know it: else `booking` is null, and `resource` where it is out of reach."""

    booking = serializers.UUIDField(allow_null=True)
    reference = serializers.CharField()
    resource = serializers.UUIDField(allow_null=True)
    resource_name = serializers.CharField()
    severity = serializers.ChoiceField(choices=["hard", "soft"])
    status = serializers.CharField()
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    people = serializers.IntegerField()
    nights = serializers.IntegerField()
    hours = serializers.FloatField()


class ImpactAnswer(serializers.Serializer[Any]):
    hard = ShareAnswer()
    soft = ShareAnswer()
    bookings = AffectedAnswer(many=True)


class AlternativesInput(serializers.Serializer[Any]):
    """Which of the affected bookings."""

    booking = RelatedRow(queryset=Booking.objects.none())


class AlternativeAnswer(serializers.Serializer[Any]):
    resource = serializers.UUIDField()
    resource_name = serializers.CharField()
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()


class FreeAnswer(serializers.Serializer[Any]):
    """A resource and when it is free for long enough."""

    resource = serializers.UUIDField()
    resource_name = serializers.CharField()
    code = serializers.CharField()
    free = serializers.ListField(child=serializers.DictField())
