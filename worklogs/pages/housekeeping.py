"""Housekeeping: the rooms of today by floor, with who leaves and comes, what is to be done, and by whom."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from itertools import groupby
from typing import Any
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.rights import Right, Role, has_right
from accounts.zones import zone_name_of, zone_of
from core.admin.pages import console_page, render_page
from core.errors import DomainError
from core.rules.moments import day
from scheduling.models import Resource
from worklogs import states
from worklogs.models import CleaningPlan, WorkOrder
from worklogs.services import assigning, cleaning_plans, orders, rooms
from worklogs.states import COMMANDS

#: Colour and icon of each state.
TONES = {
    rooms.READY: ("success", "check_circle"),
    rooms.BEING_CLEANED: ("info", "cleaning_services"),
    rooms.TO_BE_CLEANED: ("warning", "bed"),
    rooms.TO_BE_INSPECTED: ("", "visibility"),
}
_ORDER = (rooms.TO_BE_CLEANED, rooms.BEING_CLEANED, rooms.TO_BE_INSPECTED, rooms.READY)
#: What one click does to a task, by its status: command, icon, words.
_BUTTONS = {
    states.SCHEDULED: ("assign", "person_add", "Assign"),
    states.ASSIGNED: ("start", "play_arrow", "Start"),
    states.ON_HOLD: ("resume", "play_arrow", "Go on"),
    states.IN_PROGRESS: ("complete", "check", "Done"),
    states.COMPLETED: ("verify", "verified", "Looks good"),
}
_SAID = {
    "start": "is begun",
    "resume": "goes on",
    "complete": "is done",
    "verify": "is verified",
}


@require_safe
@console_page(Right.WORK_ORDER_WORK)
def housekeeping(request: HttpRequest) -> HttpResponse:
    """Rooms by the place they are in; one state of them, or all."""
    user: Any = request.user
    now = timezone.now()
    found = rooms.today(user, now=now)
    counts = Counter(room.state for room in found)
    chosen = request.GET.get("state", "")
    if chosen not in rooms.WORDS:
        chosen = ""
    hands = _Hands(user, found)
    shown = [room for room in found if chosen in {"", room.state}]
    return render_page(
        request,
        "worklogs/housekeeping.html",
        title="Housekeeping",
        today=day(now.astimezone(zone_of(user))),
        total=len(found),
        chosen=chosen,
        choices=[
            {"state": state, "words": rooms.WORDS[state], "count": counts[state]}
            for state in _ORDER
        ],
        floors=_floors(shown, hands, zone_name_of(user), now),
        tight=sum(bool(task.tight) for room in found for task in room.tasks),
        may_generate=has_right(user, Right.WORK_ORDER_ADD),
        may_plan=has_right(user, Right.SCHEDULE_ADD),
        has_plans=bool(found) or CleaningPlan.objects.visible_to(user).exists(),
    )


class _Hands:
    """Which of today's tasks this person may move, in one question however many they are."""

    def __init__(self, user: Any, found: Iterable[rooms.Room]) -> None:
        self.user = user
        self.may_assign = has_right(user, Right.WORK_ORDER_ASSIGN)
        self.reached: set[UUID] | None = None
        if Role(user.role) == Role.VENUE_ADMIN:
            keys = [task.order.pk for room in found for task in room.tasks]
            own = WorkOrder.objects.changeable_by(user).filter(id__among=keys)
            self.reached = set(own.values_list("pk", flat=True))

    def button(self, task: rooms.Task) -> dict[str, str] | None:
        """The next step of the task, where it is this person's."""
        order = task.order
        if order.status not in _BUTTONS:
            return None
        if self.reached is not None and order.pk not in self.reached:
            return None
        what, icon, words = _BUTTONS[order.status]
        if not has_right(self.user, COMMANDS[what].right):
            return None
        is_free = self.may_assign or order.assigned_to_id in {self.user.pk, None}
        if what not in {"assign", "verify"} and not is_free:
            return None
        return {"what": what, "icon": icon, "words": words}


def _floors(
    shown: Iterable[rooms.Room], hands: _Hands, zone: str, now: datetime
) -> list[dict[str, Any]]:
    """Rooms of one place together, the places in the order of the tree."""

    def place(room: rooms.Room) -> tuple[str, str]:
        parent: Resource | None = room.resource.parent
        return (parent.path, parent.name) if parent else ("", "")

    ordered = sorted(shown, key=lambda room: (place(room), room.resource.code))
    return [
        {"name": name or "Elsewhere", "rooms": [_room(room, hands, zone, now) for room in found]}
        for (_, name), found in groupby(ordered, key=place)
    ]


