"""`work-orders` and `tasks`: the same rows, seen from two sides; `requests` is the third."""

from collections.abc import Callable
from typing import Any, ClassVar

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.rights import Right
from core.api.viewsets import CreateMixin, CrudViewSet, ReadOnlyViewSet, TenantViewSet
from worklogs.api import order_serializers as shapes
from worklogs.api import part_serializers as parts
from worklogs.api.command_serializers import INPUTS
from worklogs.api.order_filters import TaskFilter, WorkOrderFilter
from worklogs.api.order_lists import OrderListActions
from worklogs.api.order_parts import PartActions
from worklogs.api.service_levels import story_shown
from worklogs.api.staffing import StaffingActions
from worklogs.models import WorkOrder
from worklogs.rules import priority, standing
from worklogs.services import assigning, moving, orders, sla_story, warranties
from worklogs.states import COMMANDS

_MOST_MOVES = 1000
_GIVING = {"assign", "take", "reassign"}
#: Edits that may name somebody for the work.
_EDITS = ("create", "update", "partial_update")
_assigned = extend_schema(responses=shapes.AssignedRead)
Rows = list[dict[str, Any]]  # inside the viewset `list` is the action


class OrderList(TenantViewSet):
    """What the three lists of orders share."""

    model = WorkOrder
    serializer_class = shapes.WorkOrderRead
    filterset_class = WorkOrderFilter
    ordering_fields: ClassVar[Any] = {
        "created_at": "created_at",
        "number": "number",
        "due_at": "due_at",
    }
    ordering = "-created_at"
    list_values: ClassVar[Any] = {
        **{name: name for name in shapes.COLUMNS},
        "priority_reasons": "priority_reasons",
        "days_until_due": "resource__effective_time_zone",
    }
    #: Actions whose answers tell what speaks against whoever has the work.
    telling: ClassVar[Any] = ()
    finished = frozenset(
        {
            *("is_overdue", "is_delayed", "days_until_due", "task_state"),
            *("priority_reasons", *shapes.MONEY),
        }
    )

    def get_serializer_context(self) -> Any:
        """Overdue and delayed depend on the moment."""
        context = super().get_serializer_context()
        return {**context, "now": timezone.now()}

    def finish_list(self, rows: Rows) -> Rows:
        """Adds what follows from other columns and the clock."""
        now = timezone.now()
        for row in rows:
            row["is_overdue"] = standing.is_overdue(row, now=now)
            row["is_delayed"] = standing.is_delayed(row, now=now)
            zone = row["days_until_due"]
            row["days_until_due"] = standing.days_until(row["due_at"], now=now, zone=zone)
            row["task_state"] = standing.task_state(row["status"])
            row["priority_reasons"] = priority.in_words(row["priority_reasons"].split())
            row["total_cost"] = row["labor_cost"] + row["parts_cost"] + row["other_cost"]
            shapes.amounts_for(self.request.user, row)
        return rows

    def shown(self, row: WorkOrder) -> WorkOrder:
        """As the database has it: with the scale of its amounts."""
        order: WorkOrder = WorkOrder.objects.shown().get(pk=row.pk)
        return order

    def answer(self, row: WorkOrder, *, code: int = 200) -> Response:
        """Whoever names somebody for the work learns what speaks against them."""
        answer = super().answer(row, code=code)
        if self.action in self.telling:
            names = self.action in _GIVING or "assigned_to" in self.request.data
            now = timezone.now()
            answer.data["warnings"] = assigning.warnings(row, now=now) if names else []
        return answer


def _command(name: str, doc: str) -> Callable[..., Response]:
    """The action of one command of the table."""

    def act(self: Any, request: Request, pk: str) -> Response:
        order = self.get_object()
        given, now = self.parsed() if name in INPUTS else {}, timezone.now()
        answer: Response = self.answer(orders.give(order, name, given, by=self.by, now=now))
        return answer

    act.__name__, act.__doc__ = name, doc
    read = shapes.AssignedRead if name in _GIVING else shapes.WorkOrderRead
    shape = extend_schema(request=INPUTS.get(name), responses=read)
    made: Callable[..., Response] = action(detail=True, methods=["post"])(shape(act))
    return made


