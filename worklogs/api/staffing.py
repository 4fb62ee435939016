"""Who is to do it: automatic assignment, candidates, skills; required skills and usual places; staff workload."""

from typing import Any, ClassVar

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Skill
from accounts.rights import Right
from core.api.serializers import RelatedRows, TenantSerializer
from core.api.viewsets import CrudViewSet, GuardedView
from worklogs.models import HomePlace, WorkNeed, WorkOrder
from worklogs.rules.assignment import Candidate
from worklogs.services import assigning, needs, staff_days

_STAMPS = ("created_at", "updated_at")
_RIGHTS: dict[str, Right] = {
    **dict.fromkeys(("list", "retrieve"), Right.STAFF_VIEW),
    **dict.fromkeys(("create", "update", "partial_update", "destroy"), Right.STAFF_MANAGE),
}


class AutoAssignInput(serializers.Serializer[Any]):
    """Without `ids` everything that is scheduled and nobody's. With `dry_run` nothing is written."""

    ids = RelatedRows(model=WorkOrder, most=assigning.MOST, required=False)
    dry_run = serializers.BooleanField(default=False)


class OutcomeRead(serializers.Serializer[Any]):
    """`assigned_to` is null where nobody could be found; `reasons` say why, either way."""

    work_order = serializers.UUIDField()
    number = serializers.IntegerField()
    assigned_to = serializers.UUIDField(allow_null=True)
    name = serializers.CharField(allow_blank=True)
    reasons = serializers.ListField(child=serializers.CharField())


class AutoAssignRead(serializers.Serializer[Any]):
    assigned = serializers.IntegerField()
    unassigned = serializers.IntegerField()
    dry_run = serializers.BooleanField()
    results = OutcomeRead(many=True)


class CandidateRead(serializers.Serializer[Any]):
    """`is_able`: can do it; `reasons` say what speaks for the person, or why not."""

    user = serializers.UUIDField()
    name = serializers.CharField()
    is_able = serializers.BooleanField()
    is_late = serializers.BooleanField()
    reasons = serializers.ListField(child=serializers.CharField())


class SkillsInput(serializers.Serializer[Any]):
    """The skills that this order needs; null: those that follow from what it is."""

    skills = RelatedRows(model=Skill, most=needs.MOST_SKILLS, allow_null=True)


class SkillsRead(serializers.Serializer[Any]):
    """`is_chosen`: a person said so; else they follow from the required skills."""

    is_chosen = serializers.BooleanField()
    skills = serializers.ListField(child=serializers.UUIDField())


class StaffingActions:
    """The part of `work-orders` that is about who does it."""

    staffing_rights: ClassVar[dict[str, Right]] = {
        "auto_assign": Right.WORK_ORDER_ASSIGN,
        "candidates": Right.WORK_ORDER_ASSIGN,
        "skills": Right.WORK_ORDER_ASSIGN,
    }
    staffing_inputs: ClassVar[dict[str, Any]] = {
        "auto_assign": AutoAssignInput,
        "skills": SkillsInput,
    }

    @extend_schema(request=AutoAssignInput, responses=AutoAssignRead)
    @action(detail=False, methods=["post"], url_path="auto-assign")
    def auto_assign(self: Any, request: Request) -> Response:
        """Give orders that wait for somebody to people by skills, shift, load, distance and continuity, and say why."""
        given = self.parsed()
        rows = given.get("ids")
        ids = None if rows is None else [row.pk for row in rows]
        dry_run = given["dry_run"]
        found = assigning.auto_assign(ids, by=self.by, now=timezone.now(), dry_run=dry_run)
        results = [_outcome(one) for one in found]
        assigned = sum(one.person is not None for one in found)
        counts = {"assigned": assigned, "unassigned": len(found) - assigned}
        return Response({**counts, "dry_run": dry_run, "results": results})

    @extend_schema(responses=CandidateRead(many=True), filters=False)
    @action(detail=True, methods=["get"], pagination_class=None)
    def candidates(self: Any, request: Request, pk: str) -> Response:
        """Everybody for this order, the best first, each with what speaks for them; then who cannot, and why."""
        found = assigning.suggest(self.get_object(), now=timezone.now())
        return Response([_candidate(one) for one in (*found.able, *found.refused)])

    @extend_schema(methods=["get"], responses=SkillsRead, filters=False, request=None)
    @extend_schema(methods=["put"], request=SkillsInput, responses=SkillsRead)
    @action(detail=True, methods=["get", "put"], pagination_class=None)
    def skills(self: Any, request: Request, pk: str) -> Response:
        """What this order needs; PUT chooses it."""
        order = self.get_object()
        if request.method == "PUT":
            chosen = self.parsed()["skills"]
            needs.choose_skills(order, chosen, by=self.by, now=timezone.now())
        found = [skill.pk for skill in needs.skills_of(order)]
        return Response({"is_chosen": order.skills_chosen, "skills": found})


