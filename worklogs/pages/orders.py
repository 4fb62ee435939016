"""The page of one work order."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import path, reverse
from django.views.decorators.http import require_safe

from accounts.rights import Right, has_right
from core.admin.pages import console_page, render_page
from scheduling.admin import shown as cells
from scheduling.models import Schedule
from scheduling.pages.tabs import look, shown
from worklogs import states
from worklogs.admin import order_cells
from worklogs.models import LaborEntry, WorkOrder
from worklogs.pages.order_commands import order_of
from worklogs.pages.order_forms import FORMS
from worklogs.pages.order_tabs import tabs_for
from worklogs.pages.order_words import BUTTONS, ONWARD, next_step
from worklogs.services import moving, talk, warranties


@require_safe
@console_page(Right.WORK_ORDER_VIEW)
def work_order_detail(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What happens next, the buttons that its state allows, and by tabs everything that belongs to it."""
    return order_page(request, order_of(request, pk))


def order_page(
    request: HttpRequest, order: WorkOrder, *, tab: str = "", form: str = "", problem: str = ""
) -> HttpResponse:
    """The page; `problem` is why what was typed into the small form `form` of the tab was refused."""
    seen = look(request, order)
    cells.looked_at_by(request)
    return render_page(
        request,
        "worklogs/order/page.html",
        status=422 if problem else 200,
        title=f"#{order.number} {order.title}",
        tabs_address=reverse("admin:work_order_detail", args=[order.pk]),
        typed={form: request.POST},
        problems={form: problem},
        order=order,
        chips=order_cells.state_chips(order),
        priority=order_cells.priority_chip(order.priority),
        next=next_step(order, now=seen.now, zone=seen.zone),
        buttons=_buttons(order, seen.user),
        may=_may(order, seen.user),
        timer=_timer(order, seen.user),
        blockers=talk.blockers_of(order, seen.user),
        resource_address=cells.viewer.get().resource_address(order.resource),
        sees_schedule=_sees_schedule(order, seen.user),
        warranties=warranties_of(order, seen.user),
        **shown(request, tabs_for(seen.user), seen, name=tab),
    )


def _buttons(order: WorkOrder, user: Any) -> list[dict[str, Any]]:
    """Those that the state allows this person, the one that brings the order on first."""
    allowed = moving.allowed_to(order, user)
    onward = next((name for name in ONWARD if name in allowed), None)
    names = sorted(allowed, key=lambda name: (name != onward, [*BUTTONS].index(name)))
    return [
        {
            "name": name,
            "label": BUTTONS[name].label,
            "icon": BUTTONS[name].icon,
            "kind": "primary" if name == onward else BUTTONS[name].tone,
            "asks": name in FORMS,
        }
        for name in names
    ]


def _may(order: WorkOrder, user: Any) -> dict[str, bool]:
    """What else this person may do with the order as it stands."""
    reached = WorkOrder.objects.changeable_by(user).filter(pk=order.pk).exists()
    is_kept = order.status in (*states.OPEN, states.COMPLETED)
    change = reached and has_right(user, Right.WORK_ORDER_CHANGE)
    return {
        "edit": change and is_kept,
        "link": change,
        "cost": change,
        "follow": reached and has_right(user, Right.WORK_ORDER_ADD),
        "window": change and order.status in states.OPEN and has_right(user, Right.WINDOW_ADD),
        "assign": reached and has_right(user, Right.WORK_ORDER_ASSIGN),
        "work": is_kept and has_right(user, Right.WORK_ORDER_WORK),
        "others_time": has_right(user, Right.WORK_ORDER_CHANGE),
        "upload": has_right(user, Right.ATTACHMENT_ADD),
    }


def _sees_schedule(order: WorkOrder, user: Any) -> bool:
    """Who does the work sees the order, but not always the schedule that it is from."""
    rows = Schedule.objects.visible_to(user)
    return order.schedule_id is not None and bool(rows.filter(pk=order.schedule_id).exists())


def warranties_of(order: WorkOrder, user: Any) -> list[dict[str, Any]]:
    """Whom to ask before money is spent on the order; the earlier work only where the person sees it."""
    found = warranties.of_order(order)
    keys = [one.order.pk for one in found if one.order is not None]
    seen = WorkOrder.objects.visible_to(user).filter(pk__in=keys) if keys else ()
    known = {row.pk: row for row in seen}
    return [
        {"text": str(one), "order": known.get(one.order.pk) if one.order else None} for one in found
    ]


def _timer(order: WorkOrder, user: Any) -> LaborEntry | None:
    """The person's own timer on this order, while it runs."""
    running = LaborEntry.objects.running().filter(work_order=order, person=user)
    found: LaborEntry | None = running.first()
    return found


urlpatterns = [
    path("worklogs/workorder/<uuid:pk>/", work_order_detail, name="work_order_detail"),
]
