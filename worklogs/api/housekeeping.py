"""`cleaning-plans`, and `housekeeping/rooms`: what housekeeping has to do today."""

from typing import Any, ClassVar

from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Team, User
from accounts.rights import Right
from core.api.filters import RelatedFilter, TenantFilterSet
from core.api.serializers import MomentField, RelatedRow, TenantSerializer
from core.api.viewsets import CrudViewSet, GuardedView
from scheduling.models import Resource
from worklogs.models import CleaningPlan
from worklogs.rules import standing
from worklogs.services import cleaning_plans, rooms

_COLUMNS = (
    *("id", "title", "task_type", "on_event", "rhythm", "schedule", "resource", "with_below"),
    *("resource_type", "is_planned_ahead", "allowed_minutes", "setup_minutes", "due_time"),
    *("estimated_duration_minutes", "checklist", "priority", "assigned_to", "team"),
    *("needs_inspection", "is_active", "created_at", "updated_at"),
)
_READ_ONLY = {"id", "is_active", "created_at", "updated_at"}
_BY_TIME = ("daily", "weekly", "biweekly", "monthly", "quarterly", "semiannual", "annual")


class CleaningPlanRead(TenantSerializer):
    """`on_event` is empty for plans by time, whose dates are those of `schedule`; they are paused with it."""

    is_active = serializers.BooleanField(source="is_at_work", read_only=True)

    class Meta:
        model = CleaningPlan
        fields: ClassVar[Any] = [*_COLUMNS]
        read_only_fields = fields


class CleaningPlanChange(TenantSerializer):
    """`resource` (perhaps `with_below`) or `resource_type` for plans by event; else `schedule`."""

    assigned_to = RelatedRow(queryset=User.objects, required=False, allow_null=True)
    team = RelatedRow(queryset=Team.objects, required=False, allow_null=True)

    class Meta:
        model = CleaningPlan
        fields: ClassVar[Any] = [name for name in _COLUMNS if name not in _READ_ONLY]
        extra_kwargs: ClassVar[Any] = {"priority": {"required": False, "allow_blank": True}}


class CleaningPlanInput(CleaningPlanChange):
    """With `frequency` the plan is by time from `start_at` on: its schedule is made for its resource or type."""

    frequency = serializers.ChoiceField(choices=_BY_TIME, required=False, write_only=True)
    start_at = MomentField(required=False, write_only=True)

    class Meta(CleaningPlanChange.Meta):
        fields: ClassVar[Any] = [*CleaningPlanChange.Meta.fields, "frequency", "start_at"]


class PauseInput(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=300, required=False, allow_blank=True)


class GenerateRead(serializers.Serializer[Any]):
    """How many tasks were made."""

    generated = serializers.IntegerField()


class CleaningPlanFilter(TenantFilterSet):
    resource = RelatedFilter()
    resource_type = RelatedFilter()
    schedule = RelatedFilter()

    class Meta:
        model = CleaningPlan
        fields = ["task_type", "on_event", "rhythm", "is_active"]