@extend_schema_view(**dict.fromkeys(_EDITS, _assigned))
class WorkOrderViewSet(OrderListActions, StaffingActions, PartActions, OrderList, CrudViewSet):
    """Work from report to verification. Commands move it; what it does not allow answers 409 with what it does.

    Deleting cancels; the row stays on record.
    """

    input_serializer_class = shapes.WorkOrderInput
    telling = (*_EDITS, *_GIVING)
    action_serializers: ClassVar[Any] = {
        **INPUTS,
        "update": shapes.WorkOrderChange,
        "partial_update": shapes.WorkOrderChange,
        **PartActions.part_inputs,
        **StaffingActions.staffing_inputs,
        **OrderListActions.list_inputs,
    }
    rights: ClassVar[Any] = {
        **{command.name: command.right for command in COMMANDS.values()},
        **dict.fromkeys(
            ("list", "retrieve", "history", "commands", "sla", "warranties", "resources"),
            Right.WORK_ORDER_VIEW,
        ),
        **PartActions.part_rights,
        "create": Right.WORK_ORDER_ADD,
        **dict.fromkeys(("update", "partial_update"), Right.WORK_ORDER_CHANGE),
        "destroy": COMMANDS["cancel"].right,
        **StaffingActions.staffing_rights,
        **OrderListActions.list_rights,
    }

    triage = _command("triage", "Put the report in order; whoever reported has an answer.")
    reject = _command("reject", "Nothing will be done, and why.")
    duplicate = _command("duplicate", "Somebody else reported it: `duplicate_of`.")
    schedule = _command("schedule", "When it is to be done.")
    assign = _command("assign", "Who is to do it.")
    take = _command("take", "Do it oneself: work that waits for one of the caller's teams.")
    give_back = _command("give_back", "Whoever has it does not do it: it waits for somebody else.")
    reassign = _command("reassign", "Hand it over to somebody else; its state stays.")
    start = _command("start", "Work begins.")
    hold = _command("hold", "Work stands still, and why.")
    resume = _command("resume", "Work goes on.")
    complete = _command("complete", "The work is done: it is logged, and the due date moves.")
    verify = _command("verify", "Somebody looked: it is done well.")
    cancel = _command("cancel", "It will not be done, and why.")
    reopen = _command("reopen", "It is not done well, and why.")
    delay = _command("delay", "It will be late, and why; its state stays.")
    escalate = _command("escalate", "Somebody further up has to know, and why; its state stays.")

    def create_row(self, values: dict[str, Any]) -> WorkOrder:
        apart = {name: values.pop(name, None) for name in ("assigned_to", "checklist")}
        stops = values.pop("resources", ())
        order, now = WorkOrder(**values), timezone.now()
        return orders.create_order(
            order,
            by=self.by,
            now=now,
            stops=stops,
            assignee=apart["assigned_to"],
            checklist=apart["checklist"],
        )

    def update_row(self, row: WorkOrder, values: dict[str, Any]) -> WorkOrder:
        return orders.change_order(row, values, by=self.by, now=timezone.now())

    def delete_row(self, row: WorkOrder) -> None:
        orders.give(row, "cancel", {"reason": "Deleted"}, by=self.by, now=timezone.now())

    @extend_schema(responses=shapes.TransitionRead(many=True), filters=False)
    @action(detail=True, methods=["get"], pagination_class=None)
    def history(self, request: Request, pk: str) -> Response:
        """The moves of the order, the first first; of very many the last thousand."""
        lines = self.get_object().transitions.order_by("-step")[:_MOST_MOVES]
        return Response(shapes.TransitionRead(reversed(lines), many=True).data)

    @extend_schema(responses=OpenApiTypes.OBJECT, filters=False)
    @action(detail=True, methods=["get"], pagination_class=None)
    def sla(self, request: Request, pk: str) -> Response:
        """What was promised, and both clocks with the stretches of time that their figures add up."""
        return Response(story_shown(sla_story.tell(self.get_object(), now=timezone.now())))

    @extend_schema(responses={"200": {"type": "array", "items": {"type": "string"}}}, filters=False)
    @action(detail=True, methods=["get"], pagination_class=None)
    def commands(self, request: Request, pk: str) -> Response:
        """What the order allows the caller to do with it now."""
        return Response(moving.allowed_to(self.get_object(), self.by))

    @extend_schema(responses=parts.StopRead(many=True), filters=False)
    @action(detail=True, methods=["get"], pagination_class=None)
    def resources(self, request: Request, pk: str) -> Response:
        """The further resources of a round, in the order of the way; completing logs the work on each."""
        stops = self.get_object().stops.order_by("position")
        return Response(parts.StopRead(stops, many=True).data)

    @extend_schema(responses=parts.WarrantyRead(many=True), filters=False)
    @action(detail=True, methods=["get"], pagination_class=None)
    def warranties(self, request: Request, pk: str) -> Response:
        """Who may have to put it right at no charge, as of the report: to be asked before money is spent."""
        found = warranties.of_order(self.get_object())
        return Response(parts.WarrantyRead(found, many=True).data)


@extend_schema_view(create=_assigned)
class TaskViewSet(OrderList, CreateMixin, ReadOnlyViewSet):
    """Housekeeping. Commands are those of `work-orders`."""

    input_serializer_class = shapes.TaskInput
    telling = ("create",)
    filterset_class = TaskFilter
    rights: ClassVar[Any] = {
        "list": Right.WORK_ORDER_VIEW,
        "retrieve": Right.WORK_ORDER_VIEW,
        "create": Right.WORK_ORDER_ADD,
    }

    def _visible(self, rows: Any) -> Any:
        return rows.visible_to(self.request.user).tasks()

    def create_row(self, values: dict[str, Any]) -> WorkOrder:
        assignee, checklist = values.pop("assigned_to", None), values.pop("checklist", None)
        order, now = WorkOrder(**values), timezone.now()
        return orders.create_task(
            order, by=self.by, now=now, assignee=assignee, checklist=checklist
        )
