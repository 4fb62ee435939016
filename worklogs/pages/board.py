"""The board: open orders by state, as cards that this person may carry on."""

from typing import Any

from django.db.models import F
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_safe

from accounts.rights import Right, has_right
from core.admin.pages import console_page, render_page
from scheduling.admin import shown
from scheduling.admin.filters import is_id
from scheduling.models import Resource, Schedule
from worklogs import states
from worklogs.admin.order_cells import TONES
from worklogs.models import WorkOrder
from worklogs.pages.order_cards import cards, moves
from worklogs.pages.order_forms import workers

COLUMNS = (*states.OPEN, states.COMPLETED)
AT_A_TIME = 20
MOST_AT_ONCE = 200
MOST_COUNTED = 200
_FILTERS = ("q", "assignee", "priority", "kind", "below")


@require_safe
@console_page(Right.WORK_ORDER_VIEW)
def board(request: HttpRequest) -> HttpResponse:
    """The first cards of each column, soonest due first; the rest on request."""
    shown.looked_at_by(request)
    rows = _filtered(request)
    user: Any = request.user
    places = Resource.objects.visible_to(user).filter(parent=None).order_by("name", "pk")
    columns = [_column(request, rows, status) for status in COLUMNS]
    return render_page(
        request,
        "worklogs/order/board.html",
        title="Board",
        columns=columns,
        is_empty=not any(column["cards"] for column in columns),
        chosen={name: request.GET.get(name, "") for name in _FILTERS},
        is_filtered=any(request.GET.get(name) for name in _FILTERS),
        people=workers()[:100],
        priorities=Schedule.Priority.choices,
        kinds=WorkOrder.Kind.choices,
        places=places[:100],
        moves=moves(),
        may_add=has_right(user, Right.WORK_ORDER_ADD),
        at_a_time=AT_A_TIME,
    )


@require_safe
@console_page(Right.WORK_ORDER_VIEW)
def board_more(request: HttpRequest, status: str) -> HttpResponse:
    """The next cards of one column."""
    if status not in COLUMNS:
        raise Http404
    shown.looked_at_by(request)
    offset = request.GET.get("from", "0")
    start = min(int(offset), 10_000) if offset.isascii() and offset.isdigit() else 0
    column = _column(request, _filtered(request), status, start=start)
    return render(request, "worklogs/order/board_cards.html", {"column": column})


def _size(request: HttpRequest) -> int:
    """How many cards each column begins with: a page that follows what happens asks for as many as it shows."""
    shown_now = request.GET.get("cards", "")
    is_number = shown_now.isascii() and shown_now.isdigit()
    return min(max(int(shown_now), AT_A_TIME), MOST_AT_ONCE) if is_number else AT_A_TIME


def _column(request: HttpRequest, rows: Any, status: str, *, start: int = 0) -> dict[str, Any]:
    """`count` goes on behind the cards shown, but for what is searched: that could be all orders."""
    is_counted = start == 0 and not request.GET.get("q")
    here, size = rows.filter(status=status), _size(request)
    soonest = here.order_by(F("due_at").asc(nulls_last=True), "pk")
    found = list(soonest.select_related("resource", "assigned_to")[start : start + size + 1])
    has_more = len(found) > size
    count, more = start + len(found[:size]), "+" if has_more else ""
    if has_more and is_counted:
        count = here.order_by()[: MOST_COUNTED + 1].count()
        count, more = min(count, MOST_COUNTED), "+" if count > MOST_COUNTED else ""
    query = request.GET.copy()
    query.pop("cards", None)
    query["from"] = str(start + size)
    return {
        "status": status,
        "label": WorkOrder.Status(status).label,
        "tone": TONES[status],
        "cards": cards(found[:size], request.user),
        "count": f"{count}{more}",
        "more": query.urlencode() if has_more else "",
    }


def _filtered(request: HttpRequest) -> Any:
    """The orders that the person sees, narrowed down by the address."""
    asked = {name: request.GET.get(name, "").replace("\x00", "").strip() for name in _FILTERS}
    user: Any = request.user
    rows = WorkOrder.objects.visible_to(user)
    if asked["q"]:
        rows = rows.matching(asked["q"])
    for name in ("priority", "kind"):
        rows = rows.filter(**{name: asked[name]}) if asked[name] else rows
    if asked["assignee"] in ("me", "nobody"):
        rows = rows.filter(assigned_to=user if asked["assignee"] == "me" else None)
    elif is_id(asked["assignee"]):
        rows = rows.filter(assigned_to=asked["assignee"])
    if is_id(asked["below"]):
        top = Resource.objects.visible_to(user).filter(pk=asked["below"]).first()
        rows = rows.subtree(top.path) if top else rows.none()
    return rows


urlpatterns = [
    path("worklogs/workorder/board/", board, name="work_order_board"),
    path("worklogs/workorder/board/<slug:status>/", board_more, name="work_order_board_more"),
]
