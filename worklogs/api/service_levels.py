"""`sla/…`: what is promised, what was missed, how often it was kept."""

from typing import Any, ClassVar

import django_filters
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import WorkingCalendar
from accounts.rights import Right
from accounts.zones import zone_name_of
from core.api.filters import MomentRangeFilter, RelatedFilter, TenantFilterSet
from core.api.serializers import MomentField, RelatedRow, TenantSerializer
from core.api.viewsets import CrudViewSet, GuardedView, ReadOnlyViewSet
from core.errors import Invalid
from scheduling.models import ResourceType
from worklogs.models import SlaEscalation, SlaPolicy, SlaViolation
from worklogs.services import sla_book, sla_performance, sla_policies, sla_violations
from worklogs.services.sla_performance import Part, Scores
from worklogs.services.sla_story import Story

_POLICY = [
    *("name", "position", "is_active", "kind", "task_type", "category", "priority"),
    *("resource_type", "calendar", "response_minutes", "response_business_days"),
    *("resolution_minutes", "resolution_business_days", "escalate_after_minutes"),
]


class PolicyRead(TenantSerializer):
    """`applies_to` says the conditions in words."""

    applies_to = serializers.SerializerMethodField()

    class Meta:
        model = SlaPolicy
        fields: ClassVar[Any] = ["id", *_POLICY, "applies_to", "created_at", "updated_at"]
        read_only_fields = fields

    def get_applies_to(self, policy: SlaPolicy) -> str:
        """Such as “corrective work, critical priority”."""
        return sla_book.words_of(policy)


class PolicyInput(TenantSerializer):
    """Empty conditions fit everything. A target is in minutes of working time or in working days.

    Without `calendar` the organisation's default one counts; what concerns safety is measured round the clock.
    """

    resource_type = RelatedRow(queryset=ResourceType.objects, required=False, allow_null=True)
    calendar = RelatedRow(queryset=WorkingCalendar.objects, required=False, allow_null=True)

    class Meta:
        model = SlaPolicy
        fields: ClassVar[Any] = _POLICY


class PolicyFilter(TenantFilterSet):
    resource_type = RelatedFilter()
    calendar = RelatedFilter()

    class Meta:
        model = SlaPolicy
        fields: ClassVar[Any] = ["is_active", "kind", "task_type", "category", "priority"]


class PolicyViewSet(CrudViewSet):
    """What is promised. Of the policies that fit an order the one with most conditions holds, then the first."""

    model = SlaPolicy
    serializer_class = PolicyRead
    input_serializer_class = PolicyInput
    filterset_class = PolicyFilter
    search_fields = ["name"]
    ordering_fields: ClassVar[Any] = {"position": "position", "name": "name"}
    ordering = "position"
    rights: ClassVar[Any] = {
        **dict.fromkeys(("list", "retrieve"), Right.SLA_VIEW),
        **dict.fromkeys(("create", "update", "partial_update", "destroy"), Right.SLA_MANAGE),
    }

    def get_queryset(self) -> Any:
        return super().get_queryset().select_related("resource_type")

    def create_row(self, values: dict[str, Any]) -> SlaPolicy:
        return sla_policies.create_policy(SlaPolicy(**values), by=self.by, now=timezone.now())

    def update_row(self, row: SlaPolicy, values: dict[str, Any]) -> SlaPolicy:
        return sla_policies.change_policy(row, values, by=self.by, now=timezone.now())

    def delete_row(self, row: SlaPolicy) -> None:
        sla_policies.delete_policy(row, by=self.by, now=timezone.now())


_EXCUSE = {
    "excused_at": "excuse__at",
    "excused_by": "excuse__by",
    "excuse_reason": "excuse__reason",
}


class ViolationRead(TenantSerializer):
    """A target that was missed; `excused_at` and what follows are empty unless it is excused."""

    excused_at = serializers.DateTimeField(source="excuse.at", default=None)
    excused_by = serializers.UUIDField(source="excuse.by_id", default=None)
    excuse_reason = serializers.CharField(source="excuse.reason", default=None)

    class Meta:
        model = SlaViolation
        fields: ClassVar[Any] = [
            *("id", "work_order", "clock", "policy", "breached_at", "found_at", *_EXCUSE)
        ]
        read_only_fields = fields


class ExcuseInput(serializers.Serializer[Any]):
    """Why it is not held against anybody."""

    reason = serializers.CharField(max_length=300, required=False, allow_blank=True)


class ViolationFilter(TenantFilterSet):
    """`is_excused`: true or false. `breached_at_after`, `breached_at_before`."""

    work_order = RelatedFilter()
    policy = RelatedFilter()
    breached_at = MomentRangeFilter()
    is_excused = django_filters.BooleanFilter(
        field_name="excuse", lookup_expr="isnull", exclude=True
    )

    class Meta:
        model = SlaViolation
        fields: ClassVar[Any] = ["clock"]