def _outcome(one: assigning.Outcome) -> dict[str, Any]:
    return {
        "work_order": one.order.pk,
        "number": one.order.number,
        "assigned_to": one.person.pk if one.person else None,
        "name": one.person.name if one.person else "",
        "reasons": one.reasons,
    }


def _candidate(one: Candidate) -> dict[str, Any]:
    return {
        "user": one.person.key,
        "name": one.person.name,
        "is_able": not one.refusal,
        "is_late": one.is_late,
        "reasons": [one.refusal] if one.refusal else one.reasons,
    }


class WorkNeedRead(TenantSerializer):
    """Work to which every named value applies needs `skill`, and takes `minutes` where its order says nothing."""

    class Meta:
        model = WorkNeed
        fields: ClassVar[Any] = [
            *("id", "task_type", "category", "resource_type", "schedule", "skill", "minutes"),
            *_STAMPS,
        ]
        read_only_fields = fields


class WorkNeedInput(TenantSerializer):
    class Meta:
        model = WorkNeed
        fields: ClassVar[Any] = [
            *("task_type", "category", "resource_type", "schedule", "skill", "minutes"),
        ]


class WorkNeedViewSet(CrudViewSet):
    """Which skills work needs, and how long it usually takes."""

    model = WorkNeed
    rights = _RIGHTS
    serializer_class = WorkNeedRead
    input_serializer_class = WorkNeedInput
    filterset_fields: ClassVar[Any] = [
        *("task_type", "category", "resource_type", "schedule", "skill"),
    ]


class HomePlaceRead(TenantSerializer):
    """Where a person usually works."""

    class Meta:
        model = HomePlace
        fields: ClassVar[Any] = ["id", "user", "resource", *_STAMPS]
        read_only_fields = fields


class HomePlaceInput(TenantSerializer):
    class Meta:
        model = HomePlace
        fields: ClassVar[Any] = ["user", "resource"]


class HomePlaceViewSet(CrudViewSet):
    """Where people usually work: orders nearby come to them first."""

    model = HomePlace
    rights = _RIGHTS
    serializer_class = HomePlaceRead
    input_serializer_class = HomePlaceInput
    filterset_fields: ClassVar[Any] = ["user", "resource"]


class WorkloadInput(serializers.Serializer[Any]):
    """From today on: 14 days unless it says otherwise, 28 at most."""

    days = serializers.IntegerField(default=14, min_value=1, max_value=staff_days.MOST_DAYS)


class WorkloadView(GuardedView):
    """`GET dashboard/staff-workload`: planned minutes against capacity, by person and day."""

    rights: ClassVar[Any] = {"get": Right.STAFF_VIEW}

    @extend_schema(
        parameters=[WorkloadInput],
        responses={"200": {"type": "array", "items": {"type": "object"}}},
    )
    def get(self, request: Request) -> Response:
        """Everybody's days; whoever plans nobody sees their own."""
        asked = WorkloadInput(data=request.query_params)
        asked.is_valid(raise_exception=True)
        found = staff_days.picture(
            by=request.user,  # type: ignore[arg-type]
            now=timezone.now(),
            days=asked.validated_data["days"],
        )
        return Response([_row(row) for row in found.rows])


def _row(row: staff_days.Row) -> dict[str, Any]:
    days = [
        {
            "day": one.day,
            "capacity_minutes": one.capacity,
            "planned_minutes": one.planned,
            "is_overloaded": one.is_overloaded,
            "is_absent": one.is_absent,
            "work_orders": [job.key for job in one.jobs],
        }
        for one in row.days
    ]
    return {"user": row.person.key, "name": row.person.name, "days": days}