def _room(room: rooms.Room, hands: _Hands, zone: str, now: datetime) -> dict[str, Any]:
    leaving, arriving = room.leaving, room.arriving
    tone, icon = TONES[room.state]
    return {
        "resource": room.resource,
        "words": room.words,
        "tone": tone,
        "icon": icon,
        "leaving": clock(leaving.ends_at, zone) if leaving else "",
        "has_left": leaving is not None and leaving.status == "completed",
        "is_late": leaving is not None and leaving.status != "completed" and leaving.ends_at < now,
        "arriving": clock(arriving.starts_at, zone) if arriving else "",
        "has_arrived": arriving is not None and arriving.status == "checked_in",
        "tasks": [
            {
                "order": task.order,
                "due": clock(task.order.due_at, zone, now) if task.order.due_at else "",
                "is_late": task.order.status in states.OPEN
                and task.order.due_at is not None
                and task.order.due_at <= now,
                "person": task.order.assigned_to or task.order.team,
                "tight": task.tight,
                "asks_inspection": task.asks_inspection,
                "button": hands.button(task),
            }
            for task in room.tasks
        ],
    }


def clock(moment: datetime, zone: str, now: datetime | None = None) -> str:
    """“11:00”; with the day where it is not that of `now`."""
    local = moment.astimezone(ZoneInfo(zone))
    if now is None or local.date() == now.astimezone(ZoneInfo(zone)).date():
        return f"{local:%H:%M}"
    return f"{day(local)}, {local:%H:%M}"


@require_POST
@console_page(Right.WORK_ORDER_WORK)
def housekeeping_step(request: HttpRequest, pk: UUID, what: str) -> HttpResponse:
    """One step of one task; assigning chooses whoever suits best, and says why."""
    user: Any = request.user
    if what not in {name for name, _, _ in _BUTTONS.values()}:
        raise Http404
    order = get_object_or_404(
        WorkOrder.objects.visible_to(user).tasks().select_related("resource"), pk=pk
    )
    now = timezone.now()
    name = f"{order.resource.name}: {order.title}"
    try:
        if what == "assign":
            _assign(request, order, name, now)
        else:
            orders.give(order, what, {}, by=user, now=now)
            messages.success(request, f"{name} {_SAID[what]}.")
    except DomainError as error:
        messages.error(request, f"{name}: {error.message}")
        if error.code == "checklist_open":
            return HttpResponseRedirect(reverse("admin:work_order_detail", args=[pk]))
    return _back(request)


def _assign(request: HttpRequest, order: WorkOrder, name: str, now: datetime) -> None:
    user: Any = request.user
    found = assigning.auto_assign([order.pk], by=user, now=now)
    if not found:
        messages.warning(request, f"{name} has been taken meanwhile.")
        return
    reasons = "; ".join(found[0].reasons)
    if found[0].person is None:
        messages.warning(request, f"{name}: nobody can be found. {reasons}")
    else:
        messages.success(request, f"{name} is for {found[0].person}: {reasons}.")


@require_POST
@console_page(Right.WORK_ORDER_ADD)
def housekeeping_generate(request: HttpRequest) -> HttpResponse:
    """Make what the plans want of the bookings as they stand."""
    user: Any = request.user
    made = cleaning_plans.generate(None, by=user, now=timezone.now())
    words = {0: "Nothing was missing: every task is there.", 1: "1 task was made."}
    messages.success(request, words.get(made, f"{made} tasks were made."))
    return _back(request)


def _back(request: HttpRequest) -> HttpResponse:
    chosen = request.POST.get("state", "")
    query = f"?{urlencode({'state': chosen})}" if chosen in rooms.WORDS else ""
    return HttpResponseRedirect(f"{reverse('admin:housekeeping')}{query}")


urlpatterns = [
    path("housekeeping/", housekeeping, name="housekeeping"),
    path("housekeeping/generate/", housekeeping_generate, name="housekeeping_generate"),
    path("housekeeping/<uuid:pk>/<slug:what>/", housekeeping_step, name="housekeeping_step"),
]