class CleaningPlanViewSet(CrudViewSet):
    """What is cleaned when: by the dates of a schedule, or when guests check in or leave."""

    model = CleaningPlan
    serializer_class = CleaningPlanRead
    input_serializer_class = CleaningPlanInput
    filterset_class = CleaningPlanFilter
    search_fields = ["title"]
    action_serializers: ClassVar[Any] = {
        "update": CleaningPlanChange,
        "partial_update": CleaningPlanChange,
        "pause": PauseInput,
    }
    rights: ClassVar[Any] = {
        **dict.fromkeys(("list", "retrieve"), Right.WORK_ORDER_WORK),
        "create": Right.SCHEDULE_ADD,
        **dict.fromkeys(("update", "partial_update", "activate", "pause"), Right.SCHEDULE_CHANGE),
        "destroy": Right.SCHEDULE_DELETE,
        "generate": Right.WORK_ORDER_ADD,
    }

    def get_queryset(self) -> Any:
        return super().get_queryset().select_related("schedule")

    def create_row(self, values: dict[str, Any]) -> CleaningPlan:
        frequency, start_at = values.pop("frequency", ""), values.pop("start_at", None)
        return cleaning_plans.create_plan(
            CleaningPlan(**values),
            by=self.by,
            now=timezone.now(),
            frequency=frequency,
            start_at=start_at,
        )

    def update_row(self, row: CleaningPlan, values: dict[str, Any]) -> CleaningPlan:
        return cleaning_plans.change_plan(row, values, by=self.by, now=timezone.now())

    def delete_row(self, row: CleaningPlan) -> None:
        cleaning_plans.delete_plan(row, by=self.by, now=timezone.now())

    @extend_schema(request=None, responses=CleaningPlanRead)
    @action(detail=True, methods=["post"])
    def activate(self, request: Request, pk: str) -> Response:
        """It makes tasks again."""
        found = cleaning_plans.activate(self.get_object(), by=self.by, now=timezone.now())
        return self.answer(found)

    @extend_schema(responses=CleaningPlanRead)
    @action(detail=True, methods=["post"])
    def pause(self, request: Request, pk: str) -> Response:
        """It makes no more tasks until it is activated; those that exist stay."""
        plan, now = self.get_object(), timezone.now()
        return self.answer(cleaning_plans.pause(plan, by=self.by, now=now, **self.parsed()))

    @extend_schema(request=None, responses=GenerateRead)
    @action(detail=True, methods=["post"])
    def generate(self, request: Request, pk: str) -> Response:
        """Make now what it wants of the bookings as they stand, or the task of its next date."""
        made = cleaning_plans.generate(self.get_object(), by=self.by, now=timezone.now())
        return Response({"generated": made})


class RoomsInput(serializers.Serializer[Any]):
    """`under`: only this resource and everything below it."""

    under = serializers.UUIDField(required=False)


class RoomTaskRead(serializers.Serializer[Any]):
    """`tight` says in words what is tight about the turn-over."""

    work_order = serializers.UUIDField()
    number = serializers.IntegerField()
    task_type = serializers.CharField()
    task_state = serializers.CharField()
    due_at = MomentField(allow_null=True)
    assigned_to = serializers.UUIDField(allow_null=True)
    needs_inspection = serializers.BooleanField()
    tight = serializers.CharField(allow_blank=True)


class RoomRead(serializers.Serializer[Any]):
    """`state`: ready, being_cleaned, to_be_cleaned, to_be_inspected. Times of guests for those who may see bookings."""

    resource = serializers.UUIDField()
    code = serializers.CharField()
    name = serializers.CharField()
    state = serializers.ChoiceField(choices=list(rooms.WORDS))
    leaving_at = MomentField(allow_null=True)
    arriving_at = MomentField(allow_null=True)
    tasks = RoomTaskRead(many=True)


class RoomsView(GuardedView):
    """`GET housekeeping/rooms`: every room of today with its state and tasks, in the order of the tree."""

    rights: ClassVar[Any] = {"get": Right.WORK_ORDER_WORK}

    @extend_schema(parameters=[RoomsInput], responses=RoomRead(many=True))
    def get(self, request: Request) -> Response:
        """Rooms that cleaning plans are for, or that have a task today."""
        user: Any = request.user
        asked = RoomsInput(data=request.query_params)
        asked.is_valid(raise_exception=True)
        below = None
        if "under" in asked.validated_data:
            seen = Resource.objects.visible_to(user)
            below = seen.filter(pk=asked.validated_data["under"]).first()
            if below is None:
                raise Http404
        found = rooms.today(user, now=timezone.now(), below=below)
        return Response(RoomRead([_room(one) for one in found], many=True).data)


def _room(room: rooms.Room) -> dict[str, Any]:
    return {
        "resource": room.resource.pk,
        "code": room.resource.code,
        "name": room.resource.name,
        "state": room.state,
        "leaving_at": room.leaving.ends_at if room.leaving else None,
        "arriving_at": room.arriving.starts_at if room.arriving else None,
        "tasks": [_task(task) for task in room.tasks],
    }


def _task(task: rooms.Task) -> dict[str, Any]:
    order = task.order
    return {
        "work_order": order.pk,
        "number": order.number,
        "task_type": order.task_type,
        "task_state": standing.task_state(order.status),
        "due_at": order.due_at,
        "assigned_to": order.assigned_to_id,
        "needs_inspection": task.asks_inspection,
        "tight": task.tight,
    }