class ViolationViewSet(ReadOnlyViewSet):
    """Targets that were missed. They stay on record; `excuse` says why one is not held against anybody."""

    model = SlaViolation
    serializer_class = ViolationRead
    filterset_class = ViolationFilter
    ordering_fields: ClassVar[Any] = {"breached_at": "breached_at"}
    ordering = "-breached_at"
    action_serializers: ClassVar[Any] = {"excuse": ExcuseInput}
    list_values: ClassVar[Any] = {
        **{name: name for name in ViolationRead.Meta.fields if name not in _EXCUSE},
        **_EXCUSE,
    }
    rights: ClassVar[Any] = {
        **dict.fromkeys(("list", "retrieve"), Right.SLA_VIEW),
        "excuse": Right.SLA_EXCUSE,
    }

    def get_queryset(self) -> Any:
        return super().get_queryset().select_related("excuse")

    def shown(self, row: SlaViolation) -> SlaViolation:
        """With the excuse that was just given."""
        found: SlaViolation = self.get_queryset().get(pk=row.pk)
        return found

    @extend_schema(responses=ViolationRead)
    @action(detail=True, methods=["post"])
    def excuse(self, request: Request, pk: str) -> Response:
        """Not held against anybody, and why; once."""
        row, given = self.get_object(), self.parsed()
        sla_violations.excuse(row, given.get("reason", ""), by=self.by, now=timezone.now())
        return self.answer(row)


class EscalationRead(TenantSerializer):
    """Level 1: coordinators; level 2: who leads the organisation."""

    class Meta:
        model = SlaEscalation
        fields: ClassVar[Any] = [
            *("id", "violation", "level", "raised_at", "next_at"),
            *("acknowledged_at", "acknowledged_by"),
        ]
        read_only_fields = fields


class EscalationFilter(TenantFilterSet):
    """`waiting=true`: nobody has said that they see to it."""

    violation = RelatedFilter()
    waiting = django_filters.BooleanFilter(field_name="acknowledged_at", lookup_expr="isnull")

    class Meta:
        model = SlaEscalation
        fields: ClassVar[Any] = ["level"]


class EscalationViewSet(ReadOnlyViewSet):
    """Who was told further up of a missed target. `acknowledge`: one sees to it, and nobody further up is told."""

    model = SlaEscalation
    serializer_class = EscalationRead
    filterset_class = EscalationFilter
    ordering_fields: ClassVar[Any] = {"raised_at": "raised_at"}
    ordering = "-raised_at"
    list_values: ClassVar[Any] = {name: name for name in EscalationRead.Meta.fields}
    rights: ClassVar[Any] = {
        **dict.fromkeys(("list", "retrieve"), Right.SLA_VIEW),
        "acknowledge": Right.SLA_ACKNOWLEDGE,
    }

    @extend_schema(request=None, responses=EscalationRead)
    @action(detail=True, methods=["post"])
    def acknowledge(self, request: Request, pk: str) -> Response:
        """The caller sees to it."""
        row = sla_violations.acknowledge(self.get_object(), by=self.by, now=timezone.now())
        return self.answer(row)


class PeriodInput(serializers.Serializer[Any]):
    """`[start, end)`; without them the last 30 days."""

    start = MomentField(required=False)
    end = MomentField(required=False)


class PerformanceView(GuardedView):
    """How often what was promised was kept, for orders that were reported in the period."""

    rights = {"get": Right.SLA_VIEW}

    @extend_schema(
        parameters=[
            OpenApiParameter("start", OpenApiTypes.DATETIME),
            OpenApiParameter("end", OpenApiTypes.DATETIME),
        ],
        responses=OpenApiTypes.OBJECT,
    )
    def get(self, request: Request) -> Response:
        """Attainment is per cent of the decided that were kept; what is excused counts for nothing.

        `open` and `overdue` are as of the end of the period, of everything.
        """
        asked = PeriodInput(data=request.query_params)
        asked.is_valid(raise_exception=True)
        now = timezone.now()
        end = asked.validated_data.get("end") or now
        start = asked.validated_data.get("start") or end - sla_performance.USUAL
        if start >= end:
            raise Invalid("The end must be after the start.", field="end")
        user: Any = request.user
        found = sla_performance.performance(
            user, start=start, end=end, zone=zone_name_of(user), now=now
        )
        return Response(
            {
                **{"start": found.start, "end": found.end, "step": found.step},
                **{"open": found.open, "overdue": found.overdue, **_scores(found.total)},
                "by_period": _parts(found.periods),
                "by_kind": _parts(found.kinds),
                "by_priority": _parts(found.priorities),
                "by_policy": _parts(found.policies),
            }
        )


def _parts(parts: list[Part]) -> list[dict[str, Any]]:
    return [{"key": part.key, "label": part.label, **_scores(part.scores)} for part in parts]


def _scores(scores: Scores) -> dict[str, Any]:
    return {
        name: {
            **{key: getattr(score, key) for key in ("kept", "missed", "excused", "running")},
            "attainment": score.attainment,
        }
        for name, score in scores.items()
    }


def story_shown(story: Story) -> dict[str, Any]:
    """The clocks of an order for `GET work-orders/{id}/sla`."""
    return {
        "policy": {"id": story.policy.pk, "name": story.policy.name} if story.policy else None,
        "why": story.why,
        "deadline_at": story.deadline_at,
        "clocks": [
            {
                **{name: getattr(clock, name) for name in ("clock", "state", "target", "words")},
                **{"time_zone": clock.zone, "starts_at": clock.starts_at, "due_at": clock.due_at},
                "ended_at": clock.ended_at,
                "elapsed_seconds": clock.elapsed.total_seconds(),
                "remaining_seconds": None
                if clock.remaining is None
                else clock.remaining.total_seconds(),
                "used_percent": round(100 * clock.share, 1),
                "intervals": [
                    {"starts_at": begin, "ends_at": end, "seconds": (end - begin).total_seconds()}
                    for begin, end in clock.intervals
                ],
                "pauses": [{"starts_at": begin, "ends_at": end} for begin, end in clock.pauses],
                "violation": clock.violation.pk if clock.violation else None,
            }
            for clock in story.clocks
        ],
    }
