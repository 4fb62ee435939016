"""The triage inbox: new reports on the left, the one in hand beside what it may repeat, one decision for each."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.rights import Right
from accounts.zones import zone_name_of as zone_of
from core.admin.forms import add_refusal
from core.admin.pages import console_page, render_page
from core.errors import Conflict, DomainError
from core.models import Attachment
from core.rules.moments import day_and_time, relative
from scheduling.services import places
from worklogs.admin.order_cells import priority_chip
from worklogs.models import WorkOrder, WorkOrderFollower
from worklogs.pages import words
from worklogs.pages.lists import identity
from worklogs.pages.order_forms import CommandForm
from worklogs.pages.orders import warranties_of
from worklogs.pages.triage_form import decision_form
from worklogs.rules import priority
from worklogs.services import assigning, triage
from worklogs.services.reports import TARGET

MOST_SHOWN = 50
#: Key, icon and word of each decision, in the order of the buttons; the keys are those of static/worklogs/triage.js.
_BUTTONS = {
    "triage": ("t", "done", "Triage"),
    "schedule": ("p", "event", "Plan"),
    "assign": ("a", "person_add", "Assign"),
    "duplicate": ("d", "content_copy", "Duplicate"),
    "reject": ("r", "block", "Reject"),
}
_SAID = {
    "triage": "is triaged",
    "schedule": "is planned",
    "assign": "is assigned",
    "duplicate": "is closed as a duplicate",
    "reject": "is rejected",
}

#: A decision and its form.
_Refused = tuple[str, CommandForm]


@require_safe
@console_page(Right.WORK_ORDER_TRIAGE)
def inbox(request: HttpRequest) -> HttpResponse:
    """What waits for a decision, and the report in hand: the one that the address names, else the first."""
    return _page(request, identity(request.GET.get("report", "")))


@require_POST
@console_page(Right.WORK_ORDER_TRIAGE)
def decide(request: HttpRequest, pk: UUID, what: str) -> HttpResponse:
    """Carry the decision out and go on to the next report."""
    if what not in triage.DECISIONS:
        raise Http404
    user: Any = request.user
    rows = WorkOrder.objects.visible_to(user).select_related("resource")
    order = get_object_or_404(rows, pk=pk)
    now = timezone.now()
    form = decision_form(what, order, request.POST, user=user, now=now)
    if not form.is_valid():
        return _page(request, pk, (what, form))
    try:
        triage.decide(order, what, form.given(), by=user, now=now)
    except Conflict:
        fresh = WorkOrder.objects.get(pk=pk)
        if fresh.status == WorkOrder.Status.REPORTED:
            raise
        said = fresh.get_status_display().lower()
        messages.warning(request, f"Somebody was faster: #{order.number} is {said}.")
    except DomainError as error:
        add_refusal(form, error)
        return _page(request, pk, (what, form))
    else:
        messages.success(request, f"#{order.number} {order.title} {_SAID[what]}.")
        for text in assigning.warnings(order, now=now) if what == "assign" else ():
            messages.warning(request, text)
    following = identity(request.POST.get("next", ""))
    query = f"?report={following}" if following else ""
    return HttpResponseRedirect(f"{reverse('admin:triage')}{query}")


@require_safe
@console_page(Right.WORK_ORDER_ASSIGN)
def suggestion(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Part of the page: who could do it and why, with one click to give it to them."""
    user: Any = request.user
    rows = WorkOrder.objects.visible_to(user).select_related("resource")
    order, now = get_object_or_404(rows, pk=pk), timezone.now()
    found = assigning.suggest(order, now=now)
    form = decision_form("assign", order, user=user, now=now)
    context = {
        "order": order,
        "best": found.able[0] if found.able else None,
        "why_nobody": found.why_nobody,
        "due_at": form["due_at"].value(),
        "next": identity(request.GET.get("next", "")) or "",
    }
    return render(request, "worklogs/triage_suggestion.html", context)


def _page(
    request: HttpRequest, chosen: UUID | None, refused: _Refused | None = None
) -> HttpResponse:
    """`refused`: a decision that cannot be carried out as it is."""
    user: Any = request.user
    now, zone = timezone.now(), zone_of(user)
    waiting = triage.inbox(user).select_related("resource", "reported_by")
    rows: list[WorkOrder] = list(waiting[: MOST_SHOWN + 1])
    shown = rows[:MOST_SHOWN]
    order = next((row for row in rows if row.pk == chosen), None)
    if order is None and chosen is not None and rows:
        order = waiting.filter(pk=chosen).first()
    order = order or next(iter(rows), None)
    here = shown.index(order) if order in shown else -1
    where = places.in_words(row.resource for row in shown)
    context: dict[str, Any] = {
        "rows": [
            {
                "order": row,
                "place": where[row.resource_id],
                "when": relative(row.reported_at, now=now, zone=zone),
                "priority": priority_chip(row.priority),
                "is_chosen": row == order,
            }
            for row in shown
        ],
        "has_more": len(rows) > MOST_SHOWN,
        "position": here + 1,
        "before": shown[here - 1].pk if here > 0 else None,
        "after": shown[here + 1].pk if 0 <= here < len(shown) - 1 else None,
    }
    if order is not None:
        context |= _in_hand(order, refused, user=user, now=now)
    return render_page(
        request, "worklogs/triage.html", title="Triage", status=422 if refused else 200, **context
    )


def _in_hand(
    order: WorkOrder, refused: _Refused | None, *, user: Any, now: datetime
) -> dict[str, Any]:
    """Everything that helps to decide about one report."""
    zone = zone_of(user)
    followers = list(WorkOrderFollower.objects.filter(work_order=order).order_by("created_at"))
    photos = Attachment.objects.filter(target_type=TARGET, target_id=order.pk)
    tried = dict([refused] if refused else [])
    likely = triage.likely_duplicates(order, user)
    where = places.in_words([order.resource, *(one.order.resource for one in likely)])
    return {
        "order": order,
        "place": where[order.resource_id],
        "priority": priority_chip(order.priority),
        "reported": day_and_time(order.reported_at, zone),
        "since": relative(order.reported_at, now=now, zone=zone),
        "reporter": words.reporter(order, followers),
        "voices": len(followers),
        "reasons": priority.in_words(order.priority_reasons.split()),
        "warranties": warranties_of(order, user),
        "photos": list(photos.order_by("created_at", "pk")),
        "candidates": [
            {
                "row": one,
                "place": where[one.order.resource_id],
                "when": relative(one.order.reported_at, now=now, zone=zone),
            }
            for one in likely
        ],
        "decisions": [
            {
                "what": what,
                "key": key,
                "icon": icon,
                "word": word,
                "form": tried.get(what) or decision_form(what, order, user=user, now=now),
                "is_open": what in tried,
            }
            for what, (key, icon, word) in _BUTTONS.items()
        ],
    }


urlpatterns = [
    path("triage/", inbox, name="triage"),
    path("triage/<uuid:pk>/who/", suggestion, name="triage_who"),
    path("triage/<uuid:pk>/<slug:what>/", decide, name="triage_decide"),
]
